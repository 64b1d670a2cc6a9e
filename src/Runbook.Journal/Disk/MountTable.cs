using System.Text;

namespace Runbook.Journal;

/// <summary>Reads which file system a path is on from the kernel's table of mounts.</summary>
internal static class MountTable
{
    private const string Path = "/proc/self/mountinfo";

    internal static string FileSystemOf(string path)
    {
        try
        {
            return FileSystemOf(System.IO.Path.GetFullPath(path), File.ReadLines(Path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A sandbox without /proc: the type is unknown, which is what an empty name says.
            return "";
        }
    }

    /// <summary>Looks a path up in the lines of a mount table (proc(5), mountinfo): the longest mount point that holds it,
    /// the last of equals.</summary>
    internal static string FileSystemOf(string fullPath, IEnumerable<string> lines)
    {
        var (best, type) = (-1, "");
        foreach (var line in lines)
        {
            var halves = line.Split(" - ", 2);
            var fields = halves[0].Split(' ');
            if (halves.Length != 2 || fields.Length < 5) continue;
            var point = Unescape(fields[4]);
            if (point.Length < best || !Holds(point, fullPath)) continue;
            (best, type) = (point.Length, halves[1].Split(' ')[0]);
        }

        return type;
    }

    private static bool Holds(string point, string path)
        => point == "/" || path == point || path.StartsWith(point + "/", StringComparison.Ordinal);

    // Space, tab, line feed and backslash are written as a backslash and three octal digits.
    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3) is var octal && !octal.ContainsAnyExceptInRange('0', '7'))
            {
                plain.Append((char)((octal[0] - '0') * 64 + (octal[1] - '0') * 8 + (octal[2] - '0')));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}
