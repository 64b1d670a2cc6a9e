using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>
/// What people were asked and what they said: a pure fold, shared by the session, its writer and its verifier. Immutable.
/// </summary>
/// <remarks>
/// It counts what the entries say. Whether an approval may count (signature, role, head, time) is
/// <see cref="ApprovalRules.Judge"/>'s to decide, before its entry is written and again when it is verified.
/// </remarks>
public sealed record ApprovalLedger
{
    /// <summary>Before the first entry.</summary>
    public static ApprovalLedger Empty { get; } = new();

    private ImmutableDictionary<long, ApprovalRequest> Requests { get; init; } = ImmutableDictionary<long, ApprovalRequest>.Empty;

    private ImmutableDictionary<long, AnswerRequest> Questions { get; init; } = ImmutableDictionary<long, AnswerRequest>.Empty;

    private ImmutableDictionary<long, long> RequestOfApproval { get; init; } = ImmutableDictionary<long, long>.Empty;

    private ImmutableDictionary<(long Request, string Step), int> Uses { get; init; } = ImmutableDictionary<(long, string), int>.Empty;

    private ImmutableHashSet<string> Nonces { get; init; } = ImmutableHashSet.Create<string>(StringComparer.Ordinal);

    private ImmutableSortedSet<long> Open { get; init; } = [];

    // A step that is entered asks for its ticks.
    private ImmutableHashSet<long> Entered { get; init; } = [];

    /// <summary>Requests for agreement that wait for people, oldest first.</summary>
    public IEnumerable<ApprovalRequest> OpenRequests => Open.Where(Requests.ContainsKey).Select(seq => Requests[seq]);

    /// <summary>Requests for values that wait for people, oldest first.</summary>
    public IEnumerable<AnswerRequest> OpenQuestions => Open.Where(Questions.ContainsKey).Select(seq => Questions[seq]);

    /// <summary>All requests for agreement, oldest first.</summary>
    public IEnumerable<ApprovalRequest> AllRequests => Requests.Values.OrderBy(r => r.Head.Seq);

    /// <summary>A request for agreement.</summary>
    /// <param name="seq">Its line.</param>
    public ApprovalRequest? Find(long seq) => Requests.GetValueOrDefault(seq);

    /// <summary>A request for values.</summary>
    /// <param name="seq">Its line.</param>
    public AnswerRequest? FindQuestion(long seq) => Questions.GetValueOrDefault(seq);

    /// <summary>Which visit of a step used an approval; <see langword="null"/> while none has.</summary>
    /// <param name="request">The request's line.</param>
    /// <param name="step">Path of the step's slug.</param>
    public int? VisitOf(long request, string step) => Uses.TryGetValue((request, step), out var visit) ? visit : null;

    /// <summary>The request that a counted approval belongs to.</summary>
    /// <param name="approvalSeq">The approval's line.</param>
    public ApprovalRequest? RequestOf(long approvalSeq) => RequestOfApproval.TryGetValue(approvalSeq, out var request) ? Find(request) : null;

    /// <summary>Why an entry does not fit, or <see langword="null"/>.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="operatorOnDuty">Roster id of who drives the console, whose own approval allows nothing destructive.</param>
    public LedgerFinding? Judge(JournalEntry entry, string? operatorOnDuty) => entry.Body switch
    {
        ApprovalRequested asked when Nonces.Contains(asked.Nonce) => new(Reason.ApprovalWrongNonce, "a request has the nonce of another one"),
        AnswerRequested asked when Nonces.Contains(asked.Nonce) => new(Reason.ApprovalWrongNonce, "a request has the nonce of another one"),
        Approval approval => JudgeApproval(approval),
        ApprovalRefused refused when Find(refused.Request) is null && FindQuestion(refused.Request) is null && !Entered.Contains(refused.Request) => new(Reason.ApprovalNotOpen, $"line {refused.Request} asks for nothing"),
        Answer answer => JudgeAnswer(answer),
        Intent { Requires.Length: > 0 } intent => JudgeRequires(intent, operatorOnDuty),
        Outcome { SettledBy: { } by, SettledAs: { } settled } outcome when RequestOf(by) is { } request => JudgeSettlement(outcome.Effect, settled, request),
        _ => null,
    };

