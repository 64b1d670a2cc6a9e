namespace Runbook.Simulator.Http;

/// <summary>How much of an operation is there.</summary>
internal enum Fidelity
{
    Full,
    Part,

    /// <summary>Known and refused; listed so that nobody has to find out by trying.</summary>
    None,
}

/// <summary>
/// One operation of a service: routing, permission, limits and the table in <c>docs/simulator.md</c> all come from it.
/// </summary>
internal sealed record Operation
{
    public required ServiceKind Service { get; init; }

    /// <summary>What the service's documentation calls it, for people.</summary>
    public required string Name { get; init; }

    public required string Method { get; init; }

    /// <summary>
    /// Path with <c>{name}</c> for one segment; a leading <c>{scope}</c> stands for any resource id, the empty one included.
    /// Literals compare without case.
    /// </summary>
    public required string Template { get; init; }

    public required Func<Call, Answer> Handler { get; init; }

    /// <summary>The control-plane action or HSM data action that the caller needs; <see langword="null"/> where the handler decides.</summary>
    public string? Permission { get; init; }

    /// <summary>The same where it depends on the path.</summary>
    public Func<Call, string>? PermissionFor { get; init; }

    /// <summary>Largest body in bytes.</summary>
    public int BodyLimit { get; init; } = Limits.JsonBodyBytes;

    public Fidelity Fidelity { get; init; } = Fidelity.Full;

    /// <summary>First version that knows the operation, or <see langword="null"/> for every version.</summary>
    public string? Since { get; init; }

    /// <summary>What is not there, where <see cref="Fidelity"/> is not full.</summary>
    public string? Note { get; init; }

    /// <summary>Stands in for paths that no other operation knows, whatever the method.</summary>
    public bool IsFallback { get; init; }

    /// <summary>No token is asked for (discovery documents).</summary>
    public bool Anonymous { get; init; }

    /// <summary>The operation changes nothing: a read lock does not stop it.</summary>
    public bool ReadsOnly { get; init; }

    /// <summary>A poll of a running operation: on a standing clock it moves time by the Retry-After last announced.</summary>
    public bool IsPoll { get; init; }
}
