using System.Globalization;
using Runbook.Actions;
using Runbook.Cli.Sessions;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.People;

/// <summary>What somebody typed who approves.</summary>
internal sealed record ApprovingChoices
{
    public required string Directory { get; init; }

    public string? Person { get; init; }

    public string? Reject { get; init; }

    public bool Yes { get; init; }

    public string[] Set { get; init; } = [];

    public string[] Files { get; init; } = [];

    public required TrustedAuthorities Trusted { get; init; }

    public string? PassphraseFile { get; init; }
}

/// <summary>
/// Signs for a person, after this program has verified the session so far and rendered for itself what is asked: the
/// operator's screen is not believed.
/// </summary>
internal sealed class Approving(ApprovingChoices choices, CliConsole console)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(150);

    private readonly SessionDirectory _session = new(choices.Directory);

    /// <summary>Shows what is open, signs it, and waits a little for the session to take it.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        RequireGenuine();
        var (lines, ledger, _) = SessionReading.Read(_session);
        var program = SessionReading.Program(_session, ledger, console.Out) ?? throw new CliException("RC059", "no plan is bound in this session yet.", "nothing was signed.", "try again once it has begun.");
        var view = SessionFold.All(program, lines);
        var roster = ReadRoster(ledger);
        using var keyring = new ApproverKeys(roster, choices.Person, view.Roster!.Authority == Rehearsal.Authority.PublicKey.KeyId);
        if (view.Status == SessionStatus.Closed) return SignClose(keyring);
        var need = SessionNeed.Of(view, Moment.Of(lines[^1].Entry));
        switch (need)
        {
            case SessionNeed.Approvals approvals when approvals.Candidates.Contains(keyring.Person):
                return await DecideAsync(view, lines, approvals, keyring, cancellationToken).ConfigureAwait(false);
            case SessionNeed.Ticks ticks when ticks.Open.Any(o => o.Candidates.Contains(keyring.Person)):
                return await TickAsync(view, lines, ticks, keyring, cancellationToken).ConfigureAwait(false);
            case SessionNeed.Answers answers when answers.Candidates.Contains(keyring.Person):
                return await AnswerAsync(view, answers, keyring, cancellationToken).ConfigureAwait(false);
            default:
                console.Line($"Nothing is open for {keyring.Person}.");
                return ExitCodes.Done;
        }
    }

    private void RequireGenuine()
    {
        var report = JournalVerifier.Verify(LocalDisk.Instance, choices.Directory, new VerifyOptions { Trust = choices.Trusted, Pending = true, Machine = new MachineReplay(AzureActions.Catalogue), Tool = (ProgramIdentity.Name, ProgramIdentity.Version) });
        // What is still missing at the end of an open session does not count against it; what is wrong or can't be judged does.
        var bad = report.Checks.Where(c => c.Verdict is CheckVerdict.Fails or CheckVerdict.Unjudged).ToArray();
        if (bad.Length == 0) return;
        console.Error.WriteLine(ReportText.Render(report));
        throw new CliException("RC080", $"this session does not verify: {string.Join(", ", bad.Select(b => b.Check.ToString().ToLowerInvariant()))}.", "nothing was signed.", "do not sign. If the roster's authority is missing: runbook keys trust AUTHORITY.pub.pem", ExitCodes.VerificationFailed);
    }

    private Roster ReadRoster(SessionLedger ledger)
    {
        var bytes = File.ReadAllBytes(_session.In(SessionDirectory.RosterFile(ledger.Rosters.Count)));
        return Roster.TryRead(bytes, out var roster, out var flaw) ? roster! : throw new CliException("RC058", $"the session's roster can't be used: {flaw}", "nothing was signed.", $"runbook verify {SessionHost.Shown(choices.Directory)}", ExitCodes.VerificationFailed);
    }

    private int SignClose(ApproverKeys keyring)
    {
        var seal = TranscriptSeal.Open(LocalDisk.Instance, _session);
        if (!seal.MissingSigners.SelectMany(m => m.People).Contains(keyring.Person))
        {
            console.Line($"The session is closed, and waits for no signature of {keyring.Person}.");
            return ExitCodes.Done;
        }

        console.Line("The session is closed. What is signed is the statement about its whole journal:");
        var (lines, _, _) = SessionReading.Read(_session);
        KeyShowing.ShowKey(lines[^1].Hash, console);
        Confirm("sign");
        keyring.Unlock(choices.PassphraseFile, console);
        var missing = SessionSeal.Seal(LocalDisk.Instance, _session, keyring);
        console.Line(missing.Count == 0 ? "Signed. The transcript is complete." : $"Signed. Still to sign: {string.Join(", ", missing)}");
        return missing.Count == 0 ? ExitCodes.Done : ExitCodes.NeedsPerson;
    }

    private async Task<int> DecideAsync(SessionView view, IReadOnlyList<JournalLine> lines, SessionNeed.Approvals approvals, ApproverKeys keyring, CancellationToken cancellationToken)
    {
        var request = approvals.Request;
        var rendered = new RequestedPlan(view, lines, request, _session).Render();
        if (rendered.Text.Length > 0) console.Out.Write(CliConsole.Safe(rendered.Text));
        console.Line($"Over {request.Body.Over}, asked of {request.Body.Quorum} {request.Body.Role}. What is signed:");
        KeyShowing.ShowKey(request.Body.Plan, console);
        if (!rendered.IsSame)
        {
            throw new CliException("RC081", $"this program renders another plan ({rendered.Own}) than the console asks to sign.", "nothing was signed.", "do not sign. Compare the two plans with the operator, and the two programs' versions.", ExitCodes.VerificationFailed);
        }

        var decision = choices.Reject is null ? Decision.Approve : Decision.Reject;
        Confirm(decision == Decision.Approve ? "approve" : "reject");
        var signer = Unlock(keyring, request.Head.Seq);
        var payload = new ApprovalPayload
        {
            Session = view.SessionId,
            Runbook = view.Plan!.Runbook.Digest,
            Roster = view.Roster!.Roster,
            Over = request.Body.Over,
            Plan = request.Body.Plan,
            Nonce = request.Body.Nonce,
            Head = request.Head,
            Person = keyring.Person,
            Role = request.Body.Role,
            Decision = decision,
            Reason = choices.Reject is { Length: > 0 } reason ? InertText.Of(reason) : default(InertText?),
            At = Now(view),
            Expires = JournalTime.Of(Now(view).ToDateTimeOffset() + TimeSpan.FromMilliseconds(request.Body.ExpiresMs)),
        };
        return await LeaveAsync(request.Head.Seq, keyring.Person, payload.Sign(signer).ToFile(), decision == Decision.Approve ? "Approved" : "Rejected", cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> TickAsync(SessionView view, IReadOnlyList<JournalLine> lines, SessionNeed.Ticks ticks, ApproverKeys keyring, CancellationToken cancellationToken)
    {
        var open = ticks.Open.First(o => o.Candidates.Contains(keyring.Person)).Attestation;
        var text = ShownValues.In(view).Of(open);
        var step = view.Current!;
        console.Line(CliConsole.Safe($"{step.Step.Title}, item {open.Index}: {text}"));
        Confirm("sign");
        var signer = Unlock(keyring, step.EnteredSeq);
        var payload = new TickPayload
        {
            At = Now(view),
            Head = lines[(int)step.EnteredSeq - 1].Head,
            Item = open.Index,
            Person = keyring.Person,
            Role = open.Role,
            Session = view.SessionId,
            Step = step.Path,
            Text = InertText.Of(text),
            Visit = step.Visit,
        };
        return await LeaveAsync(step.EnteredSeq, keyring.Person, payload.Sign(signer).ToFile(), $"Ticked item {open.Index}", cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> AnswerAsync(SessionView view, SessionNeed.Answers answers, ApproverKeys keyring, CancellationToken cancellationToken)
    {
        if (answers.Ask.Value.Any(v => v.Schema.WriteOnly)) throw new CliException("RC085", "a secret is asked, which is told at the session's own console only.", "nothing was signed.", "go to the console.");
        var brought = new AnswerReader(answers, choices, console).Read();
        var named = AnsweredValues.Of(answers.Ask, brought.Values, brought.Files);
        foreach (var (name, value) in named) console.Line(CliConsole.Safe($"{name} = {value.Text}"));
        Confirm("sign");
        var request = answers.Request;
        var signer = Unlock(keyring, request.Head.Seq);
        AnswerInbox.Write(choices.Directory, request.Head.Seq, keyring.Person, brought);
        var payload = new AnswerPayload
        {
            At = Now(view),
            Head = request.Head,
            Nonce = request.Body.Nonce,
            Person = keyring.Person,
            Role = request.Body.Role,
            Session = view.SessionId,
            Step = request.Step!,
            Values = AnswerPayload.DigestsOf(named),
            Visit = request.Visit ?? 1,
        };
        return await LeaveAsync(request.Head.Seq, keyring.Person, payload.Sign(signer).ToFile(), "Answered", cancellationToken).ConfigureAwait(false);
    }

    // This process can't write the journal: the console takes the word over that is left.
    private ISigner Unlock(ApproverKeys keyring, long request)
    {
        try
        {
            return keyring.Unlock(choices.PassphraseFile, console);
        }
        catch (PersonKeyException wrong) when (wrong.Failure == PersonKeyFailure.WrongPassphrase)
        {
            RefusalInbox.Leave(choices.Directory, new LeftRefusal(request, keyring.Person), SessionNames.NewNonce(SystemRandomSource.Instance));
            throw;
        }
    }

    // On a virtual clock the session is ahead of this machine, and says itself when it is.
    private static JournalTime Now(SessionView view) =>
        view.Opened!.Clock == SessionClock.Virtual ? view.Last!.At : JournalTime.Of(TimeProvider.System.GetUtcNow());

    private void Confirm(string word)
    {
        if (choices.Yes) return;
        console.Write($"Type {word} to go on: ");
        if (console.In.ReadLine()?.Trim() != word) throw new CliException("RC082", "it was not confirmed.", "nothing was signed.", $"type the word {word}, or use --yes.", ExitCodes.NeedsPerson);
    }

    private async Task<int> LeaveAsync(long request, string person, byte[] envelope, string what, CancellationToken cancellationToken)
    {
        var digest = Digest.Of(envelope);
        var file = FreeName(request, person);
        DurableFiles.Replace(LocalDisk.Instance, Path.Combine(_session.Approvals, file), envelope);
        console.Line($"{what}, signed as approvals/{file}.");
        var since = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(since) < Patience)
        {
            var (lines, ledger, _) = SessionReading.Read(_session);
            if (ledger.KnowsEnvelope(digest))
            {
                var refused = lines.Select(l => l.Entry.Body).OfType<ApprovalRefused>().FirstOrDefault(r => r.Envelope == digest);
                if (refused is null)
                {
                    console.Line("The session has taken it.");
                    return ExitCodes.Done;
                }

                console.Line(CliConsole.Safe($"The session refused it: {Refusals.InWords(refused.Why, person)}"));
                return ExitCodes.NotCompleted;
            }

            await Task.Delay(LookAgain, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        console.Line("No console has taken it yet. It counts once one goes on with the session, if its time is not over by then.");
        return ExitCodes.NeedsPerson;
    }

    private string FreeName(long request, string person)
    {
        for (var number = 1; ; number++)
        {
            var name = number == 1 ? string.Create(CultureInfo.InvariantCulture, $"{request}-{person}.dsse.json") : string.Create(CultureInfo.InvariantCulture, $"{request}-{person}-{number}.dsse.json");
            if (!File.Exists(Path.Combine(_session.Approvals, name))) return name;
        }
    }
}
