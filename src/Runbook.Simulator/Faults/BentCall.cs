using Runbook.Simulator.Http;

namespace Runbook.Simulator.Faults;

/// <summary>What the armed faults do to one request.</summary>
internal sealed class BentCall
{
    /// <summary>The fault that the log names.</summary>
    public required FaultRule Rule { get; init; }

    public TimeSpan? Delay { get; set; }

    public bool Unreachable { get; set; }

    public bool LosesAnswer { get; set; }

    /// <summary>Region that answers instead of the nearest one.</summary>
    public string? Region { get; set; }

    /// <summary>Answers in the service's place.</summary>
    public Func<Call, Service, Answer>? Instead { get; set; }
}
