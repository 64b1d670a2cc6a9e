namespace Runbook.Simulator.State;

/// <summary>
/// <c>RS201</c>: a change could not be written to the state file. It is not tried again, and the simulator takes no further
/// changes: what was acknowledged before stays on disk.
/// </summary>
internal sealed class EstateNotDurableException(Exception cause)
    : IOException($"RS201: the state file could not be written ({cause.Message}). The simulator takes no further changes; what was acknowledged before is on disk.", cause)
{
    public const string Code = "RS201";
}
