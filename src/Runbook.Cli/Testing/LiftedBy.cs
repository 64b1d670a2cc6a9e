namespace Runbook.Cli.Testing;

/// <summary>The ways in which a fault is lifted, each of which a case has to show.</summary>
internal enum LiftedBy
{
    /// <summary>Its revert, once everything inside has gone well.</summary>
    Step,

    /// <summary>Its revert, because something inside failed, ran out of time or was aborted.</summary>
    Abort,

    /// <summary>Its guard, because the console was gone.</summary>
    Guard,
}
