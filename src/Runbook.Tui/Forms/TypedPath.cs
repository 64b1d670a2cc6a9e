namespace Runbook.Tui;

/// <summary>Paths that a person types: relative to a folder, <c>~</c> for the home, completed from the disk.</summary>
/// <param name="folder">Folder of relative paths; absolute.</param>
internal sealed class TypedPath(string folder)
{
    private const int ChoicesMax = 6;

    // A folder with more names than this is not read to its end while somebody waits for a completion.
    private const int NamesMax = 2000;

    /// <summary>The whole path.</summary>
    public string Whole(string typed)
    {
        var trimmed = typed.Trim();
        if (trimmed == "~" || trimmed.StartsWith("~/", StringComparison.Ordinal))
        {
            trimmed = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + trimmed[1..];
        }

        return Path.GetFullPath(trimmed, folder);
    }

    /// <summary>What keeps the file from being handed in, in a sentence; <see langword="null"/> when nothing does.</summary>
    public string? Complaint(string typed, long bytesMax)
    {
        try
        {
            var file = new FileInfo(Whole(typed));
            if (Directory.Exists(file.FullName)) return "That is a folder.";
            if (!file.Exists) return "There is no such file.";
            return file.Length > bytesMax ? $"It has {PaperWords.Size(file.Length)} bytes, and may have at most {PaperWords.Size(bytesMax)}." : null;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return "It can't be looked at: " + cause.Message;
        }
    }

    /// <summary>Completes a path as far as there is one way only; says what there is to choose from otherwise.</summary>
    public (string Text, string? Notice) Complete(string typed)
    {
        try
        {
            var slash = typed.LastIndexOf('/');
            var lead = typed[..(slash + 1)];
            var begun = typed[(slash + 1)..];
            var names = Directory.EnumerateFileSystemEntries(Whole(lead.Length == 0 ? "." : lead))
                .Take(NamesMax)
                .Where(p => Path.GetFileName(p).StartsWith(begun, StringComparison.Ordinal) && (begun.Length > 0 || !Path.GetFileName(p).StartsWith('.')))
                .Select(p => Path.GetFileName(p) + (Directory.Exists(p) ? "/" : ""))
                .Order(StringComparer.Ordinal)
                .ToList();
            if (names.Count == 0) return (typed, "Nothing there begins like that.");
            var common = names.Aggregate(Common);
            var notice = names.Count == 1 ? null : string.Join("  ", names.Take(ChoicesMax)) + (names.Count > ChoicesMax ? $"  and {names.Count - ChoicesMax} more" : "");
            return (lead + common, notice);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (typed, "That folder can't be read: " + cause.Message);
        }
    }

    private static string Common(string a, string b)
    {
        var length = 0;
        while (length < a.Length && length < b.Length && a[length] == b[length]) length++;
        return a[..length];
    }
}
