using System.Globalization;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Fronts;

/// <summary>Reads what people type into commands, over several lines where one does not suffice.</summary>
internal sealed class PlainCommands(IKeyring keyring, ISimulatedPeople? standIns, Action<string> say)
{
    private AnswerForm? _form;
    private (ApprovalRequest Request, string Person, Decision Decision, string? Reason)? _signing;
    private bool _wantsSecret;

    /// <summary>Whether the next line must stay off the screen.</summary>
    public bool WantsHidden => _signing is not null || _wantsSecret || _form is { IsHidden: true };

    /// <summary>Reads a line; <see langword="null"/> where there is no command to send, or not yet.</summary>
    public SessionCommand? Read(string line, SessionNeed need, SessionView view)
    {
        if (_signing is { } signing) return Signed(signing, line);
        if (_form is { } form) return Filled(form, line, need);
        if (_wantsSecret && need is SessionNeed.Secret secret)
        {
            _wantsSecret = false;
            return new SessionCommand.TellSecret(secret.Name, line);
        }

        _wantsSecret = false;
        var (word, rest) = Split(line.Trim());
        return word switch
        {
            "" => null,
            "tick" or "t" => Tick(rest, need),
            "approve" => Decide(rest, Decision.Approve, need),
            "reject" => Decide(rest, Decision.Reject, need),
            "answer" => Begin(rest, need, view),
            "go" => new SessionCommand.GoOn(),
            "choose" => Choose(rest, need),
            "note" => new SessionCommand.AddNote(rest),
            "abort" => Abort(rest),
            "pause" => new SessionCommand.PauseSession("the operator left"),
            "settle" => Settle(rest, need),
            "secret" when need is SessionNeed.Secret => Hide(),
            "plan" => Show(need, view),
            "help" or "?" => Help(),
            _ => Complain($"\"{word}\" is no command. Type: help"),
        };
    }

    private static (string Word, string Others) Split(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (line.ToLowerInvariant(), "") : (line[..space].ToLowerInvariant(), line[(space + 1)..].Trim());
    }

    private SessionCommand? Complain(string sentence)
    {
        say(sentence);
        return null;
    }

    private SessionCommand? Help()
    {
        foreach (var sentence in PlainQuestions.Help()) say(sentence);
        return null;
    }

    private SessionCommand? Show(SessionNeed need, SessionView view)
    {
        foreach (var sentence in PlainQuestions.Of(need, view)) say(sentence);
        return null;
    }

    private SessionCommand? Hide()
    {
        _wantsSecret = true;
        say("Type it on the next line.");
        return null;
    }

    private SessionCommand? Abort(string reason) =>
        reason.Length > 0 ? new SessionCommand.AbortSession(reason, "operator") : Complain("Say why: abort REASON");

    private SessionCommand? Tick(string rest, SessionNeed need)
    {
        if (need is not SessionNeed.Ticks { Open: var open }) return Complain("Nothing waits for a tick.");
        var words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var item = open[0];
        foreach (var number in words.Where(w => int.TryParse(w, CultureInfo.InvariantCulture, out _)).Select(w => int.Parse(w, CultureInfo.InvariantCulture)))
        {
            if (open.FirstOrDefault(o => o.Attestation.Index == number) is not { } named) return Complain($"Item {number} does not wait for a tick.");
            item = named;
        }

        var person = words.FirstOrDefault(w => !int.TryParse(w, CultureInfo.InvariantCulture, out _)) ?? item.Candidates[0];
        return new SessionCommand.TickItem(item.Attestation.Index, person);
    }

    private SessionCommand? Choose(string rest, SessionNeed need)
    {
        if (need is not SessionNeed.Choice { Choices: var choices }) return Complain("Nothing is to be chosen.");
        var byNumber = int.TryParse(rest, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= choices.Length ? choices[number - 1].Choice : null;
        return (byNumber ?? choices.FirstOrDefault(c => string.Equals(c.Choice, rest, StringComparison.OrdinalIgnoreCase))?.Choice) is { } choice
            ? new SessionCommand.Choose(choice)
            : Complain($"There is no such choice: type a number from 1 to {choices.Length}.");
    }

    private SessionCommand? Settle(string rest, SessionNeed need)
    {
        if (need is not SessionNeed.Settlement) return Complain("Nothing is in doubt that people must settle.");
        return rest switch
        {
            "took-effect" => new SessionCommand.ProposeSettlement(Settlement.TookEffect),
            "did-not" => new SessionCommand.ProposeSettlement(Settlement.DidNot),
            "abandoned" => new SessionCommand.ProposeSettlement(Settlement.Abandoned),
            _ => Complain("Say what became of it: settle took-effect, settle did-not, or settle abandoned"),
        };
    }

    private SessionCommand? Decide(string rest, Decision decision, SessionNeed need)
    {
        if (need is not SessionNeed.Approvals approvals || approvals.Candidates.IsEmpty) return Complain("Nothing waits for an approval.");
        var (first, others) = Split(rest);
        var isNamed = approvals.Candidates.Contains(first) || approvals.Request.Counted.Any(c => c.Person == first);
        var person = isNamed ? first : approvals.Candidates[0];
        var reason = isNamed ? others : rest;
        if (decision == Decision.Reject && reason.Length == 0) return Complain("Say why: reject REASON");
        switch (keyring.Of(person))
        {
            case KeyAvailability.Unlocked:
                return new SessionCommand.Decide(approvals.Request.Head.Seq, person, decision, reason.Length == 0 ? null : reason, keyring.TryGet(person)!);
            case KeyAvailability.Locked:
                _signing = (approvals.Request, person, decision, reason.Length == 0 ? null : reason);
                say($"{PlainQuestions.Named(person)}, type your passphrase; it is not shown.");
                return null;
            default:
                return Complain($"The key of {person} is not here: they sign on their own machine, with runbook approve.");
        }
    }

    private SessionCommand Signed((ApprovalRequest Request, string Person, Decision Decision, string? Reason) signing, string passphrase)
    {
        _signing = null;
        try
        {
            return new SessionCommand.Decide(signing.Request.Head.Seq, signing.Person, signing.Decision, signing.Reason, keyring.Unlock(signing.Person, passphrase));
        }
        catch (PersonKeyException exception) when (exception.Failure == PersonKeyFailure.WrongPassphrase)
        {
            // Refused and journalled: who tried to sign without the passphrase is part of what happened.
            return new SessionCommand.ReportWrongPassphrase(signing.Request.Head.Seq, signing.Person);
        }
    }

    private SessionCommand? Begin(string rest, SessionNeed need, SessionView view)
    {
        if (need is not SessionNeed.Answers answers || answers.Candidates.IsEmpty) return Complain("Nothing is asked.");
        var person = rest.Length > 0 ? rest : answers.Candidates[0];
        if (!answers.Candidates.Contains(person)) return Complain($"{person} is not asked.");
        _form = new AnswerForm(answers, person);
        if (standIns?.Next(view, answers with { Candidates = [person] }) is SessionCommand.GiveAnswer ready) _form.Offer(ready);
        say(_form.Question);
        return null;
    }

    private SessionCommand? Filled(AnswerForm form, string line, SessionNeed need)
    {
        if (need is not SessionNeed.Answers)
        {
            _form = null;
            return Complain("It is not asked any more.");
        }

        if (form.Take(line) is { } problem) return Complain($"{problem} Asked again. {form.Question}");
        if (!form.IsComplete) return Complain(form.Question);
        _form = null;
        return form.ToCommand();
    }
}
