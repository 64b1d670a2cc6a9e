namespace Runbook.Journal.Tests.Entries;

/// <summary>One body of each kind with every member there, and one with only what is required.</summary>
internal static class Samples
{
    private static readonly Digest D = Digest.Of("x"u8);
    private static readonly string Key = Rehearsal.Authority.PublicKey.SpkiBase64;
    private static readonly JournalTime T = JournalTime.Parse("2026-11-23T09:00:00.000001Z");
    private static readonly EnvelopeLink Envelope = new("approvals/4-bob.dsse.json", D, D);
    private static readonly RequestSummary Request = new("PATCH", D, "0d5a3c1e-7f62-4a0b-9a55-2e1f6c8b7d10", "key-1");
    private static readonly CallError Error = new("Forbidden", "no \u001b role");
    private static readonly CanonicalJson Observed = CanonicalJson.Parse("""{"n":1.5,"s":"x"}""");
    private static readonly NamedValues Values = new([KeyValuePair.Create("kid", CanonicalJson.Of("https://x")), KeyValuePair.Create("_pin", new Commitment(new string('a', 64), "input/pin").ToJson())]);
    private static readonly EffectId Effect = new("parent/child", 2, 3);
    private static readonly ConsoleProgram Program = new("runbook", "0.1.0", D);

    internal static IEnumerable<EntryBody> Full() =>
    [
        new SessionOpened { Anchoring = Anchoring.BestEffort, Azure = new AzurePlace("AzurePublic", "t", "s", "rg"), Boot = "b", Clock = SessionClock.Real, Console = Program, Environment = "test", Host = "laptop", Opening = D, Organisation = "example.org", Previous = new PreviousSession("20261123T090000Z-3f9c1e7a5b2d4c60", D), Session = "20261123T090000Z-3f9c1e7a5b2d4c60", SessionKey = Key, UpMs = 12 },
        new SessionOpened { Anchoring = Anchoring.None, Boot = "b", Clock = SessionClock.Virtual, Console = Program, Embedded = new EmbeddedPlace("0.1", 7), Environment = "rehearsal", Host = "laptop", Opening = D, Session = "20261123T090000Z-3f9c1e7a5b2d4c60", SessionKey = Key, UpMs = 0 },
        new PlanBound { Catalogue = D, Checker = new CheckerRun("1", 2), Children = [new RunbookFile("child", "child.md", D, 3)], Inputs = Values, Machine = D, Operator = new BoundOperator("alice", "oid", "Alice"), Plan = D, Preflight = D, Runbook = new RunbookFile("key-disable", "key-disable.md", D, 1) },
        new RosterBound { Authority = D, People = [new BoundPerson("bob", [new BoundKey(D, KeyHolder.Token)], ["custodian"])], Roster = D, Thresholds = [new RoleThreshold("custodian", 3, 2), new RoleThreshold("operator", 1, 1)] },
        new StepEntered { Text = D, Title = "Disable\nthe key", Trigger = StepTrigger.Start },
        new StepLeft { Choice = "Fail back", Next = "completed", Trigger = StepTrigger.Choose },
        new Intent { Action = "keyvault.key.disable", Class = EffectClass.Once, Effect = Effect, Element = 0, Plan = D, Request = Request, Requires = [3, 4], Settle = "keyvault.key.get", Target = "https://x", TimeoutMs = 1 },
        new Progress { Effect = Effect, Operation = D, Status = "InProgress" },
        new Outcome { DurationUs = 1, Effect = Effect, ElapsedMs = 2, Error = Error, Observed = Observed, Response = new ResponseSummary(D, "a", "b", "Mon, 23 Nov 2026 09:00:00 GMT"), Result = OutcomeResult.Settled, Saved = Values, SettledAs = Settlement.DidNot, SettledBy = 7, Status = 403, Tries = 2, Whole = Observed },
        new Probe { Action = "keyvault.key.get", Effect = Effect, ElapsedMs = 1, Error = Error, FirstAtUs = 1, LastAtUs = 2, Observed = Observed, Request = Request, Samples = 3, Saved = Values, Status = 200, Verdict = ProbeVerdict.TookEffect },
        new Probe { Action = "storage.blob.read", FirstAtUs = 1, LastAtUs = 2, Request = Request, Samples = 1, Verdict = ProbeVerdict.Holds, Watch = new FaultWatch("disable-the-key", "reads-work", WatchedAs.Unharmed) },
        new Tick { Auth = ClaimAuth.Signed, Envelope = Envelope, Item = 0, Person = "bob", Role = "custodian", Text = "I made my key pair myself." },
        new ApprovalRequested { ExpiresMs = 1, Nonce = new string('0', 32), Over = ApprovalScope.All(ApprovalScope.Result("inspect"), ApprovalScope.Step("activate"), ApprovalScope.InDoubt(Effect)), Plan = D, Quorum = 2, Role = "custodian" },
        new Approval { Decision = Decision.Reject, Envelope = Envelope, Person = "bob", Reason = "not today", Request = 4, Role = "custodian" },
        new ApprovalRefused { Envelope = D, Person = "mallory", Request = 4, Why = ApprovalRefusal.UnknownKey },
        new AnswerRequested { Each = true, ExpiresMs = 1, Names = ["certificate"], Nonce = new string('f', 32), Quorum = 3, Role = "custodian" },
        new Answer { Auth = ClaimAuth.Signed, Envelope = Envelope, Names = ["_pin", "kid"], Person = "bob", Request = 4, Values = Values },
        new FaultArmed { BlastRadius = D, Deadline = T, Effect = Effect, Fault = "disable-the-key", Guard = new GuardProcess(12, "b", Key, "guard/disable-the-key.jsonl"), Inverse = new InverseCall("keyvault.key.enable", D), LimitMs = 1, SteadyState = ["reads-work"] },
        new FaultArmed { Deadline = T, Effect = Effect, Fault = "open-the-firewall", Inverse = new InverseCall("network.rule.delete", D), Lease = true, LimitMs = 1 },
        new FaultLifted { Fault = "disable-the-key", GuardLine = D, How = LiftedHow.ByHand, Observed = D },
        new ClockObservation { MonoDeltaUs = 1, OffsetMs = -2, Server = "Mon, 23 Nov 2026 09:00:00 GMT", UtcOffsetMin = -60, WallDeltaUs = -3, Why = ClockWhy.Ntp, Zone = "Europe/Zürich" },
        new Note { About = 3, Text = "A deviation." },
        new ArtifactKept { Bytes = 0, Digest = D, Media = "application/json", Name = "plan.json" },
        new Handover { From = "alice", In = D, NewSessionKey = Key, Open = new OpenItems(["a"], ["b"], [Effect]), Out = D, To = "bob" },
        new Handover { From = "alice", In = D, Instead = [D, Digest.Of("y"u8)], Open = new OpenItems([], [], []), To = "bob" },
        new Attached("bob", "custodian", Presence.Remote),
        new Detached("bob", "custodian", Presence.ReadOnly),
        new Paused { Reason = "night", Until = T },
        new Abort { Reason = "smoke", Trigger = "signal:TERM" },
        new Recovered { Boot = "b", Console = Program, FaultsArmed = ["f"], Host = "h", InDoubt = [Effect], Previous = new EpochEnd(1, 4, D), SameBoot = true, SessionKey = Key, Tail = "recovery/2.tail", TornBytes = 4, TornDigest = D, UpMs = 1, WallGapMs = -5, Why = RecoveryCause.JournalFailed },
        new Checkpoint { Note = "a — b\n", Root = D, Size = 3 },
        new Anchor { AnchorKind = AnchorKind.Rfc3161, Position = 1, Receipt = D, Root = D, Size = 3, Where = "https://tsa", Words = "zulu" },
        new Closed { Artifacts = D, Counts = [new KindCount("closed", 1)], Cut = CutCause.Rejection, End = SessionEnd.Failed, FaultsArmed = [], InDoubt = [], Verdicts = new DrillVerdicts("held", "as-planned", "done") },
    ];

