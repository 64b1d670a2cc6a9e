using System.Security.Cryptography;
using System.Text.Json;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>
/// The files of a session: what people handed in, by digest, and the folder of what is carried in and out of the room.
/// </summary>
/// <remarks>
/// Reading follows a path wherever it leads. Writing stays in the folder: a plain file name, a new file that only its
/// owner may read (0600 on Unix), all of it and its name on stable storage before the call returns; never over another file.
/// </remarks>
internal sealed class SessionFiles(ActionContext context)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The session's time.</summary>
    public DateTimeOffset Now => context.Time.GetUtcNow();

    /// <summary>Reads a file as runbooks hold it.</summary>
    /// <exception cref="FileRefusedException">It is not there, too large, or not what its digest says.</exception>
    public byte[] Read(JsonElement file, int bytesMax)
    {
        using var stream = Open(file);
        using var limited = new LimitedStream(stream, bytesMax);
        using var bytes = new MemoryStream();
        try
        {
            limited.CopyTo(bytes);
        }
        catch (InvalidDataException)
        {
            throw new FileRefusedException("FileTooLarge", $"'{FileValue.NameOf(file)}' has more than {bytesMax} bytes.");
        }

        var content = bytes.ToArray();
        if (file.ValueKind == JsonValueKind.Object && Hashes.Sha256(content) != FileValue.ReferenceOf(file))
        {
            throw new FileRefusedException("FileChanged", $"What is kept of '{FileValue.NameOf(file)}' is not what was handed in.");
        }

        return content;
    }

    /// <summary>Takes a file's digest and length, whatever its size up to the limit.</summary>
    /// <exception cref="FileRefusedException">It is not there, or too large.</exception>
    public async Task<(string Digest, long Bytes)> DigestAsync(JsonElement file, CancellationToken cancellationToken)
    {
        await using var stream = Open(file);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[81920];
        long length = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            length += read;
            if (length > ActionsLimits.DigestedBytesMax) throw new FileRefusedException("FileTooLarge", $"'{FileValue.NameOf(file)}' has more than {ActionsLimits.DigestedBytesMax} bytes.");
            hash.AppendData(buffer, 0, read);
        }

        return ("sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset()), length);
    }

    /// <summary>Whether a file of that name lies in the folder.</summary>
    public bool Exists(string name) => File.Exists(PathOf(name));

    /// <summary>Reads a file of the folder; <see langword="null"/> when it is not there.</summary>
    public byte[]? TryRead(string name, int bytesMax)
    {
        var path = PathOf(name);
        if (!File.Exists(path)) return null;
        return new FileInfo(path).Length > bytesMax ? throw new FileRefusedException("FileTooLarge", $"'{name}' has more than {bytesMax} bytes.") : File.ReadAllBytes(path);
    }

    /// <summary>Writes a new file into the folder; one that was left half-written under this name is replaced.</summary>
    public void WriteUnconfirmed(string name, ReadOnlySpan<byte> bytes)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(context.FilesFolder);
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var stream = new FileStream(path, options))
        {
            stream.Write(bytes);
            DurableFile.Sync(stream.SafeFileHandle, path);
        }

        DurableFile.SyncFolder(context.FilesFolder);
    }

    /// <summary>
    /// Gives a written file its name. One that has the name already is kept under a numbered one.
    /// </summary>
    /// <returns>The name under which an earlier file was kept; <see langword="null"/> when there was none.</returns>
    /// <exception cref="FileRefusedException">There are too many earlier files.</exception>
    public string? Confirm(string unconfirmed, string name)
    {
        var path = PathOf(name);
        var kept = File.Exists(path) ? FreeNameBeside(name) : null;
        if (kept is not null) File.Move(path, PathOf(kept));
        File.Move(PathOf(unconfirmed), path);
        DurableFile.SyncFolder(context.FilesFolder);
        return kept;
    }

    /// <summary>Writes a file into the folder, whole or not at all; one that has the name already is kept under a numbered one.</summary>
    /// <returns>The file as it stands in results.</returns>
    public System.Text.Json.Nodes.JsonObject Write(string name, ReadOnlySpan<byte> bytes)
    {
        WriteUnconfirmed($".{name}.unconfirmed", bytes);
        Confirm($".{name}.unconfirmed", name);
        return FileValue.Of(name, bytes);
    }

    /// <summary>Removes a file that was never confirmed.</summary>
    public void Discard(string unconfirmed) => File.Delete(PathOf(unconfirmed));

    /// <summary>Whether a text is a plain file name: one that can't lead out of the folder, and can't be mistaken for an option or a hidden file.</summary>
    public static bool IsPlainName(string name) =>
        name.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    private string FreeNameBeside(string name)
    {
        var (stem, extension) = (Path.GetFileNameWithoutExtension(name), Path.GetExtension(name));
        for (var number = 1; number <= ActionsLimits.KeptFilesMax; number++)
        {
            var candidate = $"{stem}.{number}{extension}";
            if (!File.Exists(PathOf(candidate))) return candidate;
        }

        throw new FileRefusedException("TooManyFiles", $"There are {ActionsLimits.KeptFilesMax} earlier files beside '{name}': put them away first.");
    }

    private string PathOf(string name) => IsPlainName(name) || (name.Length > 1 && name[0] == '.' && IsPlainName(name[1..]))
        ? Path.Combine(context.FilesFolder, name)
        : throw new FileRefusedException("FileNameNotAllowed", $"'{name}' is no plain file name: letters, digits, '.', '-' and '_', beginning with a letter or digit.");

    private Stream Open(JsonElement file)
    {
        if (file.ValueKind == JsonValueKind.Object)
        {
            return context.OpenArtifact(FileValue.ReferenceOf(file)) ?? throw new FileRefusedException("FileNotFound", $"'{FileValue.NameOf(file)}' is not among what was handed in.");
        }

        var path = Path.Combine(context.FilesFolder, FileValue.NameOf(file));
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileRefusedException("FileNotFound", $"There is no file '{FileValue.NameOf(file)}'.");
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new FileRefusedException("FileUnreadable", $"'{FileValue.NameOf(file)}' can't be read: {exception.Message}");
        }
    }
}
