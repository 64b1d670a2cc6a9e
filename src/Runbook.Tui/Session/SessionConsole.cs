using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Tui;

/// <summary>
/// A session at this console: keeps the scene up to date, sends what people say, and knows when a key that acts may be
/// taken. Holds nothing of the session itself.
/// </summary>
internal sealed class SessionConsole : ISurroundings
{
    private static readonly TimeSpan EchoMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly SessionLink _link;
    private readonly TimeProvider _time;
    private readonly ArtifactShelf _artifacts;
    private ImmutableDictionary<string, (GuardSight Sight, DateTimeOffset At)> _guards = ImmutableDictionary<string, (GuardSight, DateTimeOffset)>.Empty;
    private long _lookedAt;
    private (string Person, int? Item)? _picked;
    private (string, long, string?) _asked;
    private (long Size, long Since)? _sent;
    private long _settlesAt;
    private int? _choice;
    private bool _isWaiting;
    private bool _isLeaving;
    private bool _hasShownEnd;
    private long _drawnSecond = -1;

    /// <summary>Takes a session that does not run yet.</summary>
    public SessionConsole(SessionLink link, ActionSet actions, IKeyring keyring, ConsoleSettings settings)
    {
        (_link, Actions, Keyring, _time) = (link, actions, keyring, settings.UiTime);
        _artifacts = new ArtifactShelf(link.ReadArtifact);
        Shell = new Shell(this, settings);
        Scene = MakeScene();
        var words = new SessionWords(this);
        var reading = new SessionReading(this);
        Shell.AskToLeave = words.AskToLeave;
        Shell.Emergency = SessionKeys.Emergency(this, words);
        Shell.Anywhere = SessionKeys.Sheet(reading);
        Shell.Open(new SessionPage(this, () => SessionKeys.Of(this, words, reading)));
        Shell.Open(new OpeningPage(this, reading));
    }

    /// <summary>The screens.</summary>
    public Shell Shell { get; }

    /// <summary>What is drawn.</summary>
    public Scene Scene { get; private set; }

    /// <summary>What can be done.</summary>
    public ActionSet Actions { get; }

    /// <summary>Where people's keys are.</summary>
    public IKeyring Keyring { get; }

    /// <summary>The session's artifacts.</summary>
    public ArtifactShelf Artifacts => _artifacts;

    /// <summary>The session's end of the line.</summary>
    public SessionLink Link => _link;

    /// <summary>What the display last failed with; it goes on.</summary>
    public string? DisplayFailure { get; set; }

    /// <summary>Whether a word is on its way to the session, so that no other is taken.</summary>
    public bool IsBusy => _isWaiting || (_sent is { } sent && _link.Newest.Size <= sent.Size && _time.GetElapsedTime(sent.Since) < EchoMax);

    /// <summary>Whether what is asked has stood on the screen long enough for a key to mean it.</summary>
    public bool IsSettled => _time.GetTimestamp() >= _settlesAt;

    /// <summary>What only the screen knows, for drawing.</summary>
    public TurnLines.Ui TurnUi => new(IsBusy, IsSettled, _choice);

    /// <summary>The choice that is marked.</summary>
    public int? Choice => _choice;

    /// <inheritdoc/>
    public string Header => $"runbook  {Scene.View.Plan?.Runbook.Id.Value ?? ""}";

