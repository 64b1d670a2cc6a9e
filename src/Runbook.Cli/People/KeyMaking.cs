using Runbook.Journal;

namespace Runbook.Cli.People;

/// <summary>Makes keys of people.</summary>
internal static class KeyMaking
{
    private const int PassphraseCharsMin = 12;

    /// <summary>Makes a key, and the enrolment that proves its possession to a roster authority.</summary>
    public static int New(string name, string? fullName, string? passphraseFile, CliConsole console)
    {
        OwnKeys.RequireName(name);
        var own = OwnKeys.OfThisUser();
        if (File.Exists(own.KeyFile(name))) throw new CliException("RC060", $"there is a key \"{name}\" already.", "it was not touched.", "choose another name.");
        using var signer = EcdsaSigner.Generate();
        var passphrase = Passphrase(passphraseFile, console);
        try
        {
            own.Add(name, signer, passphrase);
        }
        finally
        {
            Array.Clear(passphrase);
        }

        var enrolment = new EnrolmentPayload
        {
            At = JournalTime.Of(TimeProvider.System.GetUtcNow()),
            Holder = KeyHolder.File,
            Name = InertText.Of(fullName ?? name),
            Person = name,
            Spki = signer.PublicKey.SpkiBase64,
        };
        var file = name + ".enrolment.json";
        File.WriteAllBytes(file, enrolment.Sign(signer).ToFile());
        console.Line($"made {own.KeyFile(name)}");
        console.Line($"made {file}, for whoever keeps the roster: runbook keys enrol {file} --roster ROSTER --role ROLE --authority NAME");
        KeyShowing.ShowKey(signer.PublicKey.KeyId, console);
        return ExitCodes.Done;
    }

    private static char[] Passphrase(string? file, CliConsole console)
    {
        var first = Passphrases.Ask(console, "Passphrase: ", file);
        if (first.Length < PassphraseCharsMin)
        {
            Array.Clear(first);
            throw new CliException("RC031", $"a passphrase has at least {PassphraseCharsMin} characters.", "nothing was made.", "several words that have nothing to do with each other are easy to remember.");
        }

        if (file is not null) return first;
        var again = Passphrases.Ask(console, "The same again: ", null);
        var isSame = first.AsSpan().SequenceEqual(again);
        Array.Clear(again);
        if (isSame) return first;
        Array.Clear(first);
        throw new CliException("RC031", "the two passphrases are not the same.", "nothing was made.", "type it twice.");
    }
}
