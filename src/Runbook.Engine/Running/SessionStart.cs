using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>A file of a runbook, exactly as it was read.</summary>
/// <param name="Path">Its path relative to the session's own runbook's folder.</param>
/// <param name="Bytes">Its bytes.</param>
public sealed record RunbookSource(string Path, ReadOnlyMemory<byte> Bytes);

/// <summary>Everything that a new session begins with.</summary>
public sealed record SessionStart
{
    /// <summary>The session's directory, which does not exist or is empty.</summary>
    public required string Directory { get; init; }

    /// <summary>The session's id; <see langword="null"/> to have one made.</summary>
    public string? Session { get; init; }

    /// <summary>The runbook, compiled.</summary>
    public required SessionProgram Program { get; init; }

    /// <summary>The files that it was compiled from.</summary>
    public required ImmutableArray<RunbookSource> Sources { get; init; }

    /// <summary>The inputs, checked against their schemas; secret ones in <see cref="Secrets"/>.</summary>
    public required ImmutableSortedDictionary<string, JsonElement> Inputs { get; init; }

    /// <summary>The secret inputs.</summary>
    public ImmutableSortedDictionary<string, string> Secrets { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The people.</summary>
    public required SignedRoster Roster { get; init; }

    /// <summary>Roster id of the operator.</summary>
    public required string Operator { get; init; }

    /// <summary>Object id of the identity by which Azure knows the operator.</summary>
    public required string OperatorObjectId { get; init; }

    /// <summary>Label of the environment.</summary>
    public required string Environment { get; init; }

    /// <summary>The Azure that it acts on; exactly one of this and <see cref="Embedded"/>.</summary>
    public AzurePlace? Azure { get; init; }

    /// <summary>The embedded Azure that it acts on.</summary>
    public EmbeddedPlace? Embedded { get; init; }

    /// <summary>Real or virtual.</summary>
    public SessionClock Clock { get; init; } = SessionClock.Real;

    /// <summary>Whether simulated people act.</summary>
    public bool Simulated { get; init; }

    /// <summary>The program that writes.</summary>
    public required ConsoleProgram Console { get; init; }
}
