namespace Runbook.Simulator;

/// <summary>Every limit of this room in one place.</summary>
internal static class Limits
{
    /// <summary>Longest request target that is looked at, in characters.</summary>
    public const int TargetCharacters = 16 * 1024;

    /// <summary>Largest JSON body of a control-plane or key request, in bytes; more is refused before it is read.</summary>
    public const int JsonBodyBytes = 4 * 1024 * 1024;

    /// <summary>Largest body of a blob request, in bytes.</summary>
    public const int BlobBodyBytes = 64 * 1024 * 1024;

    /// <summary>Largest form body at the token endpoint, in bytes.</summary>
    public const int FormBodyBytes = 256 * 1024;

    /// <summary>Deepest nesting of a JSON body.</summary>
    public const int JsonDepth = 32;

    /// <summary>Records of the call log that stay in memory and in the state file.</summary>
    public const int CallRecords = 100_000;

    /// <summary>Validated tokens that are remembered, so that one token is checked once.</summary>
    public const int RememberedTokens = 4096;

    /// <summary>Versions of one key, created or rotated.</summary>
    public const int KeyVersions = 100;

    /// <summary>Keys of one managed HSM, the soft-deleted ones included.</summary>
    public const int KeysPerHsm = 5000;

    /// <summary>Role assignments at the scopes <c>/</c> and <c>/keys</c> of one managed HSM.</summary>
    public const int HsmWideAssignments = 50;

    /// <summary>Role assignments at one single key's scope.</summary>
    public const int AssignmentsPerKey = 10;

    /// <summary>Custom role definitions of one managed HSM.</summary>
    public const int CustomRoles = 50;

    /// <summary>Tags of one key or resource.</summary>
    public const int TagsPerKey = 15;

    /// <summary>Work items that one clock movement carries out before it gives up as endless.</summary>
    public const int DueItemsPerMovement = 5_000_000;

    /// <summary>Largest estate or scenario document that is read, in bytes.</summary>
    public const int EstateBytes = 256 * 1024 * 1024;
}
