namespace Runbook.Simulator;

/// <summary>Behaviour that public sources disagree on, or that tests want both ways.</summary>
public sealed record SimulatorChoices
{
    /// <summary>An HSM refuses to rotate a key on demand while it has no rotation policy.</summary>
    public bool RotationNeedsPolicy { get; init; } = true;

    /// <summary>The directory refuses <c>/me</c> to applications, as the real one does.</summary>
    public bool MeRefusesApplications { get; init; } = true;

    /// <summary>The transfer key travels as a string of JSON rather than as an object.</summary>
    public bool TransferKeyAsString { get; init; } = true;

    /// <summary>The last Administrator assignment of an HSM may be deleted.</summary>
    public bool LastAdministratorMayGo { get; init; }

    /// <summary>An HSM whose primary region is down takes no writes.</summary>
    public bool WritesNeedPrimaryRegion { get; init; } = true;
}
