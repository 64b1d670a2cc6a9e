using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>
/// The runbook of a session with every runbook that it calls, compiled: what the entries of its journal are read
/// against. Immutable.
/// </summary>
public sealed class SessionProgram
{
    private readonly Lazy<Digest> _machineDigest;

    /// <summary>Takes a linked runbook without errors.</summary>
    /// <param name="linked">The runbook and those that it calls.</param>
    /// <param name="rootPath">The root's path in <see cref="LinkedRunbook.ByPath"/>.</param>
    /// <exception cref="ArgumentException">It has an error, so it has no machine.</exception>
    public SessionProgram(LinkedRunbook linked, string rootPath)
    {
        ArgumentNullException.ThrowIfNull(linked);
        if (linked.HasErrors) throw new ArgumentException("A runbook with errors does not run.", nameof(linked));
        Linked = linked;
        RootPath = rootPath;
        _machineDigest = new Lazy<Digest>(() => SessionCopies.MachineDigest(linked));
    }

    /// <summary>The runbooks.</summary>
    public LinkedRunbook Linked { get; }

    /// <summary>The root's path.</summary>
    public string RootPath { get; }

    /// <summary>Digest of the machines: what a session binds.</summary>
    public Digest MachineDigest => _machineDigest.Value;

    /// <summary>The root's machine.</summary>
    public MachineDefinition Root => Machine(RootPath);

    /// <summary>The runbook itself.</summary>
    public RunbookDocument Document => Root.Document;

    /// <summary>The machine of a runbook.</summary>
    public MachineDefinition Machine(string path) => Linked.ByPath[path].Machine!;

    /// <summary>The path of a runbook that one at <paramref name="fromPath"/> calls.</summary>
    public static string Called(string fromPath, StepBlock.Call call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return RunbookLinker.Resolve(fromPath, call.File)!;
    }
}
