using System.Text;
using Runbook.TestKit;

namespace Runbook.Journal.Tests;

/// <summary>The published example: a journal of three entries and what was signed over it.</summary>
internal static class ThreeEntries
{
    internal const string Origin = "runbook.invalid/session/20261123T090000Z-3f9c1e7a5b2d4c60";

    internal static string PathOf(string name) => Repository.In("tests", "Journal.Tests", "vectors", "three-entries", name);

    internal static byte[] File(string name) => System.IO.File.ReadAllBytes(PathOf(name));

    internal static string Text(string name) => Encoding.UTF8.GetString(File(name));

    internal static VerifyingKey Key(string name) => VerifyingKey.TryImportPem(Text(name + ".pem"))!;

    /// <summary>The lines without their line feeds.</summary>
    internal static List<byte[]> Lines()
    {
        var lines = new List<byte[]>();
        var rest = File("journal.jsonl").AsSpan();
        while (rest.IndexOf((byte)'\n') is >= 0 and var end)
        {
            lines.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }

        return lines;
    }

    internal static Digest Hex(string hex) => Digest.TryParseHex(hex, out var digest) ? digest : throw new FormatException(hex);
}
