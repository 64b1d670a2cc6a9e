using System.Text;
using Microsoft.Extensions.Time.Testing;
using Runbook.Journal;

namespace Runbook.TestKit;

/// <summary>
/// A session driven by a script: what an engine would write, without one. Every method is one thing that happens in a room.
/// </summary>
public sealed class ScriptedSession : IDisposable
{
    private readonly FakeTimeProvider _time;
    private readonly Dictionary<string, int> _visits = new(StringComparer.Ordinal);

    private ScriptedSession(JournalWriter writer, FakeTimeProvider time, TestPeople? people)
        => (Writer, _time, People) = (writer, time, people);

    /// <summary>Id of the runbook that is bound.</summary>
    public const string RunbookId = "key-disable";

    /// <summary>Where sessions lie on a disk in memory.</summary>
    public const string Home = "/sessions/one";

    /// <summary>The writer.</summary>
    public JournalWriter Writer { get; }

    /// <summary>The people, where they are not the rehearsal's.</summary>
    public TestPeople? People { get; }

    /// <summary>The virtual clock.</summary>
    public FakeTimeProvider Time => _time;

    /// <summary>The roster that is bound.</summary>
    public SignedRoster Roster { get; private set; } = null!;

    /// <summary>The runbook's digest.</summary>
    public Digest RunbookDigest { get; private set; }

    /// <summary>Begins a session.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="people">Who takes part; <see langword="null"/> for a rehearsal on the embedded Azure.</param>
    /// <param name="seed">Decides ids, nonces and the session key.</param>
    /// <param name="time">The clock; a new one where it is not given.</param>
    public static async Task<ScriptedSession> BeginAsync(IJournalDisk disk, string directory = Home, TestPeople? people = null, long seed = 7, FakeTimeProvider? time = null)
    {
        time ??= new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        var ground = GroundOf(disk, seed, time);
        var writer = await JournalWriter.OpenNewAsync(SessionOf(directory, people is null, seed), ground, CancellationToken.None);
        return new ScriptedSession(writer, time, people);
    }

    /// <summary>Goes on with a session after <see cref="JournalRecovery"/>.</summary>
    /// <param name="writer">The writer of the new epoch.</param>
    /// <param name="time">The clock.</param>
    /// <param name="people">Who takes part.</param>
    public static ScriptedSession Continue(JournalWriter writer, FakeTimeProvider time, TestPeople? people)
    {
        var session = new ScriptedSession(writer, time, people) { Roster = RosterOf(people) };
        session.RunbookDigest = writer.Ledger.Plan?.Runbook.Digest ?? default;
        return session;
    }

    /// <summary>The ground of scripted sessions.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="time">The clock.</param>
    public static JournalGround GroundOf(IJournalDisk disk, long seed, TimeProvider time)
        => JournalGround.FromSeed(seed, time, disk) with { SecretFound = SecretFound.Refuse };

    /// <summary>The program that scripted sessions say they are written by.</summary>
    public static ConsoleProgram Program { get; } = new("runbook", "0.1.0", Digest.Of("the program"u8));

    /// <summary>A session that is about to begin.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="embedded">Whether it acts on the embedded Azure.</param>
    /// <param name="seed">The embedded Azure's seed.</param>
    public static NewSession SessionOf(string directory, bool embedded, long seed = 7) => new()
    {
        Directory = directory,
        By = "alice",
        Environment = embedded ? "rehearsal" : "test",
        Embedded = embedded ? new EmbeddedPlace("0.1.0", seed) : null,
        Azure = embedded ? null : new AzurePlace("AzurePublic", "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000", "rg-hsm"),
        Clock = embedded ? SessionClock.Virtual : SessionClock.Real,
        Console = Program,
    };

    /// <summary>Lets time pass on both clocks.</summary>
    /// <param name="by">How much.</param>
    public void Pass(TimeSpan by) => _time.Advance(by);

    /// <summary>A person's key.</summary>
    /// <param name="person">Roster id.</param>
    public ISigner KeyOf(string person) => People is null ? Rehearsal.KeyOf(person) : People[person];

