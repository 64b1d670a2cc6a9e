using Runbook.TestKit;

namespace Runbook.Journal.Tests.People;

public sealed class ApprovalRuleTests
{
    [Fact]
    public async Task An_approval_that_keeps_all_rules_counts()
    {
        using var room = await Room.OpenAsync();

        var accepted = Assert.IsType<ApprovalJudgement.Accepted>(room.Judge("bob", p => p));
        Assert.Equal(room.Request, accepted.Request.Head);
        Assert.Equal(Rehearsal.KeyOf("bob").PublicKey.KeyId, accepted.KeyId);
    }

    public static TheoryData<string, ApprovalRefusal> Twists => new()
    {
        { "session", ApprovalRefusal.WrongSession },
        { "runbook", ApprovalRefusal.WrongRunbook },
        { "roster", ApprovalRefusal.WrongRoster },
        { "head-seq", ApprovalRefusal.WrongHead },
        { "head-hash", ApprovalRefusal.WrongHead },
        { "nonce", ApprovalRefusal.WrongNonce },
        { "plan", ApprovalRefusal.WrongPlan },
        { "over", ApprovalRefusal.WrongPlan },
        { "role", ApprovalRefusal.WrongRole },
        { "person", ApprovalRefusal.UnknownKey },
        { "stranger", ApprovalRefusal.UnknownKey },
    };

    [Theory]
    [MemberData(nameof(Twists))]
    public async Task An_approval_that_was_moved_is_refused_as_what_it_is(string twist, ApprovalRefusal why)
    {
        using var room = await Room.OpenAsync();
        var judgement = room.Judge("bob", p => twist switch
        {
            "session" => p with { Session = "20200101T000000Z-0000000000000000" },
            "runbook" => p with { Runbook = default },
            "roster" => p with { Roster = default },
            "head-seq" => p with { Head = p.Head with { Seq = 1 } },
            "head-hash" => p with { Head = p.Head with { Hash = default } },
            "nonce" => p with { Nonce = new string('0', 32) },
            "plan" => p with { Plan = default },
            "over" => p with { Over = ApprovalScope.Close },
            "role" => p with { Role = "operator" },
            "person" => p with { Person = "carol" },
            _ => p with { Person = "mallory" },
        });

        Assert.Equal(why, Assert.IsType<ApprovalJudgement.Refused>(judgement).Why);
    }

    [Fact]
    public async Task An_approval_after_its_time_is_refused_whatever_the_wall_clock_says()
    {
        using var room = await Room.OpenAsync();
        room.Session.Pass(TimeSpan.FromMilliseconds(900_001));

        Assert.Equal(ApprovalRefusal.Expired, Assert.IsType<ApprovalJudgement.Refused>(room.Judge("bob", p => p with { At = JournalTime.Parse("2026-11-23T09:00:00.000000Z") })).Why);
    }

    [Fact]
    public async Task A_signature_by_another_key_of_nobody_is_refused()
    {
        using var room = await Room.OpenAsync();
        var payload = room.Session.PayloadFor(room.Request, "bob");
        using var stranger = EcdsaSigner.Generate();

        Assert.Equal(ApprovalRefusal.UnknownKey, room.Refusal(payload.Sign(stranger).ToFile()));
    }

    [Fact]
    public async Task A_changed_payload_under_a_real_signature_is_refused()
    {
        using var room = await Room.OpenAsync();
        var rejected = room.Session.PayloadFor(room.Request, "bob", Decision.Reject).Sign(Rehearsal.KeyOf("bob"));
        var approved = DsseEnvelope.Sign(PayloadTypes.Approval, PayloadText.Write(room.Session.PayloadFor(room.Request, "bob")), Rehearsal.KeyOf("bob"));
        var mixed = System.Text.Encoding.UTF8.GetString(approved.ToFile()).Replace(Convert.ToBase64String(approved.Signatures[0].Signature.AsSpan()), Convert.ToBase64String(rejected.Signatures[0].Signature.AsSpan()), StringComparison.Ordinal);

        Assert.Equal(ApprovalRefusal.BadSignature, room.Refusal(System.Text.Encoding.UTF8.GetBytes(mixed)));
    }

