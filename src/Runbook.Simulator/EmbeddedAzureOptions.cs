namespace Runbook.Simulator;

/// <summary>How an embedded Azure is started.</summary>
public sealed record EmbeddedAzureOptions
{
    /// <summary>SQLite file that keeps the estate; made where it does not exist. <see langword="null"/>: memory only.</summary>
    public string? StateFile { get; init; }

    /// <summary>How time goes.</summary>
    public ClockMode Clock { get; init; } = ClockMode.Virtual;

    /// <summary>How many times faster than the host's clock a clock runs that runs; more than 0, at most 100,000.</summary>
    public double Speed { get; init; } = 1.0;

    /// <summary>The clock underneath; tests give their own.</summary>
    public TimeProvider HostClock { get; init; } = TimeProvider.System;

    /// <summary>Where a virtual or standing clock begins. Absent: where the state file or the estate stood, else the host's time.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>
    /// A standing clock moves by the announced Retry-After when a running operation is polled, so that a client that polls gets
    /// to the end.
    /// </summary>
    public bool PollsMoveClock { get; init; }

    /// <summary>Estate document to start from, as <see cref="EstateArchive.Export"/> gives it with secrets. Ignored where the
    /// state file holds an estate already.</summary>
    public string? Estate { get; init; }

    /// <summary>The same, read before: many that start from one estate read it once. <see cref="Estate"/> comes first.</summary>
    public PreparedEstate? Prepared { get; init; }

    /// <summary>Scenario document: faults by the clock, counted from the start. Ignored where the state file holds an estate
    /// already, since its faults are in there.</summary>
    public string? Scenario { get; init; }

    /// <summary>Ids of a new estate, keys excepted, follow from it.</summary>
    public string Seed { get; init; } = "runbook";

    /// <summary>Tenant of a new estate.</summary>
    public Guid TenantId { get; init; } = new("10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101");

    /// <summary>Subscription of a new estate.</summary>
    public Guid SubscriptionId { get; init; } = new("20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202");

    /// <summary>How long things take.</summary>
    public SimulatorTimings Timings { get; init; } = new();

    /// <summary>Behaviour that can be had both ways.</summary>
    public SimulatorChoices Choices { get; init; } = new();

    /// <summary>Capacity.</summary>
    public SimulatorLimits Limits { get; init; } = new();
}
