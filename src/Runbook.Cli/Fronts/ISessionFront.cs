using Runbook.Engine;

namespace Runbook.Cli.Fronts;

/// <summary>How a session is shown and heard.</summary>
internal interface ISessionFront
{
    /// <summary>Runs the session to its end or to where it stands still.</summary>
    Task<SessionResult> RunAsync(CancellationToken cancellationToken);

    /// <summary>Has the session left in order: what is armed is taken back first. Safe from any thread.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="trigger"><c>operator</c>, or <c>signal:TERM</c>.</param>
    void Leave(string reason, string trigger);
}