    [Fact]
    public async Task Another_kind_of_payload_is_no_approval()
    {
        using var room = await Room.OpenAsync();
        var bytes = PayloadText.Write(room.Session.PayloadFor(room.Request, "bob"));

        Assert.Equal(ApprovalRefusal.Malformed, room.Refusal(DsseEnvelope.Sign(PayloadTypes.Tick, bytes, Rehearsal.KeyOf("bob")).ToFile()));
        Assert.Equal(ApprovalRefusal.Malformed, room.Refusal(DsseEnvelope.Sign(PayloadTypes.Approval, bytes, Rehearsal.KeyOf("bob"), Rehearsal.KeyOf("carol")).ToFile()));
        Assert.Equal(ApprovalRefusal.Malformed, room.Refusal(DsseEnvelope.Sign(PayloadTypes.Approval, "{}"u8, Rehearsal.KeyOf("bob")).ToFile()));
        Assert.Equal(ApprovalRefusal.Malformed, room.Refusal([]));
    }

    [Fact]
    public async Task One_person_counts_once()
    {
        using var room = await Room.OpenAsync();
        await room.Session.ApproveAsync(room.Request, "bob");

        Assert.Equal(ApprovalRefusal.DuplicatePerson, Assert.IsType<ApprovalJudgement.Refused>(room.Judge("bob", p => p)).Why);
        Assert.IsType<ApprovalJudgement.Accepted>(room.Judge("carol", p => p));
    }

    [Fact]
    public async Task One_key_under_two_names_counts_once()
    {
        var people = TestPeople.Of();
        var twice = TwoNamesOneKey(people);
        using var room = await Room.OpenAsync(people);
        await room.Session.ApproveAsync(room.Request, "bob");
        var payload = room.Session.PayloadFor(room.Request, "carol") with { Roster = twice.Digest };

        var judgement = ApprovalRules.Judge(payload.Sign(people["bob"]).ToFile(), room.Session.Situation() with { Roster = twice });
        Assert.Equal(ApprovalRefusal.DuplicateKey, Assert.IsType<ApprovalJudgement.Refused>(judgement).Why);
    }

    [Fact]
    public async Task The_operators_own_approval_does_not_count_where_a_second_person_is_asked_for()
    {
        using var room = await Room.OpenAsync();
        var request = await room.Session.AskAsync(ApprovalScope.Step("delete-the-key"), "operator", 1, Digest.Of("plan"u8));
        var envelope = room.Session.PayloadFor(request, "alice").Sign(Rehearsal.KeyOf("alice")).ToFile();

        Assert.IsType<ApprovalJudgement.Accepted>(ApprovalRules.Judge(envelope, room.Session.Situation()));
        Assert.Equal(ApprovalRefusal.OwnApproval, Assert.IsType<ApprovalJudgement.Refused>(ApprovalRules.Judge(envelope, room.Session.Situation() with { Excluded = "alice" })).Why);
    }

    [Fact]
    public async Task A_request_is_closed_by_its_quorum_and_by_one_refusal()
    {
        using var room = await Room.OpenAsync();
        await room.Session.ApproveAsync(room.Request, "bob");
        await room.Session.ApproveAsync(room.Request, "carol");
        Assert.Equal(RequestState.Granted, room.Session.Writer.Ledger.Approvals.Find(room.Request.Seq)!.State);
        Assert.Equal(ApprovalRefusal.NotOpen, Assert.IsType<ApprovalJudgement.Refused>(room.Judge("dave", p => p)).Why);

        var second = await room.Session.AskAsync(ApprovalScope.Plan, "custodian", 2, default);
        await room.Session.ApproveAsync(second, "bob", Decision.Reject);
        Assert.Equal(RequestState.Rejected, room.Session.Writer.Ledger.Approvals.Find(second.Seq)!.State);
    }

    [Fact]
    public async Task A_refused_approval_is_journalled_with_its_reason()
    {
        using var room = await Room.OpenAsync();
        await room.Session.CountAsync(room.Request, room.Session.PayloadFor(room.Request, "bob").Sign(Rehearsal.KeyOf("carol")).ToFile());

        var refused = Assert.IsType<ApprovalRefused>(JournalReader.ReadAll(room.Disk, room.Session.Writer.Directory).Last().Entry.Body);
        Assert.Equal((ApprovalRefusal.UnknownKey, "bob", room.Request.Seq), (refused.Why, refused.Person, refused.Request));
    }

