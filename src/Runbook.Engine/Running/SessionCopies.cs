using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>Reads the runbooks that lie in a session's directory, and compiles them again.</summary>
public static class SessionCopies
{
    private const string RunbookFolder = "runbook";
    private const int KnownMax = 256;
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<(Digest Machine, string Root, ActionCatalogue Catalogue), KnownProgram> Programs = new();
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<(Digest Digest, string File, ActionCatalogue Catalogue), Compilation> Known = new();

    /// <summary>The program of a session, from the copies in its directory.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The session's directory.</param>
    /// <param name="ledger">What the entries say; its plan must be bound.</param>
    /// <param name="catalogue">The actions that runbooks may name.</param>
    /// <exception cref="EngineException">A copy is missing or changed, does not compile, or gives another machine.</exception>
    public static SessionProgram Load(IJournalDisk disk, SessionDirectory directory, SessionLedger ledger, ActionCatalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(ledger);
        var plan = ledger.Plan ?? throw new EngineException("RE101", "The session was cut off before its plan was bound.", "Nothing was ever sent in it.", "Start a new session.");
        var compiled = new[] { plan.Runbook }.Concat(plan.Children)
            .ToDictionary(f => f.File, f => Compiled(f, Read(disk, directory, f), catalogue), StringComparer.Ordinal);
        var broken = compiled.Values.FirstOrDefault(c => c.HasErrors);
        if (broken is not null)
        {
            var first = broken.Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error);
            throw Changed($"\"{broken.Name}\" does not pass this version's checker any more: {first.Code} at {first.Start}: {first.Message}");
        }

        if (Programs.TryGetValue((plan.Machine, plan.Runbook.File, catalogue), out var known) && known.IsOf(compiled)) return known.Program;

        // In a session's directory all runbooks lie in one folder, whatever folders they came from.
        var root = plan.Runbook.File;
        var byPath = new Dictionary<string, Compilation>(StringComparer.Ordinal);
        Collect(root, compiled[root], compiled, byPath, 0);
        var linked = RunbookLinker.Link(root, byPath);
        if (linked.HasErrors) throw Changed("The runbooks do not fit together any more.");
        var program = new SessionProgram(linked, root);
        if (program.MachineDigest != plan.Machine) throw Changed("The runbook compiles to another machine than the one that was bound.");
        if (Programs.Count >= KnownMax) Programs.Clear();
        Programs[(plan.Machine, root, catalogue)] = new KnownProgram(compiled, program);
        return program;
    }

    internal static Digest MachineDigest(LinkedRunbook linked)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            foreach (var compilation in linked.ByPath.Values.OrderBy(c => c.Name, StringComparer.Ordinal)) compilation.Machine!.ToJson().WriteTo(writer);
            writer.WriteEndArray();
        }

        return CanonicalJson.Of(JsonElement.Parse(stream.ToArray())).Digest;
    }

    // A pure function of bytes, name and catalogue, asked again by every resume and verification: the last answers are kept.
    private static Compilation Compiled(RunbookFile file, byte[] bytes, ActionCatalogue catalogue)
    {
        if (Known.Count >= KnownMax) Known.Clear();
        return Known.GetOrAdd((file.Digest, file.File, catalogue), key => RunbookCompiler.Compile(bytes, Path.GetFileNameWithoutExtension(key.File), key.Catalogue));
    }

    // What was linked before, and bound as the same machine, is linked again to the same program where each file compiles to the same.
    private sealed record KnownProgram(Dictionary<string, Compilation> Compiled, SessionProgram Program)
    {
        public bool IsOf(Dictionary<string, Compilation> compiled) =>
            compiled.Count == Compiled.Count && compiled.All(c => Compiled.TryGetValue(c.Key, out var known) && ReferenceEquals(known, c.Value));
    }

    private static void Collect(string path, Compilation compilation, Dictionary<string, Compilation> byName, Dictionary<string, Compilation> byPath, int depth)
    {
        if (depth > Language.Limits.CallDepthMax || !byPath.TryAdd(path, compilation)) return;
        foreach (var call in compilation.Calls)
        {
            if (RunbookLinker.Resolve(path, call) is { } target && byName.TryGetValue(Path.GetFileName(target), out var called)) Collect(target, called, byName, byPath, depth + 1);
        }
    }

    private static byte[] Read(IJournalDisk disk, SessionDirectory directory, RunbookFile file)
    {
        var bytes = DurableFiles.Read(disk, directory.In(RunbookFolder, file.File), Language.Limits.RunbookBytesMax);
        if (bytes is null) throw Changed($"The copy of \"{file.File}\" is not in the session's directory.");
        return Digest.Of(bytes) == file.Digest ? bytes : throw Changed($"The copy of \"{file.File}\" is not the one that was bound.");
    }

    private static EngineException Changed(string message) =>
        new("RE102", message, "The session stands where it stood; nothing was sent.", "Resume it with the version of the program that began it: line 1 of its journal says which.");
}
