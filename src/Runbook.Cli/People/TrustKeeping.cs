using Runbook.Journal;

namespace Runbook.Cli.People;

/// <summary>Keeps the roster authorities that a user trusts.</summary>
internal static class TrustKeeping
{
    /// <summary>Trusts one, forgets one, or lists them.</summary>
    public static int Keep(string? pem, string? forget, CliConsole console)
    {
        var own = OwnKeys.OfThisUser();
        if (forget is not null) return Forget(forget, own, console);
        if (pem is null) return List(own, console);
        if (!File.Exists(pem)) throw new CliException("RC069", $"there is no file \"{pem}\".", "nothing was changed.", "name the PEM file of the authority's public key.");
        var text = File.ReadAllText(pem);
        if (!new TrustedAuthorities().TryAdd(text, "")) throw new CliException("RC069", $"\"{pem}\" holds no P-256 or P-384 public key that may be trusted.", "nothing was changed.", "name the PEM file of the authority's public key. The rehearsal authority can't be trusted for anything but rehearsals.");
        using var key = VerifyingKey.TryImportPem(text)!;
        own.AddTrust(key);
        console.Line("Trusted from now on. Compare it with the authority's own words, heard by another way than this file came:");
        KeyShowing.ShowKey(key.KeyId, console);
        return ExitCodes.Done;
    }

    private static int List(OwnKeys own, CliConsole console)
    {
        var ids = own.TrustedAuthorities().KeyIds.ToArray();
        foreach (var id in ids) KeyShowing.ShowKey(id, console);
        if (ids.Length == 0) console.Line("You trust no roster authority. Rehearsals need none.");
        return ExitCodes.Done;
    }

    private static int Forget(string named, OwnKeys own, CliConsole console)
    {
        var found = own.TrustedAuthorities().KeyIds.Where(id => id.ToString() == named || id.Hex.StartsWith(named, StringComparison.OrdinalIgnoreCase)).ToArray();
        if (found is not [var one]) throw new CliException("RC070", found.Length == 0 ? $"you do not trust \"{named}\"." : $"several keys begin with \"{named}\".", "nothing was changed.", "runbook keys trust    (lists them)");
        File.Delete(own.TrustFile(one));
        console.Line($"{one} is trusted no more.");
        return ExitCodes.Done;
    }
}
