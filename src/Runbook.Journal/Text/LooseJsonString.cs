using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>Handles lone surrogates in JSON, which the framework's reader refuses.</summary>
internal static class LooseJsonString
{
    /// <summary>Writes surrogates that stand alone as escapes, so that the text can be brought into UTF-8.</summary>
    /// <param name="json">JSON text; the same instance comes back where there are none.</param>
    internal static string EscapeLoneSurrogates(string json)
    {
        StringBuilder? text = null;
        for (var i = 0; i < json.Length; i++)
        {
            var isPair = char.IsHighSurrogate(json[i]) && i + 1 < json.Length && char.IsLowSurrogate(json[i + 1]);
            if (char.IsSurrogate(json[i]) && !isPair)
            {
                (text ??= new StringBuilder().Append(json, 0, i)).Append(CultureInfo.InvariantCulture, $"\\u{(int)json[i]:x4}");
                continue;
            }

            text?.Append(json, i, isPair ? 2 : 1);
            if (isPair) i++;
        }

        return text?.ToString() ?? json;
    }

    /// <summary>Decodes a JSON string that holds escapes of lone surrogates.</summary>
    /// <param name="quoted">A JSON string with its quotation marks, grammatical.</param>
    internal static string Decode(string quoted)
    {
        var text = new StringBuilder(quoted.Length);
        for (var i = 1; i < quoted.Length - 1; i++)
        {
            if (quoted[i] != '\\')
            {
                text.Append(quoted[i]);
                continue;
            }

            var escape = quoted[++i];
            if (escape == 'u')
            {
                text.Append((char)ushort.Parse(quoted.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
                continue;
            }

            text.Append(escape switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', _ => escape });
        }

        return text.ToString();
    }
}
