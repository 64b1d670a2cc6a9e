using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Cli.Exploring;

/// <summary>What a guard hears of a console.</summary>
internal sealed class Heart
{
    private GuardSignal? _heard;

    /// <summary>The console whose heart it is.</summary>
    public required ExploredProcess Console { get; set; }

    /// <summary>What it says.</summary>
    public GuardWord Say { get; set; }

    /// <summary>The line that armed the fault.</summary>
    public JournalLine? Armed { get; set; }

    /// <summary>When it was heard last.</summary>
    public DateTimeOffset HeardAt { get; private set; }

    /// <summary>The newest beat.</summary>
    public GuardSignal? Hear(ExploredWorld world)
    {
        if (Console.IsDead || Console.IsStalled) return _heard;
        // Grace, and a few looks: a guard that is still only listening after that would listen for ever.
        if (_heard is not null && Armed is not null && Say == GuardWord.StandBy && world.Now - HeardAt > GuardHouse.Grace + GuardHouse.Patience) world.Witness.Seen.Add($"a guard heard nothing for {Language.Durations.Format(TimeSpan.FromSeconds((long)(world.Now - HeardAt).TotalSeconds))}, and did nothing");
        HeardAt = world.Now;
        return _heard = new GuardSignal($"{Console.Name}-{world.Now.Ticks}", world.Now + Console.Skew, Say, Armed);
    }
}

/// <summary>The guards of a run. They outlive consoles, as processes do.</summary>
/// <param name="world">The run.</param>
/// <param name="session">The session's directory.</param>
/// <param name="filesFolder">Folder of the files that are carried in and out of the room.</param>
/// <param name="actions">What can be done.</param>
/// <param name="seed">What keys and ids follow from.</param>
internal sealed class GuardHouse(ExploredWorld world, string session, string filesFolder, ActionSet actions, long seed)
{
    /// <summary>How long a heartbeat may be missing.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>How long after the grace a guard may still be on its way.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // A guard that looks every second is as good as one that looks more often, when a limit is minutes.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private const int AnswersWithin = 4;

    private readonly Dictionary<string, (GuardTurns Turns, Heart Heart, GuardProcess Process)> _byFile = new(StringComparer.Ordinal);

    /// <summary>The guards as one console sees them.</summary>
    public IGuardPost For(ExploredProcess console, IJournalDisk disk) => new Post(this, console, disk);

    /// <summary>How long the console that a fault's guard listens to has been silent.</summary>
    public TimeSpan SilenceOf(ExploredProcess guard) => _byFile.Values.FirstOrDefault(g => g.Turns.Process == guard).Heart is { } heart ? world.Now - heart.HeardAt : TimeSpan.Zero;

    /// <summary>Whether the console that a guard listens to told it to undo.</summary>
    public bool IsAlive(string file) => _byFile.TryGetValue(file, out var guard) && !guard.Turns.IsOver;

    private async Task<IStandingGuard> PostAsync(GuardOrder order, ExploredProcess console)
    {
        world.Witness.Orders[order.Fault] = order;
        var process = new ExploredProcess(world, "guard of " + order.Fault, isConsole: false);
        var turns = new GuardTurns(process, world);
        var time = new ProcessTime(world.Azure.Clock, process);
        var ground = JournalGround.FromSeed(seed + 1000 + _byFile.Count, time, world.Disk.For(process)) with { NewSessionKey = SharedSigners.New };
        var key = ground.NewSessionKey(ground.Random);
        var heart = new Heart { Console = console };
        var duty = new GuardDuty(order, Grace, isRealClock: true, ground, new SessionDirectory(session), key, () => heart.Hear(world), _ => Task.FromResult<IGuardWorld?>(new World(actions, new GuardClock(turns, time), filesFolder)), static _ => { })
        {
            Look = Look,
            Pause = (pause, _) => turns.WaitAsync(pause),
        };
        var told = new GuardProcess(4711, "explored-boot", key.PublicKey.SpkiBase64, order.File);
        _byFile[order.File] = (turns, heart, told);
        world.Add(turns);
        var before = world.Actor;
        world.Actor = process;
        await turns.StartAsync(() => duty.StandByAsync(CancellationToken.None)).ConfigureAwait(false);
        world.Actor = before;
        return new Standing(this, turns, heart, told, console);
    }

    private sealed class World(ActionSet actions, ISessionClock clock, string filesFolder) : IGuardWorld
    {
        public ActionSet Actions => actions;

        public ISessionClock Clock => clock;

        public string FilesFolder => filesFolder;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Post(GuardHouse house, ExploredProcess console, IJournalDisk disk) : IGuardPost
    {
        // It is looked at far more often than a guard writes.
        private readonly Dictionary<(string File, Digest Line), (long Length, GuardRecord? Record)> _read = [];

        public TimeSpan? PollEvery => TimeSpan.FromSeconds(15);

        public Task<IStandingGuard> PostAsync(GuardOrder order, CancellationToken cancellationToken) => house.PostAsync(order, console);

        public IStandingGuard? Find(ArmedFault fault)
        {
            if (fault.Body.Guard is not { } process || !house._byFile.TryGetValue(process.File, out var found) || found.Turns.IsOver) return null;
            found.Heart.Console = console;
            return new Standing(house, found.Turns, found.Heart, found.Process, console);
        }

        public GuardRecord? Read(string file, Digest armedLine)
        {
            var path = new SessionDirectory(house.Session).In(file.Split('/'));
            var length = house.LengthOf(path);
            if (_read.TryGetValue((file, armedLine), out var known) && known.Length == length) return known.Record;
            var record = GuardRecord.Read(disk, path, armedLine);
            _read[(file, armedLine)] = (length, record);
            return record;
        }
    }

    private string Session => session;

    private sealed class Standing(GuardHouse house, GuardTurns turns, Heart heart, GuardProcess process, ExploredProcess console) : IStandingGuard
    {
        public GuardProcess Process => process;

        public bool IsAlive => !turns.IsOver;

        public async Task<bool> ArmAsync(JournalLine armed, CancellationToken cancellationToken)
        {
            heart.Armed = armed;
            var file = new SessionDirectory(house.Session).In(process.File.Split('/'));
            return await UntilAsync(() => GuardRecord.Read(house.Disk(console), file, armed.Hash)?.StandsBy is not null).ConfigureAwait(false);
        }

        public async Task StandDownAsync(CancellationToken cancellationToken)
        {
            heart.Say = GuardWord.Lifted;
            await UntilAsync(() => turns.IsOver).ConfigureAwait(false);
        }

        private async Task<bool> UntilAsync(Func<bool> holds)
        {
            for (var left = AnswersWithin; !holds(); left--)
            {
                if (left == 0) return false;
                await house.PassAsync(Look).ConfigureAwait(false);
                if (console.IsDead) await new TaskCompletionSource().Task.ConfigureAwait(false);
            }

            return true;
        }
    }

    private long LengthOf(string path) => world.Disk.LengthOf(path);

    private IJournalDisk Disk(ExploredProcess process) => world.Disk.For(process);

    private Task PassAsync(TimeSpan time) => world.PassAsync(time);
}