    /// <summary>This ledger after one more entry.</summary>
    /// <param name="entry">The entry; one that does not fit changes nothing that it can't change.</param>
    /// <param name="lineHash">SHA-256 of its line.</param>
    public ApprovalLedger Apply(JournalEntry entry, Digest lineHash) => entry.Body switch
    {
        ApprovalRequested asked => WithRequest(entry, lineHash, asked),
        AnswerRequested asked => WithQuestion(entry, lineHash, asked),
        StepEntered => this with { Entered = Entered.Add(entry.Seq) },
        Approval approval => WithApproval(entry, approval),
        Answer answer => WithAnswer(answer),
        Intent { Requires.Length: > 0 } intent => WithUses(intent),
        Recovered { SameBoot: false } => WithAllVoid(),
        _ => this,
    };

    private LedgerFinding? JudgeApproval(Approval approval)
    {
        if (Find(approval.Request) is not { } request) return new(Reason.ApprovalNotOpen, $"line {approval.Request} asks nobody to agree");
        if (request.State != RequestState.Open) return new(Reason.ApprovalNotOpen, $"the request of line {approval.Request} is not open any more");
        if (request.Body.Role != approval.Role) return new(Reason.ApprovalWrongRole, $"the request of line {approval.Request} is to another role");
        if (request.Counted.Any(c => c.Person == approval.Person)) return new(Reason.ApprovalDuplicatePerson, $"{approval.Person} has answered the request of line {approval.Request} before");
        if (request.Counted.Any(c => c.KeyId == approval.Envelope.KeyId)) return new(Reason.ApprovalDuplicateKey, $"one key answers the request of line {approval.Request} twice");
        return null;
    }

    private LedgerFinding? JudgeAnswer(Answer answer)
    {
        if (FindQuestion(answer.Request) is not { } question) return new(Reason.ApprovalNotOpen, $"line {answer.Request} asks for no values");
        if (question.State != RequestState.Open) return new(Reason.ApprovalNotOpen, $"the request of line {answer.Request} is not open any more");
        if (question.Answered.Contains(answer.Person, StringComparer.Ordinal)) return new(Reason.ApprovalDuplicatePerson, $"{answer.Person} has answered the request of line {answer.Request} before");
        return answer.Names.All(n => question.Body.Names.Contains(n, StringComparer.Ordinal)) ? null : new(Reason.BadField, "an answer brings a value that nobody asked for");
    }

    private LedgerFinding? JudgeRequires(Intent intent, string? operatorOnDuty)
    {
        var requests = new HashSet<long>();
        foreach (var seq in intent.Requires)
        {
            if (RequestOf(seq) is not { } request) return new(Reason.ApprovalNotOpen, $"{intent.Effect} rests on line {seq}, which is no approval");
            if (!request.Body.Over.CoversStep(intent.Effect.Step)) return new(Reason.ApprovalWrongPlan, $"{intent.Effect} rests on line {seq}, which is over {request.Body.Over}");
            requests.Add(request.Head.Seq);
        }

        foreach (var seq in requests)
        {
            var request = Requests[seq];
            if (request.State != RequestState.Granted) return new(Reason.Quorum, $"{intent.Effect} rests on the request of line {seq}, which was not granted");
            if (Uses.TryGetValue((seq, intent.Effect.Step), out var visit) && visit != intent.Effect.Visit) return new(Reason.ApprovalReused, $"the approval of line {seq} was for visit {visit} of the step");
            var others = request.Counted.Count(c => c.Decision == Decision.Approve && intent.Requires.Contains(c.Seq) && !(intent.Class == EffectClass.Destructive && c.Person == operatorOnDuty));
            if (others < request.Body.Quorum) return new(Reason.Quorum, $"{intent.Effect} rests on {others} of {request.Body.Quorum} approvals that may count for it");
        }

        return null;
    }