    /// <inheritdoc/>
    public string Status
    {
        get
        {
            var step = Scene.View is { Current: { } current, Frame: { } frame } ? $"step {current.Step.Number}/{frame.Machine.States.Length}  " : "";
            return $"{Scene.View.Opened?.Environment.Value.ToUpperInvariant()}  {step}{new TimeText(Shell.Settings.Zone, Shell.BothTimes).Clock(Scene.Now.Wall)}";
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Alerts => SessionAlerts.Of(Scene, _link.Failure, DisplayFailure);

    /// <inheritdoc/>
    public bool Refresh()
    {
        var before = Scene;
        var wasBusy = TurnUi;
        Scene = MakeScene();
        LookForNews();
        var second = Scene.Now.Wall.ToUnixTimeSeconds();
        var changed = !ReferenceEquals(before.Snapshot, Scene.Snapshot) || before.Stand != Scene.Stand || before.Turn.Need.GetType() != Scene.Turn.Need.GetType() || second != _drawnSecond || wasBusy != TurnUi;
        _drawnSecond = second;
        if (Scene.Stand is RunStand.Ended or RunStand.Broke) ShowEnd();
        return changed;
    }

    /// <summary>Marks a choice.</summary>
    public void MarkChoice(int? choice) => _choice = choice;

    /// <summary>Makes it another person's turn, among those who can act now.</summary>
    public void Pick(string person, int? item)
    {
        _picked = (person, item);
        Scene = MakeScene();
    }

    /// <summary>Whether a key that acts is taken now; says why not, where it is not.</summary>
    public bool MayAct()
    {
        if (IsBusy) Shell.Say("The word before is still being written down; press again.");
        else if (!IsSettled) Shell.Say("This has just begun: read it, then press again.");
        else return true;
        return false;
    }

    /// <summary>Tells the session something; its answer is shown where it is a refusal.</summary>
    /// <param name="command">What.</param>
    /// <param name="then">Hears the answer, on the thread that draws.</param>
    public void Tell(SessionCommand command, Action<CommandReply>? then = null)
    {
        var seen = Scene.Snapshot;
        _isWaiting = true;
        _ = TellAsync(command, seen, then);
    }

    /// <summary>Aborts what is armed, whatever else is on its way.</summary>
    public void AbortArmed(string reason) => _ = AbortArmedAsync(reason);

    /// <summary>Lets the session run.</summary>
    public void Begin()
    {
        _link.Begin();
        Settle();
    }

    /// <summary>Leaves once the session stands still.</summary>
    public void LeaveWhenOver()
    {
        _isLeaving = true;
        if (_link.Stand is RunStand.NotBegun) Shell.Finish();
    }

    private async Task TellAsync(SessionCommand command, SessionSnapshot seen, Action<CommandReply>? then)
    {
        CommandReply reply;
        try
        {
            reply = await _link.SendAsync(command, seen).ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            // The runner broke over it; that is shown as what it is. Here it only has to be said that nothing was taken.
            reply = CommandReply.Refused($"It was not taken: {cause.Message}");
        }

        Shell.Post(() => Heard(reply, seen, then));
    }

    private async Task AbortArmedAsync(string reason)
    {
        CommandReply reply;
        try
        {
            reply = await _link.AbortArmedAsync(reason).ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            // The runner broke over it; that is shown as what it is, and the guard does what it is there for.
            reply = CommandReply.Refused($"It was not taken: {cause.Message}");
        }

        if (!reply.Accepted) Shell.Post(() => Shell.Say(reply.Message));
    }

    private void Heard(CommandReply reply, SessionSnapshot seen, Action<CommandReply>? then)
    {
        _isWaiting = false;
        _sent = reply.Accepted ? (seen.Size, _time.GetTimestamp()) : null;
        if (!reply.Accepted) Shell.Say(reply.Message);
        then?.Invoke(reply);
    }

    private Scene MakeScene()
    {
        var snapshot = _link.Newest;
        var now = _link.Now;
        var need = _link.Stand == RunStand.Runs ? Turn.NeedOf(snapshot.View, now, _link.MissingSecret) : new SessionNeed.Nothing();
        return new Scene
        {
            Snapshot = snapshot,
            Now = now,
            Turn = Turn.Of(snapshot.View, need, _picked),
            Actions = Actions,
            Stand = _link.Stand,
            Settings = Shell.Settings,
            Keyring = Keyring,
            Guards = LookAtGuards(snapshot, now),
            Artifacts = _artifacts,
        };
    }

    // No entry can tell whether a process lives; the person at the console has to know.
    private ImmutableDictionary<string, (GuardSight Sight, DateTimeOffset At)> LookAtGuards(SessionSnapshot snapshot, Moment now)
    {
        if (Shell.Settings.LookAtGuard is not { } look) return _guards;
        var armed = snapshot.Courses.Faults.Where(f => f is { Lifted: null, Body.Guard: not null }).ToList();
        if (armed.Count == _guards.Count && armed.TrueForAll(f => _guards.ContainsKey(f.Body.Fault)) && _time.GetElapsedTime(_lookedAt) < LookEvery) return _guards;
        _lookedAt = _time.GetTimestamp();
        return _guards = armed.ToImmutableDictionary(f => f.Body.Fault, f => (look(f.Body.Guard!, f.ArmedLine), now.Wall), StringComparer.Ordinal);
    }

    // Whenever something else is asked, keys that act wait a moment; ticks of one step follow each other freely.
    private void LookForNews()
    {
        var asked = (Scene.Turn.Need.GetType().Name, Scene.View.Current?.EnteredSeq ?? 0, Scene.Turn.Need is SessionNeed.Approvals a ? a.Request.Body.Nonce : null);
        if (asked == _asked) return;
        _asked = asked;
        _choice = null;
        _picked = null;
        Settle();
    }

    private void Settle() => _settlesAt = _time.GetTimestamp() + (long)(Shell.Settings.OpenDelay.TotalSeconds * _time.TimestampFrequency);

    private void ShowEnd()
    {
        if (_isLeaving)
        {
            Shell.Finish();
            return;
        }

        if (_hasShownEnd) return;
        _hasShownEnd = true;
        // A page whose answer is still on its way goes when it comes, and would take with it what was opened over it.
        Shell.CloseAll();
        Shell.Open(new EndPage(this));
    }
}