    internal static IEnumerable<EntryBody> Bare() =>
    [
        new StepLeft { Next = "#failed", Trigger = StepTrigger.Failure },
        new Intent { Action = "a", Class = EffectClass.Read, Effect = Effect, Request = new RequestSummary("GET", D, "1"), Target = "x", TimeoutMs = 0 },
        new Outcome { Effect = Effect, Result = OutcomeResult.NotNeeded },
        new Probe { Action = "a", FirstAtUs = 0, LastAtUs = 0, Request = Request, Samples = 1, Verdict = ProbeVerdict.NotYet },
        new Tick { Auth = ClaimAuth.Keyboard, Item = 1, Person = "bob", Role = "custodian", Text = "" },
        new Approval { Decision = Decision.Approve, Envelope = Envelope, Person = "bob", Request = 4, Role = "custodian" },
        new ApprovalRefused { Request = 4, Why = ApprovalRefusal.WrongPassphrase },
        new ClockObservation { Why = ClockWhy.Start, UtcOffsetMin = 0, Zone = "UTC" },
        new Note { Text = "x" },
        new Paused { Reason = "x" },
        new Recovered { Boot = "b", FaultsArmed = [], Host = "h", InDoubt = [], Previous = new EpochEnd(1, 4, D), SameBoot = false, SessionKey = Key, TornBytes = 0, UpMs = 1, WallGapMs = 0, Why = RecoveryCause.Crash },
        new Closed { Artifacts = D, Counts = [], Cut = CutCause.None, End = SessionEnd.Completed, FaultsArmed = [], InDoubt = [] },
    ];

    internal static JournalEntry Entry(EntryBody body) => new() { At = T, Body = body, By = "alice", Epoch = 1, MonoUs = 2, Prev = D, Seq = 3, Simulated = true, Step = "schlüssel-sperren/zwei", Visit = 4 };
}
