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

    /// <summary>Within which a caller over a connection, whose time ran out while a standing clock moved, is seen to have hung up.</summary>
    public static readonly TimeSpan HangUp = TimeSpan.FromMilliseconds(500);

    /// <summary>Work items that one clock movement carries out before it gives up as endless.</summary>
    public const int DueItemsPerMovement = 5_000_000;

    /// <summary>Entries of the activity log that are kept.</summary>
    public const int ActivityEvents = 20_000;

    /// <summary>Entries of the activity log in one page.</summary>
    public const int ActivityPage = 200;

    /// <summary>Tags of one resource, resource group or subscription.</summary>
    public const int TagsPerResource = 50;

    /// <summary>Locks of one scope.</summary>
    public const int LocksPerScope = 20;

    /// <summary>Longest query of Resource Graph or of a workspace, in characters.</summary>
    public const int QueryCharacters = 64 * 1024;

    /// <summary>Deepest nesting of a query's expressions.</summary>
    public const int QueryDepth = 64;

    /// <summary>Rows that one step of a query may make.</summary>
    public const int QueryRows = 1_000_000;

    /// <summary>Deepest nesting of a policy rule's conditions.</summary>
    public const int PolicyDepth = 32;

    /// <summary>Tries to deliver one notification to a webhook.</summary>
    public const int NotificationTries = 3;

    /// <summary>Largest estate or scenario document that is read, in bytes.</summary>
    public const int EstateBytes = 256 * 1024 * 1024;
}
