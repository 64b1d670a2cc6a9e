namespace Runbook.Journal;

/// <summary>A session that is about to begin.</summary>
public sealed record NewSession
{
    /// <summary>Its directory, which does not exist or is empty. Made with its parents.</summary>
    public required string Directory { get; init; }

    /// <summary>Roster id of who drives the console.</summary>
    public required string By { get; init; }

    /// <summary>Label of the environment.</summary>
    public required InertText Environment { get; init; }

    /// <summary>The Azure that it acts on; exactly one of this and <see cref="Embedded"/>.</summary>
    public AzurePlace? Azure { get; init; }

    /// <summary>The embedded Azure that it acts on.</summary>
    public EmbeddedPlace? Embedded { get; init; }

    /// <summary>Its clock. On the virtual one every entry is marked as simulated.</summary>
    public SessionClock Clock { get; init; } = SessionClock.Real;

    /// <summary>Whether every entry is marked as simulated, as in an unattended rehearsal.</summary>
    public bool Simulated { get; init; }

    /// <summary>What is done about copies outside this machine.</summary>
    public Anchoring Anchoring { get; init; } = Anchoring.None;

    /// <summary>The program that writes.</summary>
    public required ConsoleProgram Console { get; init; }

    /// <summary>Domain of the organisation, if it has given one.</summary>
    public string? Organisation { get; init; }

    /// <summary>The last session on the same profile.</summary>
    public PreviousSession? Previous { get; init; }

    /// <summary>Its id; made up where it is not given.</summary>
    public string? Session { get; init; }
}
