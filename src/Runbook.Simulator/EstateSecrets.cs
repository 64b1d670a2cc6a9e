namespace Runbook.Simulator;

/// <summary>What an export of the estate holds of its secrets.</summary>
public enum EstateSecrets
{
    /// <summary>Everything: keys, client secrets, the token issuer's key. Only such an export can be started from.</summary>
    Included,

    /// <summary>No secret material.</summary>
    LeftOut,

    /// <summary>Neither secret material nor public values that come from real randomness: two estates made by the same calls
    /// with the same seed then give the same bytes.</summary>
    Repeatable,
}
