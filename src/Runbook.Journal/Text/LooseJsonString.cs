using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>Decodes a JSON string that holds escapes of lone surrogates, which the framework's reader refuses to decode.</summary>
internal static class LooseJsonString
{
    /// <summary>Decodes.</summary>
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
