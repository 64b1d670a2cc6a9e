using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Cli.Worlds;

/// <summary>The Azure that a session acts on, embedded or real.</summary>
internal interface IWorld : IAsyncDisposable
{
    /// <summary>Label of the environment.</summary>
    string Label { get; }

    /// <summary>What can be done there.</summary>
    ActionSet Actions { get; }

    /// <summary>Looks at it before a session begins.</summary>
    IPreflight Preflight { get; }

    /// <summary>What depends on what there.</summary>
    IBlastRadius BlastRadius { get; }

    /// <summary>What the identity that asks may do there.</summary>
    IUndoPermissions Permissions { get; }

    /// <summary>Its clock.</summary>
    ISessionClock Clock { get; }

    /// <summary>Real or virtual.</summary>
    SessionClock ClockKind { get; }

    /// <summary>Object id of the identity by which it knows the operator.</summary>
    Task<string> OperatorObjectIdAsync(CancellationToken cancellationToken);

    /// <summary>For line 1, when it is a real one.</summary>
    AzurePlace? Azure { get; }

    /// <summary>For line 1, when it is the embedded one.</summary>
    EmbeddedPlace? Embedded { get; }
}