    private static LedgerFinding? JudgeSettlement(EffectId effect, Settlement settled, ApprovalRequest request)
    {
        if (!request.Body.Over.Covers("in-doubt:" + effect)) return new(Reason.ApprovalWrongPlan, $"{effect} is settled by an approval over {request.Body.Over}");
        if (request.State != RequestState.Granted || request.Approvers.Count() < 2) return new(Reason.Quorum, $"{effect} is settled by fewer than two people");
        return request.Body.Plan == SettlementPlan.DigestOf(effect, settled) ? null : new(Reason.ApprovalWrongPlan, $"people agreed to something else than \"{Words<Settlement>.Of(settled)}\" about {effect}");
    }

    private ApprovalLedger WithRequest(JournalEntry entry, Digest lineHash, ApprovalRequested asked)
    {
        var request = new ApprovalRequest { Head = new Head(entry.Seq, lineHash), Body = asked, Epoch = entry.Epoch, MonoUs = entry.MonoUs };
        return this with { Requests = Requests.SetItem(entry.Seq, request), Nonces = Nonces.Add(asked.Nonce), Open = Open.Add(entry.Seq) };
    }

    private ApprovalLedger WithQuestion(JournalEntry entry, Digest lineHash, AnswerRequested asked)
    {
        var question = new AnswerRequest { Head = new Head(entry.Seq, lineHash), Body = asked, Step = entry.Step, Visit = entry.Visit, Epoch = entry.Epoch, MonoUs = entry.MonoUs };
        return this with { Questions = Questions.SetItem(entry.Seq, question), Nonces = Nonces.Add(asked.Nonce), Open = Open.Add(entry.Seq) };
    }

    private ApprovalLedger WithApproval(JournalEntry entry, Approval approval)
    {
        if (JudgeApproval(approval) is not null) return this;
        var request = Requests[approval.Request];
        request = request with { Counted = request.Counted.Add(new CountedApproval(entry.Seq, approval.Person, approval.Envelope.KeyId, approval.Decision)) };
        if (approval.Decision == Decision.Reject) request = request with { State = RequestState.Rejected };
        else if (request.Approvers.Count() >= request.Body.Quorum) request = request with { State = RequestState.Granted };
        return this with
        {
            Requests = Requests.SetItem(approval.Request, request),
            RequestOfApproval = RequestOfApproval.SetItem(entry.Seq, approval.Request),
            Open = request.State == RequestState.Open ? Open : Open.Remove(approval.Request),
        };
    }

    private ApprovalLedger WithAnswer(Answer answer)
    {
        if (JudgeAnswer(answer) is not null) return this;
        var question = Questions[answer.Request];
        question = question with { Answered = question.Answered.Add(answer.Person) };
        if (question.Answered.Length >= question.Body.Quorum) question = question with { State = RequestState.Granted };
        return this with
        {
            Questions = Questions.SetItem(answer.Request, question),
            Open = question.State == RequestState.Open ? Open : Open.Remove(answer.Request),
        };
    }

    private ApprovalLedger WithUses(Intent intent)
    {
        var uses = Uses;
        foreach (var seq in intent.Requires)
            if (RequestOf(seq) is { } request && !uses.ContainsKey((request.Head.Seq, intent.Effect.Step)))
                uses = uses.Add((request.Head.Seq, intent.Effect.Step), intent.Effect.Visit);
        return this with { Uses = uses };
    }

    private ApprovalLedger WithAllVoid()
    {
        var (requests, questions) = (Requests, Questions);
        foreach (var seq in Open)
        {
            if (requests.TryGetValue(seq, out var request)) requests = requests.SetItem(seq, request with { State = RequestState.Void });
            if (questions.TryGetValue(seq, out var question)) questions = questions.SetItem(seq, question with { State = RequestState.Void });
        }

        return this with { Requests = requests, Questions = questions, Open = [] };
    }
}
