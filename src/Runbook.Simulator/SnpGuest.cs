namespace Runbook.Simulator;

/// <summary>A confidential guest that evidence is made about.</summary>
public sealed record SnpGuest
{
    /// <summary>Launch measurement, 48 bytes.</summary>
    public ReadOnlyMemory<byte> Measurement { get; init; } = new byte[48];

    /// <summary>Host data, 32 bytes: for containers the digest of their policy.</summary>
    public ReadOnlyMemory<byte> HostData { get; init; } = new byte[32];

    /// <summary>The guest may be debugged, and so holds no secrets from its host.</summary>
    public bool Debuggable { get; init; }

    /// <summary>Security version of the guest.</summary>
    public int GuestSvn { get; init; } = 2;
}
