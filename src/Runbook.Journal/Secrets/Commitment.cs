using System.Text.Json;

namespace Runbook.Journal;

/// <summary>Stands in an entry where a secret value would: it fixes the value and does not let anyone test guesses.</summary>
/// <remarks>Written as <c>{"committed":"hmac-sha256:…","label":"input/pin"}</c>.</remarks>
/// <param name="Hmac">64 lower-case hexadecimal digits.</param>
/// <param name="Label">What the value is, such as <c>input/wrapping_pin</c>; unique in a session.</param>
public sealed record Commitment(string Hmac, string Label)
{
    internal const string MemberName = "committed";
    private const string Prefix = "hmac-sha256:";

    /// <summary>As a value of an entry.</summary>
    public CanonicalJson ToJson()
    {
        var writer = new FieldWriter();
        writer.Begin();
        writer.Token(MemberName, Prefix + Hmac);
        writer.Text("label", Label, Limits.LabelChars);
        writer.End();
        return CanonicalJson.Known(writer.Written);
    }

    /// <summary>Reads a value of an entry.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="commitment">The commitment, or <see langword="null"/> where the value is none.</param>
    public static bool TryRead(CanonicalJson value, out Commitment? commitment)
    {
        commitment = null;
        if (value.Utf8.Span.IndexOf("\"committed\""u8) < 0) return false;
        var element = value.ToElement();
        if (element.ValueKind != JsonValueKind.Object || element.GetPropertyCount() != 2) return false;
        if (!element.TryGetProperty(MemberName, out var hmac) || !element.TryGetProperty("label", out var label)) return false;
        if (hmac.ValueKind != JsonValueKind.String || label.ValueKind != JsonValueKind.String) return false;
        var digits = hmac.GetString()!;
        if (!digits.StartsWith(Prefix, StringComparison.Ordinal) || !Digest.TryParseHex(digits.AsSpan(Prefix.Length), out _)) return false;
        commitment = new Commitment(digits[Prefix.Length..], label.GetString()!);
        return true;
    }
}