    /// <summary>Binds runbook, plan and people, and has the operator vouch for the session key.</summary>
    public async Task PrepareAsync()
    {
        var markdown = Encoding.UTF8.GetBytes("# Negative test: disable a key\n\n## Disable the key\n");
        var file = await Writer.KeepRunbookAsync(RunbookId, RunbookId + ".md", markdown, CancellationToken.None);
        var plan = await Writer.KeepAsync("plan.json", "application/json", "{\"calls\":[]}"u8.ToArray(), CancellationToken.None);
        var preflight = await Writer.KeepAsync("preflight.json", "application/json", "{\"missing\":[]}"u8.ToArray(), CancellationToken.None);
        RunbookDigest = file.Digest;
        await AppendAsync("alice", new PlanBound
        {
            Catalogue = Digest.Of("catalogue"u8),
            Checker = new CheckerRun("0.1.0", 0),
            Inputs = new NamedValues([KeyValuePair.Create("account", CanonicalJson.Of("stkvdataprod"))]),
            Machine = Digest.Of("machine"u8),
            Operator = new BoundOperator("alice", "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70", "Alice Operator"),
            Plan = plan.Digest,
            Preflight = preflight.Digest,
            Runbook = file,
        });
        Roster = RosterOf(People);
        await Writer.BindRosterAsync(Roster, "alice", CancellationToken.None);
        await EndorseAsync();
    }

    /// <summary>Has the operator vouch for the session key.</summary>
    public async Task EndorseAsync() => await ApproveAsync(await AskAsync(ApprovalScope.SessionKey, "operator", 1, Writer.SessionKey.PublicKey.KeyId), "alice");

    /// <summary>Appends an entry.</summary>
    /// <param name="by">Who.</param>
    /// <param name="body">What.</param>
    /// <param name="step">Of which step.</param>
    public async Task<Head> AppendAsync(string by, EntryBody body, string? step = null)
    {
        Pass(TimeSpan.FromMilliseconds(250));
        return await Writer.AppendAsync(new EntryDraft(by, body) { Step = step, Visit = step is null ? null : _visits.GetValueOrDefault(step, 1) }, CancellationToken.None);
    }

    /// <summary>Enters a step.</summary>
    /// <param name="step">Its slug.</param>
    /// <param name="trigger">What led there.</param>
    public async Task<Head> EnterAsync(string step, StepTrigger trigger = StepTrigger.Success)
    {
        _visits[step] = _visits.GetValueOrDefault(step) + 1;
        return await AppendAsync(EntryDraft.Console, new StepEntered { Title = step.Replace('-', ' '), Text = Digest.OfText(step), Trigger = trigger }, step);
    }

    /// <summary>Leaves a step.</summary>
    /// <param name="step">Its slug.</param>
    /// <param name="next">Where to.</param>
    /// <param name="trigger">By what.</param>
    public async Task LeaveAsync(string step, string next, StepTrigger trigger = StepTrigger.Success)
        => await AppendAsync(EntryDraft.Console, new StepLeft { Next = next, Trigger = trigger }, step);

    /// <summary>Asks people to agree.</summary>
    /// <param name="over">To what.</param>
    /// <param name="role">Of which role.</param>
    /// <param name="quorum">How many.</param>
    /// <param name="plan">What they are shown.</param>
    public async Task<Head> AskAsync(ApprovalScope over, string role, int quorum, Digest plan)
        => await AppendAsync(EntryDraft.Console, new ApprovalRequested { ExpiresMs = 900_000, Nonce = SessionNames.NewNonce(Writer.Ground.Random), Over = over, Plan = plan, Quorum = quorum, Role = role });

    /// <summary>What a person signs who agrees to a request.</summary>
    /// <param name="request">The request's line.</param>
    /// <param name="person">Who.</param>
    /// <param name="decision">What they decide.</param>
    public ApprovalPayload PayloadFor(Head request, string person, Decision decision = Decision.Approve)
    {
        var asked = Writer.Ledger.Approvals.Find(request.Seq)!.Body;
        var now = _time.GetUtcNow();
        return new ApprovalPayload
        {
            At = JournalTime.Of(now),
            Decision = decision,
            Expires = JournalTime.Of(now.AddMilliseconds(asked.ExpiresMs)),
            Head = request,
            Nonce = asked.Nonce,
            Over = asked.Over,
            Person = person,
            Plan = asked.Plan,
            Role = asked.Role,
            Roster = Roster.Roster.Digest,
            Runbook = RunbookDigest,
            Session = Writer.Ledger.Opened!.Session,
        };
    }

