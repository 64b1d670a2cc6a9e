using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Runbook.Engine;

/// <summary>Values and files that a person brings with a signed answer.</summary>
/// <param name="Values">Values by name.</param>
/// <param name="Files">Files by name.</param>
public sealed record BroughtAnswer(ImmutableDictionary<string, JsonElement> Values, ImmutableDictionary<string, HandedInFile> Files);

/// <summary>
/// The folder beside a session's directory where <c>runbook approve</c> leaves what goes with a signed answer. It is no
/// part of the transcript: what counts is taken over into it.
/// </summary>
public static class AnswerInbox
{
    private const string ValuesFile = "values.json";

    /// <summary>The folder of one person's answer to one request.</summary>
    public static string FolderOf(string sessionDirectory, long request, string person) =>
        Path.Combine(Path.TrimEndingDirectorySeparator(sessionDirectory) + ".inbox", string.Create(CultureInfo.InvariantCulture, $"{request}-{person}"));

    /// <summary>Leaves an answer; must be complete before its envelope is put where the session sees it.</summary>
    public static void Write(string sessionDirectory, long request, string person, BroughtAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var folder = FolderOf(sessionDirectory, request, person);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("values");
            foreach (var (name, value) in answer.Values)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
            writer.WriteStartObject("files");
            foreach (var (name, file) in answer.Files) writer.WriteString(name, file.Name);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        foreach (var (name, file) in answer.Files) File.WriteAllBytes(Path.Combine(folder, name + ".bytes"), file.Bytes.ToArray());
        File.WriteAllBytes(Path.Combine(folder, ValuesFile), stream.ToArray());
    }

    /// <summary>Reads an answer; <see langword="null"/> when it is not there or not readable.</summary>
    public static BroughtAnswer? Read(string sessionDirectory, long request, string person)
    {
        var folder = FolderOf(sessionDirectory, request, person);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, ValuesFile)));
            var values = document.RootElement.GetProperty("values").EnumerateObject().ToImmutableDictionary(p => p.Name, p => p.Value.Clone(), StringComparer.Ordinal);
            var files = document.RootElement.GetProperty("files").EnumerateObject().ToImmutableDictionary(
                p => p.Name,
                p => new HandedInFile(Path.GetFileName(p.Value.GetString()!), ReadCapped(Path.Combine(folder, Path.GetFileName(p.Name) + ".bytes"))),
                StringComparer.Ordinal);
            return new BroughtAnswer(values, files);
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] ReadCapped(string path) =>
        new FileInfo(path).Length <= EngineLimits.HandedInBytesMax ? File.ReadAllBytes(path) : throw new IOException("The file is larger than one that may be handed in.");
}
