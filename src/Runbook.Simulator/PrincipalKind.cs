namespace Runbook.Simulator;

/// <summary>What a principal of the directory is.</summary>
public enum PrincipalKind
{
    /// <summary>An application's identity, with a client secret.</summary>
    ServicePrincipal,

    /// <summary>An identity whose tokens come from the metadata endpoint.</summary>
    ManagedIdentity,

    /// <summary>A person.</summary>
    User,

    /// <summary>A set of principals; roles given to it hold for its members.</summary>
    Group,
}