    /// <summary>Against what an approval is judged now.</summary>
    public ApprovalSituation Situation() => new()
    {
        Session = Writer.Ledger.Opened!.Session,
        Runbook = RunbookDigest,
        Roster = Roster.Roster,
        Ledger = Writer.Ledger.Approvals,
        Clocks = Writer.Ledger.Clocks,
        Epoch = Writer.Epoch,
        MonoUs = Writer.Ledger.Last!.MonoUs + (long)(_time.GetUtcNow() - Writer.Ledger.Last.At.ToDateTimeOffset()).TotalMicroseconds,
        At = JournalTime.Of(_time.GetUtcNow()),
    };

    /// <summary>A person agrees, by all the rules.</summary>
    /// <param name="request">To which request.</param>
    /// <param name="person">Who.</param>
    /// <param name="decision">What they decide.</param>
    public async Task<Head> ApproveAsync(Head request, string person, Decision decision = Decision.Approve)
        => await CountAsync(request, PayloadFor(request, person, decision).Sign(KeyOf(person)).ToFile());

    /// <summary>An envelope comes in: it counts, or is refused and journalled as refused.</summary>
    /// <param name="request">For which request.</param>
    /// <param name="envelope">Its file.</param>
    public async Task<Head> CountAsync(Head request, byte[] envelope)
    {
        var judgement = ApprovalRules.Judge(envelope, Situation());
        if (judgement is ApprovalJudgement.Refused refused)
            return await AppendAsync(EntryDraft.Console, new ApprovalRefused { Envelope = Digest.Of(envelope), Person = refused.Person, Request = request.Seq, Why = refused.Why });

        var accepted = (ApprovalJudgement.Accepted)judgement;
        var file = await Writer.KeepEnvelopeAsync(request.Seq, accepted.Payload.Person, envelope, CancellationToken.None);
        return await AppendAsync(accepted.Payload.Person, new Approval
        {
            Decision = accepted.Payload.Decision,
            Envelope = new EnvelopeLink(file, Digest.Of(envelope), accepted.KeyId),
            Person = accepted.Payload.Person,
            Request = accepted.Request.Head.Seq,
            Role = accepted.Payload.Role,
        });
    }

    /// <summary>Somebody vouches at the keyboard.</summary>
    /// <param name="step">In which step.</param>
    /// <param name="item">For what.</param>
    /// <param name="person">Who.</param>
    /// <param name="role">In which role.</param>
    /// <param name="text">The text.</param>
    public async Task<Head> TickAsync(string step, int item, string person, string role, string text)
        => await AppendAsync(person, new Tick { Auth = ClaimAuth.Keyboard, Item = item, Person = person, Role = role, Text = text }, step);

    /// <summary>Announces a request.</summary>
    /// <param name="step">In which step.</param>
    /// <param name="effectClass">What repeating it would do.</param>
    /// <param name="requires">Approvals that allow it.</param>
    public async Task<EffectId> IntendAsync(string step, EffectClass effectClass, params long[] requires)
    {
        var effect = Writer.Ledger.Effects.Next(step, _visits.GetValueOrDefault(step, 1));
        await AppendAsync("alice", new Intent
        {
            Action = "keyvault.key.disable",
            Class = effectClass,
            Effect = effect,
            Request = new RequestSummary("PATCH", Digest.OfText(effect.ToString()), "0d5a3c1e-7f62-4a0b-9a55-2e1f6c8b7d10"),
            Requires = [.. requires],
            Settle = effectClass == EffectClass.Read ? null : "keyvault.key.get",
            Target = "https://hsm-example.managedhsm.azure.net/keys/cmk-storage",
            TimeoutMs = 30_000,
        }, step);
        return effect;
    }

    /// <summary>Journals what a request came to.</summary>
    /// <param name="effect">Which.</param>
    /// <param name="result">What.</param>
    public async Task<Head> ConcludeAsync(EffectId effect, OutcomeResult result = OutcomeResult.Done) => await AppendAsync(EntryDraft.Console, new Outcome
    {
        DurationUs = 351_877,
        Effect = effect,
        ElapsedMs = 500,
        Observed = CanonicalJson.Parse("""{"attributes":{"enabled":false}}"""),
        Response = new ResponseSummary(Digest.OfText("answer"), "c2f3b0f2-98a5-4d4f-8d4f-1f0f2f8a7f01"),
        Result = result,
        Saved = new NamedValues([KeyValuePair.Create("enabled", CanonicalJson.Of(false))]),
        Status = 200,
        Tries = 1,
    }, effect.Step);

