using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>A roster in the form that <c>ssh-keygen -Y verify</c> reads (ssh-keygen(1), ALLOWED SIGNERS).</summary>
public static class AllowedSigners
{
    /// <summary>One line a key: person, purpose, validity, key.</summary>
    /// <param name="roster">The roster.</param>
    public static string Of(Roster roster)
    {
        var text = new StringBuilder();
        foreach (var person in roster.People)
        {
            foreach (var entry in person.Keys)
            {
                using var key = entry.ToVerifyingKey();
                text.Append(CultureInfo.InvariantCulture, $"{person.Id} namespaces=\"{SshSig.TranscriptNamespace}\",valid-after=\"{Stamp(entry.From)}\"");
                if (End(entry) is { } end) text.Append(CultureInfo.InvariantCulture, $",valid-before=\"{Stamp(end)}\"");
                text.Append(CultureInfo.InvariantCulture, $" {SshSig.PublicKeyText(key)}\n");
            }
        }

        return text.ToString();
    }

    private static JournalTime? End(RosterKey key) => (key.To, key.Revoked) switch
    {
        ({ } to, { } revoked) => to < revoked ? to : revoked,
        var (to, revoked) => to ?? revoked,
    };

    private static string Stamp(JournalTime time) => time.ToDateTimeOffset().ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A roster's public keys as files: <c>keys/alice.pem</c>, <c>keys/alice-2.pem</c>.</summary>
public static class KeyFolder
{
    /// <summary>Names and contents of the files.</summary>
    /// <param name="roster">The roster.</param>
    public static IEnumerable<(string File, string Pem)> Of(Roster roster)
    {
        foreach (var person in roster.People)
        {
            for (var i = 0; i < person.Keys.Length; i++)
            {
                using var key = person.Keys[i].ToVerifyingKey();
                yield return (i == 0 ? $"{person.Id}.pem" : string.Create(CultureInfo.InvariantCulture, $"{person.Id}-{i + 1}.pem"), key.Pem);
            }
        }
    }
}
