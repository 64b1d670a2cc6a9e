using Runbook.Engine;
using Runbook.Journal;
using Runbook.Simulator;

namespace Runbook.Cli.Exploring;

/// <summary>
/// Everything of one explored run that outlives its processes: Azure, the disk, time, the guards, and what was seen. One thing
/// happens at a time: the console goes on until it waits, then whoever is due next takes a turn.
/// </summary>
/// <param name="azure">The embedded Azure.</param>
/// <param name="mishaps">What goes wrong.</param>
internal sealed class ExploredWorld(EmbeddedAzure azure, MishapBook mishaps)
{
    private const int PlacesMax = 30_000;
    private const int WaitsForPeopleMax = 4_000;

    private readonly List<GuardTurns> _guards = [];
    private DateTimeOffset _outageEnds;
    private int _places;
    private int _waitsForPeople;

    /// <summary>Azure.</summary>
    public EmbeddedAzure Azure => azure;

    /// <summary>What goes wrong.</summary>
    public MishapBook Mishaps => mishaps;

    /// <summary>The disk.</summary>
    public ExploredDisk Disk { get; } = new();

    /// <summary>What was sent.</summary>
    public Witness Witness { get; } = new();

    /// <summary>Time, on everybody's true clock.</summary>
    public DateTimeOffset Now => azure.Clock.GetUtcNow();

    /// <summary>The process whose turn it is.</summary>
    public ExploredProcess? Actor { get; set; }

    /// <summary>The console that runs now, or ran last.</summary>
    public ExploredProcess? Console { get; set; }

    /// <summary>The call that the process is making.</summary>
    public SentCall? Sending { get; set; }

    /// <summary>How long until somebody resumes what has died last.</summary>
    public TimeSpan UntilResumed { get; private set; }

    /// <summary>Time during which something was armed and nobody could undo it: dead, held up, or without a way to Azure.</summary>
    public TimeSpan Excused { get; private set; }

    /// <summary>The session that runs, or ran last.</summary>
    public SessionRunner? Runner { get; set; }

    /// <summary>Path of the fault that a resumed console undoes before anything else, in the place of its guard.</summary>
    public string? Recovers { get; set; }

    /// <summary>The guards.</summary>
    public GuardHouse? House { get; set; }

    /// <summary>The session's directory.</summary>
    public required SessionDirectory Session { get; init; }

    /// <summary>Whether nobody reaches Azure.</summary>
    public bool IsOut => Now < _outageEnds;

    /// <summary>The guards that live.</summary>
    public IEnumerable<GuardTurns> LivingGuards => _guards.Where(g => !g.IsOver);

    /// <summary>All guards, dead ones too.</summary>
    public IReadOnlyList<GuardTurns> Guards => _guards;

    /// <summary>The file that a process writes its intents to.</summary>
    public string JournalOf(ExploredProcess process, string fault) =>
        process.IsConsole && Recovers is null ? Session.Journal : Session.In(Witness.Orders[fault].File.Split('/'));

    /// <summary>How long the console has been silent for a guard.</summary>
    public TimeSpan SilenceOf(ExploredProcess guard) => House?.SilenceOf(guard) ?? TimeSpan.Zero;

    /// <summary>Whether the run went on and on, and was stopped.</summary>
    public bool IsEndless => _places > PlacesMax;

    /// <summary>Whether the session asked for somebody who never came, and was stopped.</summary>
    public bool IsForsaken => _waitsForPeople > WaitsForPeopleMax;

    /// <summary>The console waits for people; one that has waited for twenty minutes and more since anybody came is stopped.</summary>
    public void WaitsForPeople()
    {
        if (++_waitsForPeople > WaitsForPeopleMax) Console?.Kill();
    }

    /// <summary>Somebody came.</summary>
    public void Came() => _waitsForPeople = 0;

    /// <summary>The next place of a kind: what goes wrong there, or <see langword="null"/>. A run that never ends is stopped here.</summary>
    public Mishap? At(Place place)
    {
        if (++_places > PlacesMax)
        {
            foreach (var guard in _guards) guard.Process.Kill();
            Console?.Kill();
        }

        return mishaps.At(place);
    }

    /// <summary>A guard stands by.</summary>
    public void Add(GuardTurns guard) => _guards.Add(guard);

