using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>
/// A session's entries at this console, one after the other: every screen is the fold of the entries up to one of them, at
/// that entry's moment. Nothing is called.
/// </summary>
internal sealed class ReplayConsole : ISurroundings
{
    private readonly ImmutableArray<SessionSnapshot> _snapshots;
    private readonly ActionSet? _actions;
    private readonly ConsoleSettings _settings;
    private readonly ArtifactShelf? _artifacts;
    private bool _hasMoved = true;

    /// <summary>Folds all of them.</summary>
    /// <param name="program">The runbook; without it there are entries and no steps.</param>
    /// <param name="lines">The lines, from the first on.</param>
    /// <param name="actions">The actions, for the calls; may be missing.</param>
    /// <param name="settings">How it is shown.</param>
    public ReplayConsole(SessionProgram? program, IEnumerable<JournalLine> lines, ActionSet? actions, ConsoleSettings settings)
    {
        (_actions, _settings) = (actions, settings);
        _artifacts = settings.ReplayedSession is { } session ? new ArtifactShelf(name => SessionLink.ReadArtifact(new SessionDirectory(session), name)) : null;
        var fold = new SnapshotFold(program);
        _snapshots = [fold.Now, .. lines.Select(fold.Add)];
        Shell = new Shell(this, settings);
        Shell.AskToLeave = Shell.Finish;
        At = Math.Min(1, Last);
        Shell.Open(new ReplayPage(this));
    }

    /// <summary>The screens.</summary>
    public Shell Shell { get; }

    /// <summary>The entry that was folded last; 0 before the first.</summary>
    public int At { get; private set; }

    /// <summary>Number of the last entry.</summary>
    public int Last => _snapshots.Length - 1;

    /// <summary>What is drawn.</summary>
    public Scene Scene
    {
        get
        {
            var snapshot = _snapshots[At];
            var moment = snapshot.Last;
            var need = At == 0 ? new SessionNeed.Nothing() : Turn.NeedOf(snapshot.View, moment, null);
            return new Scene
            {
                Snapshot = snapshot,
                Now = moment,
                Turn = Turn.Of(snapshot.View, need, null),
                Actions = snapshot.View.Program is null ? null : _actions,
                Stand = RunStand.Ended,
                Settings = _settings,
                Artifacts = _artifacts,
            };
        }
    }

    /// <inheritdoc/>
    public string Header => $"runbook  {Scene.View.Plan?.Runbook.Id.Value ?? Scene.View.SessionId}";

    /// <inheritdoc/>
    public string Status => $"REPLAY  {Scene.View.Opened?.Environment.Value.ToUpperInvariant()}  entry {At}/{Last}  {new TimeText(_settings.Zone, Shell.BothTimes).Clock(Scene.Now.Wall)}";

    /// <inheritdoc/>
    public IReadOnlyList<string> Alerts => SessionAlerts.Of(Scene, null, null);

    /// <inheritdoc/>
    public bool Refresh()
    {
        var moved = _hasMoved;
        _hasMoved = false;
        return moved;
    }

    /// <summary>Goes to an entry.</summary>
    public void GoTo(int entry)
    {
        At = Math.Clamp(entry, 0, Last);
        _hasMoved = true;
    }

    /// <summary>Goes to the next entry, or the one before, that weighs at least so much.</summary>
    public void Seek(int direction, TellingWeight weight)
    {
        var log = _snapshots[Last].Log;
        for (var entry = At + direction; entry >= 1 && entry <= Last; entry += direction)
        {
            if (log[entry - 1].Telling.Weight != weight) continue;
            GoTo(entry);
            return;
        }

        Shell.Say(direction > 0 ? "There is none after this one." : "There is none before this one.");
    }
}
