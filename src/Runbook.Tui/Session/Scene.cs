using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Tui;

/// <summary>
/// Everything that the drawing of a session needs: entries folded, a moment, the catalogue. The same scene gives the same
/// picture, live or replayed.
/// </summary>
internal sealed record Scene
{
    /// <summary>The folded entries.</summary>
    public required SessionSnapshot Snapshot { get; init; }

    /// <summary>The moment.</summary>
    public required Moment Now { get; init; }

    /// <summary>Whose turn it is.</summary>
    public required Turn Turn { get; init; }

    /// <summary>The actions, for the calls to come; <see langword="null"/> where they are not at hand.</summary>
    public required ActionSet? Actions { get; init; }

    /// <summary>How the runner fares; replays stand still.</summary>
    public required RunStand Stand { get; init; }

    /// <summary>How people at this console want it.</summary>
    public required ConsoleSettings Settings { get; init; }

    /// <summary>Where people's keys are; <see langword="null"/> in a replay.</summary>
    public IKeyring? Keyring { get; init; }

    /// <summary>What was seen last of the guards of what is armed, by fault, and when; none in a replay.</summary>
    public ImmutableDictionary<string, (GuardSight Sight, DateTimeOffset At)> Guards { get; init; } = ImmutableDictionary<string, (GuardSight, DateTimeOffset)>.Empty;

    /// <summary>The artifacts; <see langword="null"/> where they are not at hand.</summary>
    public ArtifactShelf? Artifacts { get; init; }

    /// <summary>Whether something stands that was broken on purpose and is not being put back yet, in a session that runs: one key then aborts.</summary>
    public bool CanAbortAtOnce => Stand == RunStand.Runs && View.Faults.Armed.Any(f => !f.Body.Lease) && !IsPuttingBack;

    /// <summary>Whether somebody or something has asked to abort already, or what was broken is being put back.</summary>
    public bool IsPuttingBack => View.Current is { AbortReason: not null } or { Step.Block: Language.StepBlock.Revert };

    /// <summary>The view.</summary>
    public SessionView View => Snapshot.View;

    /// <summary>A person's name.</summary>
    public string Name(string person) => PersonText.Name(Settings, person);

    /// <summary>How long until a request runs out; <see langword="null"/> where nobody can tell.</summary>
    public TimeSpan? Left(int epoch, long monoUs, long expiresMs) =>
        View.Clocks.Between(epoch, monoUs, Now.Epoch, Now.MonoUs) is { } passed ? TimeSpan.FromMilliseconds(expiresMs) - passed : null;

    /// <summary>"until 09:42:00Z (28m10s left)".</summary>
    public string Until(TimeSpan? left) => left is not { } time ? "" : time <= TimeSpan.Zero ? "the time is over" : $"until {TimeText.Utc(Now.Wall + time, Now.Wall)} ({TimeText.Duration(time)} left)";
}
