using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Actions;

namespace Runbook.Cli.Commands;

/// <summary>Writes what was found in a blob, for people and for programs.</summary>
internal static class ByokReportText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The parts of a blob.</summary>
    public static string Parts(ByokReport report, string path)
    {
        var text = new StringBuilder();
        Row(text, "file", $"{path}, {report.Digest}");
        if (report.File is { } file)
        {
            Row(text, "made by", file.Generator ?? "not said");
            Row(text, "KEK", file.Kid ?? "not said");
            Row(text, "mechanism", $"{file.Encryption ?? "not said"}, alg {file.Algorithm ?? "not said"}");
            Row(text, "AES key", report.WrappedAesKeyBytes is { } aes ? Text($"{aes} bytes under a KEK of {aes * 8} bits{(report.Padding is { } p ? $", {p}" : "")}") : "its length depends on the KEK: name it with --kek");
            Row(text, "key", report.WrappedKeyBytes is { } key ? Text($"{key} bytes under the AES key") : "behind it");
            if (report.Key is { } found) Row(text, "", $"opened: {KeyInWords(found)}");
            else if (!report.Fits.IsEmpty) Row(text, "", $"its length fits {string.Join(", or ", report.Fits)}");
        }

        foreach (var finding in report.Findings) Row(text, "wrong", $"{finding.Part}: {finding.Says}");
        return text.ToString();
    }

    /// <summary>The verdict, with what to do about each finding.</summary>
    public static string Verdict(ByokReport report, string path, ByokExpectation expected)
    {
        var text = new StringBuilder(Parts(report with { Findings = [] }, path));
        foreach (var finding in report.Findings)
        {
            text.Append("wrong part: ").Append(finding.Part).Append(" (").Append(finding.Code).Append(")\n  ").Append(CliConsole.Safe(finding.Says)).Append("\n  next:  ").Append(CliConsole.Safe(finding.Next)).Append('\n');
        }

        if (report.IsWellFormed) text.Append(Unseen(report, expected)).Append('\n');
        else text.Append(Text($"{report.Findings.Length} {(report.Findings.Length == 1 ? "part is" : "parts are")} wrong: Azure would refuse it, or import another key.")).Append('\n');
        return text.ToString();
    }

    /// <summary>The report as JSON.</summary>
    public static string Json(ByokReport report)
    {
        var json = new JsonObject
        {
            ["digest"] = report.Digest,
            ["wellFormed"] = report.IsWellFormed,
            ["opened"] = report.IsOpened,
            ["header"] = report.File is { } file ? new JsonObject { ["kid"] = file.Kid, ["alg"] = file.Algorithm, ["enc"] = file.Encryption } : null,
            ["generator"] = report.File?.Generator,
            ["wrappedAesKeyBytes"] = report.WrappedAesKeyBytes,
            ["wrappedKeyBytes"] = report.WrappedKeyBytes,
            ["fits"] = new JsonArray([.. report.Fits.Select(f => (JsonNode)f)]),
            ["padding"] = report.Padding,
            ["key"] = report.Key is { } key ? new JsonObject { ["kty"] = key.Kind, ["bits"] = key.Bits, ["crv"] = key.Curve, ["publicDigest"] = key.PublicDigest } : null,
            ["findings"] = new JsonArray([.. report.Findings.Select(f => (JsonNode)new JsonObject { ["part"] = f.Part, ["code"] = f.Code, ["says"] = f.Says, ["next"] = f.Next })]),
        };
        return json.ToJsonString(Indented);
    }

    private static string Unseen(ByokReport report, ByokExpectation expected) => (report.IsOpened, expected.Kek) switch
    {
        (true, _) => "Nothing is wrong with it.",
        (false, not null) => "Nothing wrong can be seen from outside. The paddings and the key itself are seen only by whoever holds the KEK's private half, which is the HSM.",
        _ => "Nothing wrong can be seen without the KEK. With --kek its lengths are judged as well.",
    };

    private static string KeyInWords(WrappedKey key) => Text($"{key.Kind}, {(key.Curve is { } curve ? curve : $"{key.Bits} bits")}{(key.PublicDigest is { } digest ? $", public half {digest}" : "")}");

    private static void Row(StringBuilder text, string name, string value) => text.Append(name.PadRight(11)).Append(CliConsole.Safe(value)).Append('\n');

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