    /// <summary>Journals that a fault is about to be armed.</summary>
    /// <param name="fault">Its slug, which is also its step's.</param>
    /// <param name="effect">The request that causes it.</param>
    /// <param name="limit">How long it may stay.</param>
    public async Task ArmAsync(string fault, EffectId effect, TimeSpan limit) => await AppendAsync(EntryDraft.Console, new FaultArmed
    {
        BlastRadius = Digest.Of("blast radius"u8),
        Deadline = JournalTime.Of(_time.GetUtcNow() + limit),
        Effect = effect,
        Fault = fault,
        Inverse = new InverseCall("keyvault.key.enable", Digest.Of("inverse"u8)),
        LimitMs = (long)limit.TotalMilliseconds,
        SteadyState = ["reads-work"],
    }, fault);

    /// <summary>Journals that a fault is undone.</summary>
    /// <param name="fault">Its slug.</param>
    public async Task LiftAsync(string fault) => await AppendAsync(EntryDraft.Console, new FaultLifted { Fault = fault, How = LiftedHow.Revert, Observed = Digest.Of("enabled"u8) });

    /// <summary>Closes the session.</summary>
    /// <param name="end">How.</param>
    public async Task CloseAsync(SessionEnd end = SessionEnd.Completed)
    {
        Pass(TimeSpan.FromSeconds(1));
        await Writer.CloseAsync(end, CutCause.None, null, CancellationToken.None);
    }

    /// <summary>Has everybody sign who must, and takes the right to write away.</summary>
    public void Seal()
    {
        var seal = TranscriptSeal.Open(Writer.Ground.Disk, Writer.Directory);
        while (seal.MissingSigners is [var missing, ..]) seal.AddSignature(missing.People[0], KeyOf(missing.People[0]));
        seal.AddSshSignature("alice", KeyOf("alice"));
        seal.MakeReadOnly();
    }

    /// <summary>Runs a whole short drill: ticks, an answer, an approval by two custodians, a fault with its revert, the close.</summary>
    public async Task RunAsync()
    {
        await PrepareAsync();
        await EnterAsync("open-the-room", StepTrigger.Start);
        await TickAsync("open-the-room", 0, "alice", "operator", "The room is closed and the camera is recording.");
        await TickAsync("open-the-room", 1, "walt", "witness", "I have seen an identity document of each custodian.");
        await LeaveAsync("open-the-room", "find-the-key");
        await EnterAsync("find-the-key");
        await ConcludeAsync(await IntendAsync("find-the-key", EffectClass.Read));
        await LeaveAsync("find-the-key", "agree");
        await EnterAsync("agree");
        var request = await AskAsync(ApprovalScope.Plan, "custodian", 2, Digest.Of("the plan"u8));
        var first = await ApproveAsync(request, "bob");
        var second = await ApproveAsync(request, "carol");
        await LeaveAsync("agree", "disable-the-key");
        await EnterAsync("disable-the-key");
        var effect = Writer.Ledger.Effects.Next("disable-the-key", 1);
        await ArmAsync("disable-the-key", effect, TimeSpan.FromMinutes(90));
        await ConcludeAsync(await IntendAsync("disable-the-key", EffectClass.Once, first.Seq, second.Seq));
        await LeaveAsync("disable-the-key", "enable-the-key");
        await EnterAsync("enable-the-key");
        await ConcludeAsync(await IntendAsync("enable-the-key", EffectClass.Idempotent));
        await LiftAsync("disable-the-key");
        await LeaveAsync("enable-the-key", "completed");
        var close = await AskAsync(ApprovalScope.Close, "custodian", 2, Digest.Of("the session"u8));
        await ApproveAsync(close, "bob");
        await ApproveAsync(close, "dave");
        await CloseAsync();
    }

    /// <summary>Gives file and lock back.</summary>
    public void Dispose() => Writer.Dispose();

    private static SignedRoster RosterOf(TestPeople? people)
        => people?.Roster ?? Rehearsal.RosterFor([new DeclaredRole("operator", 1, 1), new DeclaredRole("custodian", 3, 2), new DeclaredRole("witness", 1, 1)]);
}