    [Fact]
    public async Task A_signed_tick_counts_for_its_step_visit_and_text_only()
    {
        using var room = await Room.OpenAsync();
        var entered = await room.Session.EnterAsync("open-the-room");
        var tick = new TickPayload { At = JournalTime.Of(room.Session.Time.GetUtcNow()), Head = entered, Item = 0, Person = "bob", Role = "custodian", Session = room.Session.Writer.Ledger.Opened!.Session, Step = "open-the-room", Text = "I am here.", Visit = 1 };

        Assert.Null(Judge(tick));
        Assert.Equal(ApprovalRefusal.WrongHead, Judge(tick with { Visit = 2 }));
        Assert.Equal(ApprovalRefusal.WrongHead, Judge(tick with { Step = "elsewhere" }));
        Assert.Equal(ApprovalRefusal.WrongHead, Judge(tick with { Head = default }));
        Assert.Equal(ApprovalRefusal.WrongSession, Judge(tick with { Session = "20200101T000000Z-0000000000000000" }));
        Assert.Equal(ApprovalRefusal.WrongRole, Judge(tick with { Role = "witness" }));
        Assert.Equal(ApprovalRefusal.UnknownKey, Judge(tick with { Person = "carol" }));

        ApprovalRefusal? Judge(TickPayload payload)
            => ClaimRules.JudgeTick(payload.Head.Seq == 0 ? (payload with { Head = new Head(1, default) }).Sign(Rehearsal.KeyOf("bob")).ToFile() : payload.Sign(Rehearsal.KeyOf("bob")).ToFile(), room.Session.Writer.Ledger.Opened!.Session, room.Session.Roster.Roster, tick.At, entered, "open-the-room", 1, out _);
    }

    [Fact]
    public async Task A_signed_answer_counts_for_its_values_only()
    {
        using var room = await Room.OpenAsync();
        var session = room.Session;
        await session.EnterAsync("hand-in");
        var asked = await session.AppendAsync(EntryDraft.Console, new AnswerRequested { Each = true, ExpiresMs = 1000, Names = ["certificate"], Nonce = new string('a', 32), Quorum = 3, Role = "custodian" }, "hand-in");
        var values = new NamedValues([KeyValuePair.Create("certificate", CanonicalJson.Of("PEM"))]);
        var answer = new AnswerPayload { At = JournalTime.Of(session.Time.GetUtcNow()), Head = asked, Nonce = new string('a', 32), Person = "bob", Role = "custodian", Session = session.Writer.Ledger.Opened!.Session, Step = "hand-in", Values = AnswerPayload.DigestsOf(values), Visit = 1 };

        Assert.Null(Judge(answer, values));
        Assert.Equal(ApprovalRefusal.WrongPlan, Judge(answer, new NamedValues([KeyValuePair.Create("certificate", CanonicalJson.Of("another"))])));
        Assert.Equal(ApprovalRefusal.WrongNonce, Judge(answer with { Nonce = new string('b', 32) }, values));
        Assert.Equal(ApprovalRefusal.WrongRole, Judge(answer with { Role = "witness" }, values));
        session.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(ApprovalRefusal.Expired, Judge(answer, values));

        ApprovalRefusal? Judge(AnswerPayload payload, NamedValues given) => ClaimRules.JudgeAnswer(payload.Sign(Rehearsal.KeyOf("bob")).ToFile(), given, session.Situation(), out _);
    }

    // A roster that an authority signed although it should not have: bob's key under carol's name as well.
    private static Roster TwoNamesOneKey(TestPeople people)
    {
        var roster = people.Roster.Roster;
        var text = System.Text.Encoding.UTF8.GetString(roster.Canonical.Span);
        var (bob, carol) = (roster.Find("bob")!.Keys[0], roster.Find("carol")!.Keys[0]);
        var changed = text.Replace(carol.KeyId.ToString(), bob.KeyId.ToString(), StringComparison.Ordinal).Replace(carol.Spki, bob.Spki, StringComparison.Ordinal);
        Assert.True(Roster.TryRead(System.Text.Encoding.UTF8.GetBytes(changed), out var twice, out var flaw), flaw);
        return twice!;
    }

    private sealed class Room : IDisposable
    {
        internal required FaultyDisk Disk { get; init; }

        internal required ScriptedSession Session { get; init; }

        internal required Head Request { get; init; }

        internal static async Task<Room> OpenAsync(TestPeople? people = null)
        {
            var disk = new FaultyDisk();
            var session = await ScriptedSession.BeginAsync(disk, people: people);
            await session.PrepareAsync();
            return new Room { Disk = disk, Session = session, Request = await session.AskAsync(ApprovalScope.Plan, "custodian", 2, Digest.Of("the plan"u8)) };
        }

        internal ApprovalJudgement Judge(string person, Func<ApprovalPayload, ApprovalPayload> change)
            => ApprovalRules.Judge(change(Session.PayloadFor(Request, person)).Sign(Session.KeyOf(person)).ToFile(), Session.Situation());

        internal ApprovalRefusal Refusal(byte[] envelope) => Assert.IsType<ApprovalJudgement.Refused>(ApprovalRules.Judge(envelope, Session.Situation())).Why;

        public void Dispose() => Session.Dispose();
    }
}
