namespace Runbook.Simulator;

/// <summary>How a <see cref="SimulatorClock"/> goes.</summary>
public enum ClockMode
{
    /// <summary>With the host's clock (times the speed), and never jumps.</summary>
    Real,

    /// <summary>Runs along with the host's clock, and jumps when it is advanced.</summary>
    Virtual,

    /// <summary>Stands still, and moves only when it is advanced.</summary>
    Standing,
}