    /// <summary>Nobody reaches Azure for a time.</summary>
    public void Outage(TimeSpan length) => _outageEnds = Now + length;

    /// <summary>A process dies, and with the machine every other.</summary>
    public void Die(ExploredProcess process, Mishap mishap)
    {
        Died(mishap);
        if (mishap.Kind == MishapKind.Reboot)
        {
            foreach (var guard in _guards) guard.Process.Kill();
            Console?.Kill();
        }

        process.Kill();
    }

    /// <summary>Remembers how long it takes until somebody resumes.</summary>
    public void Died(Mishap mishap) => UntilResumed = TimeSpan.FromSeconds(mishap.Seconds);

    /// <summary>Lets time pass; every guard that is due takes its turn at its time.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        var end = Now + time;
        while (_guards.Where(g => g.IsWaiting && g.Due <= end).MinBy(g => g.Due) is { } guard)
        {
            MoveTo(guard.Due);
            var before = Actor;
            Actor = guard.Process;
            await guard.TurnAsync().ConfigureAwait(false);
            Actor = before;
        }

        MoveTo(end);
    }

    /// <summary>Lets time pass while a process stands still, its heart too.</summary>
    public async Task StallAsync(ExploredProcess process, TimeSpan time)
    {
        process.IsStalled = true;
        await BusyAsync(process, time).ConfigureAwait(false);
        process.IsStalled = false;
    }

    /// <summary>Lets time pass while a process can do nothing, and its heart beats.</summary>
    public async Task BusyAsync(ExploredProcess process, TimeSpan time)
    {
        process.IsBusy = true;
        await PassAsync(time).ConfigureAwait(false);
        process.IsBusy = false;
    }

    private void MoveTo(DateTimeOffset at)
    {
        var gap = at - Now;
        if (gap <= TimeSpan.Zero) return;
        if (IsOut || (Console is not { IsDead: false, IsBusy: false } && !LivingGuards.Any(g => !g.Process.IsBusy))) Excused += gap;
        azure.Clock.Advance(gap);
    }
}

/// <summary>One guard's turns: it runs until it waits, and goes on when its time has come.</summary>
/// <param name="process">Its process.</param>
/// <param name="world">The run.</param>
internal sealed class GuardTurns(ExploredProcess process, ExploredWorld world)
{
    private TaskCompletionSource? _wake;
    private TaskCompletionSource _stands = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its process.</summary>
    public ExploredProcess Process => process;

    /// <summary>When it goes on.</summary>
    public DateTimeOffset Due { get; private set; }

    /// <summary>Whether it waits for its time.</summary>
    public bool IsWaiting => _wake is not null && !process.IsDead;

    /// <summary>What it came to; <see langword="null"/> while it runs.</summary>
    public Task? Watch { get; private set; }

    /// <summary>Whether it is dead or done.</summary>
    public bool IsOver => process.IsDead || Watch is { IsCompleted: true };

    /// <summary>Begins its watch.</summary>
    public async Task StartAsync(Func<Task> watch)
    {
        process.OnDeath = () => _stands.TrySetResult();
        Watch = RunAsync(watch);
        await _stands.Task.ConfigureAwait(false);
    }

    /// <summary>Waits, as the guard.</summary>
    public Task WaitAsync(TimeSpan time)
    {
        var mishap = world.At(Place.GuardLook);
        if (mishap?.Kind == MishapKind.KilledBefore) process.Kill();
        if (mishap?.Kind == MishapKind.ClockJumps) process.Skew += TimeSpan.FromSeconds(mishap.Seconds);
        if (process.IsDead) return new TaskCompletionSource().Task;
        Due = world.Now + time;
        _wake = new TaskCompletionSource();
        var woken = _wake.Task;
        _stands.TrySetResult();
        return woken;
    }

    /// <summary>Lets it go on until it waits again.</summary>
    public async Task TurnAsync()
    {
        var wake = _wake!;
        _wake = null;
        _stands = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        wake.SetResult();
        await _stands.Task.ConfigureAwait(false);
    }

    private async Task RunAsync(Func<Task> watch)
    {
        try
        {
            await watch().ConfigureAwait(false);
        }
        finally
        {
            _stands.TrySetResult();
        }
    }
}
