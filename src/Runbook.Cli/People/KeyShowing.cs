using Runbook.Journal;
using Runbook.Tui;

namespace Runbook.Cli.People;

/// <summary>Shows keys and rosters, with digests in a form that can be read aloud.</summary>
internal static class KeyShowing
{
    private const int WordsInLine = 8;

    /// <summary>Shows a key that lies here, a roster, or all keys.</summary>
    public static int Show(string? what, CliConsole console)
    {
        var own = OwnKeys.OfThisUser();
        if (what is null)
        {
            var names = own.Names.ToArray();
            foreach (var name in names) console.Line($"{name,-16} {own.PublicKey(name).KeyId}");
            if (names.Length == 0) console.Line($"No keys in {own.Keys}. runbook keys new NAME makes one.");
            return ExitCodes.Done;
        }

        if (File.Exists(what)) return ShowRoster(what, own, console);
        ShowKey(own.PublicKey(what).KeyId, console);
        console.Out.Write(own.PublicKey(what).Pem);
        return ExitCodes.Done;
    }

    /// <summary>Shows a key's id in hexadecimal and in words.</summary>
    public static void ShowKey(Digest keyId, CliConsole console)
    {
        console.Line(keyId.ToString());
        foreach (var words in PaperWords.Of(keyId).Chunk(WordsInLine)) console.Line("  " + string.Join(' ', words));
    }

    private static int ShowRoster(string file, OwnKeys own, CliConsole console)
    {
        var signed = Rosters.Read(file);
        var roster = signed.Roster;
        console.Line(CliConsole.Safe($"{roster.Name}, valid from {roster.ValidFrom} to {roster.ValidTo}"));
        foreach (var role in roster.Roles) console.Line($"  {role.Role,-16} {role.People} people, quorum {role.Quorum}{(role.TicksAreSigned ? ", ticks signed" : "")}");
        foreach (var person in roster.People)
        {
            console.Line(CliConsole.Safe($"  {person.Id,-16} {person.Name}: {string.Join(", ", person.Roles)}"));
            foreach (var key in person.Keys) console.Line($"                   {key.KeyId}{(key.Revoked is { } at ? $", revoked {at}" : "")}");
        }

        var isTrusted = own.TrustedAuthorities().TryFind(signed.Authority, isEmbedded: false, out var authority, out _) && signed.IsSignedBy(authority);
        console.Line($"Signed by {signed.Authority}, whom you {(isTrusted ? "trust" : "do not trust")}.");
        return ExitCodes.Done;
    }
}
