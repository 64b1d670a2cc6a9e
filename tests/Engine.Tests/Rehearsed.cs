using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine.Tests;

/// <summary>A clock that jumps whenever somebody waits.</summary>
internal sealed class JumpingClock : ISessionClock
{
    /// <summary>What happens when somebody waits, before time jumps.</summary>
    public Action? OnWait { get; set; }

    public FakeTimeProvider Fake { get; } = new(new DateTimeOffset(2026, 11, 24, 9, 0, 0, TimeSpan.Zero));

    /// <summary>How far its wall clock is off; time goes on as ever.</summary>
    public TimeSpan Skew { get; set; }

    public TimeProvider Time => field ??= new Skewed(this);

    public Task WaitForAzureAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        OnWait?.Invoke();
        Fake.Advance(delay);
        return Task.CompletedTask;
    }

    public Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        Fake.Advance(delay);
        return Task.CompletedTask;
    }

    private sealed class Skewed(JumpingClock clock) : TimeProvider
    {
        public override long TimestampFrequency => clock.Fake.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.Fake.GetUtcNow() + clock.Skew;

        public override long GetTimestamp() => clock.Fake.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.Fake.CreateTimer(callback, state, dueTime, period);
    }
}

/// <summary>Runs a runbook against a <see cref="TestWorld"/> in a scratch folder, and resumes it as often as it dies.</summary>
internal sealed class Rehearsed : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runbook-engine-").FullName;

    public Rehearsed(TestWorld world, string markdown, string name = "test")
    {
        World = world;
        Markdown = Encoding.UTF8.GetBytes(markdown);
        var compiled = RunbookCompiler.Compile(Markdown, name, world.Actions.Catalogue);
        Assert.True(compiled.Machine is not null, string.Join('\n', compiled.Diagnostics.Select(d => $"{d} {d.Fix}")));
        Name = name + ".md";
        Program = new SessionProgram(RunbookLinker.Link(Name, new Dictionary<string, Compilation> { [Name] = compiled }), Name);
        Guards = new GuardsByHand(Directory0, world);
        People = new RehearsalPeople(Program.Document.Rehearsal, Path.Combine(_folder, "s.files"), Clock.Time);
    }

    public TestWorld World { get; }

    public byte[] Markdown { get; }

    public string Name { get; }

    public SessionProgram Program { get; }

    public JumpingClock Clock { get; } = new();

    public RehearsalPeople People { get; }

    /// <summary>Who acts; the rehearsal's people unless a test says otherwise.</summary>
    public ISimulatedPeople? Acting { get; set; }

    public string Directory0 => Path.Combine(_folder, "s");

    public string? Until { get; set; }

    /// <summary>What looks before the session begins.</summary>
    public IPreflight? Preflight { get; init; }

    /// <summary>The guards; <see langword="null"/> for a program that has none.</summary>
    public GuardsByHand? Guards { get; set; }

    /// <summary>What a fault reaches.</summary>
    public FixedRadius Radius { get; } = new();

    public IReadOnlyDictionary<string, string> Inputs { get; init; } = new Dictionary<string, string> { ["name"] = "kv" };

    /// <summary>Whether the process dies now; asked whenever somebody would act.</summary>
    public Func<bool>? Dying { get; set; }

    public SessionGround Ground => new()
    {
        Actions = World.Actions,
        Clock = Clock,
        Journal = new JournalGround { Time = Clock.Time, SecretFound = SecretFound.Refuse },
        FilesFolder = Path.Combine(_folder, "s.files"),
        Simulated = new MortalPeople(Acting ?? People, () => Dying?.Invoke() == true),
        Keys = People,
        Preflight = Preflight,
        Guards = Guards,
        BlastRadius = Radius,
        Until = Until,
    };

    public Task<SessionRunner> OpenAsync() => SessionOpener.OpenAsync(new SessionStart
    {
        Directory = Directory0,
        Program = Program,
        Sources = [new RunbookSource(Name, Markdown)],
        Inputs = Inputs.ToImmutableSortedDictionary(i => i.Key, i => JsonSerializer.SerializeToElement(i.Value), StringComparer.Ordinal),
        Roster = Rehearsal.RosterFor(Program.Document.Roles.Select(r => new DeclaredRole(r.Name, r.People, r.Quorum))),
        Operator = "alice",
        OperatorObjectId = "11111111-2222-4333-8444-555555555555",
        Environment = "rehearsal",
        Embedded = new EmbeddedPlace("1", 7),
        Clock = SessionClock.Virtual,
        Simulated = true,
        Console = Console,
    }, Ground, TestContext.Current.CancellationToken);

    /// <summary>People in whose hands the process may die.</summary>
    private sealed class MortalPeople(ISimulatedPeople people, Func<bool> dying) : ISimulatedPeople
    {
        public SessionCommand? Next(SessionView view, SessionNeed need) => dying() ? throw new KilledException() : people.Next(view, need);
    }

    public static ConsoleProgram Console => new("runbook", "0.1.0", Digest.OfText("a test"));

    public async Task<SessionResult> RunAsync()
    {
        using var runner = await OpenAsync();
        return await runner.RunAsync(TestContext.Current.CancellationToken);
    }

    public async Task<SessionResult> ResumeAsync()
    {
        using var recovered = await JournalRecovery.OpenAsync(Directory0, Ground.Journal, Console, TestContext.Current.CancellationToken);
        using var runner = await SessionOpener.ResumeAsync(recovered, World.Actions.Catalogue, Ground, TestContext.Current.CancellationToken);
        return await runner.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Runs, and resumes each time the process "dies", until the session is closed.</summary>
    public async Task<SessionResult> RunToTheEndAsync(int livesMax = 20)
    {
        for (var life = 1; ; life++)
        {
            try
            {
                return await (life == 1 ? RunAsync() : ResumeAsync());
            }
            catch (KilledException) when (life < livesMax)
            {
            }
        }
    }

    public IReadOnlyList<JournalEntry> Entries => [.. JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(Directory0)).Select(l => l.Entry)];

    public VerificationReport Verify() => JournalVerifier.Verify(LocalDisk.Instance, Directory0, new VerifyOptions { Machine = new MachineReplay(World.Actions.Catalogue) });

    public SessionView Fold() => SessionFold.All(Program, JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(Directory0)));

    public void Dispose()
    {
        foreach (var file in System.IO.Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}
