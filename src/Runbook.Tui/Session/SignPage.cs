using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>What a person signs, to the last line; Enter signs as that person, r refuses.</summary>
internal sealed class SignPage : IScreen
{
    private readonly SessionConsole _console;
    private readonly ApprovalRequest _request;
    private readonly string _person;
    private readonly SignedText _text;
    private readonly Scroller _scroll = new();
    private readonly long _opened;

    /// <summary>Makes one.</summary>
    public SignPage(SessionConsole console, ApprovalRequest request, string person)
    {
        (_console, _request, _person) = (console, request, person);
        _text = SignedText.Of(console.Scene.Snapshot, request, console.Actions, console.Link.ReadArtifact);
        _opened = Time.GetTimestamp();
        var shell = console.Shell;
        Keys = new KeyTable(
            new KeyRow("sign", "sign", $"Signs as {Name}", Sign, new KeyPress(KeyName.Enter)) { When = () => MaySign, Effect = KeyEffect.Says },
            new KeyRow("refuse", "refuse", $"Refuses as {Name}; asks for the reason", Refuse, KeyPress.Of('r')) { When = () => Availability != KeyAvailability.Elsewhere, Effect = KeyEffect.Opens },
            new KeyRow("copy", "copy the digest", "Sends the digest of what is signed to the clipboard", () => shell.Copy(request.Body.Plan.ToString()), KeyPress.Of('y')),
            new KeyRow("page-down", "", "Read on", () => _scroll.Press(new KeyPress(KeyName.PageDown)), KeyPress.Of(' ')),
            new KeyRow("redraw", "", "Draw the screen again", shell.Redraw, KeyPress.Control('l')),
            new KeyRow("help", "help", "The keys of this screen", () => shell.Open(HelpPage.For(shell, this)), KeyPress.Of('?')),
            new KeyRow("close", "leave, nothing signed", "Leave this; nothing is signed", () => shell.Close(this), new KeyPress(KeyName.Esc), KeyPress.Of('q'), KeyPress.Control('c')));
    }

    /// <inheritdoc/>
    public string Title => "what is signed";

    /// <inheritdoc/>
    public KeyTable Keys { get; }

    /// <inheritdoc/>
    public bool Floats => false;

    private TimeProvider Time => _console.Shell.Settings.UiTime;

    private string Name => _console.Scene.Name(_person);

    private KeyAvailability Availability => _console.Keyring.Of(_person);

    private bool IsOpen => Time.GetElapsedTime(_opened) >= _console.Shell.Settings.OpenDelay;

    private bool IsAsked => _console.Scene.View.Approvals.Find(_request.Head.Seq) is { State: RequestState.Open } now && now.Counted.All(c => c.Person != _person);

    private bool MaySign => Availability != KeyAvailability.Elsewhere && _text.Doubts.Count == 0 && IsAsked;

    /// <inheritdoc/>
    public void Paint(Canvas canvas, Area body)
    {
        canvas.Fill(body, Tone.Normal);
        var columns = body.Width - 2;
        ImmutableArray<StyledLine> head = [.. Head(columns)];
        IReadOnlyList<StyledLine> lines = [.. head, .. _text.Lines(columns)];
        var foot = Foot(columns).ToList();
        var height = body.Height - foot.Count - 2;
        canvas.Rule(0, body.Row, body.Width, $"{PersonText.Possessive(Name)} signature, asked in entry {_request.Head.Seq}", Tone.Strong);
        _scroll.Measure(lines.Count, height);
        for (var i = 0; i < height && _scroll.Top + i < lines.Count; i++) canvas.Put(1, body.Row + 1 + i, lines[_scroll.Top + i], columns);
        var below = _scroll.Below > 0 ? $"{PersonText.Count(_scroll.Below, "more line")} of what is signed below: PgDn, G" : "this is all of it";
        canvas.Rule(0, body.Row + 1 + height, body.Width, below, _scroll.Below > 0 ? Tone.Warn : Tone.Dim);
        for (var i = 0; i < foot.Count; i++) canvas.Put(1, body.Row + 2 + height + i, foot[i], columns);
    }

    /// <inheritdoc/>
    public bool Press(KeyPress key) => _scroll.Press(key);

    /// <inheritdoc/>
    public bool Paste(string text) => false;

    /// <inheritdoc/>
    public void Leave()
    {
    }

    private IEnumerable<StyledLine> Head(int columns)
    {
        foreach (var doubt in _text.Doubts)
        {
            foreach (var line in Cells.Wrap(Safe.Screen($"{doubt} Do not sign: stop, and find out why."), columns, Tone.Danger, "[!] ")) yield return line;
        }

        var scene = _console.Scene;
        foreach (var line in Cells.Wrap(Safe.Screen($"Over: {_request.Body.Over}.  Role: {_request.Body.Role}, {_request.Body.Quorum} needed.  {scene.Until(scene.Left(_request.Epoch, _request.MonoUs, _request.Body.ExpiresMs))}."), columns)) yield return line;
        foreach (var counted in _request.Counted) yield return StyledLine.Of($"{scene.Name(counted.Person)} {(counted.Decision == Decision.Approve ? "signed" : "refused")}, entry {counted.Seq}.");
        yield return StyledLine.Of("Digest of what is signed, to compare by voice:", Tone.Dim);
        foreach (var row in PaperLines.Digits(_request.Body.Plan)) yield return row;
        foreach (var line in Cells.Wrap(string.Join(' ', PaperWords.Of(_request.Body.Plan)), columns, Tone.Code, "  ")) yield return line;
        yield return StyledLine.Empty;
    }

    private IEnumerable<StyledLine> Foot(int columns)
    {
        if (!IsAsked) return [StyledLine.Of($"{Name} is not asked any more. Esc leaves.", Tone.Warn)];
        if (_text.Doubts.Count > 0) return [StyledLine.Of("Nothing can be signed here. Esc leaves; r refuses.", Tone.Danger)];
        if (Availability == KeyAvailability.Elsewhere)
        {
            return Cells.Wrap(Safe.Screen($"{PersonText.Possessive(Name)} key is not here. {Name} signs on their own machine: {_console.Shell.Settings.ApproveCommand ?? "runbook approve DIR"}"), columns, Tone.Strong);
        }

        if (_console.IsBusy) return [StyledLine.Of("Being written down.", Tone.Dim)];
        return IsOpen
            ? [StyledLine.Of($"Enter signs as {Name}{(Availability == KeyAvailability.Locked ? ", with a passphrase" : "")}. r refuses. Esc leaves with nothing signed.", Tone.Strong)]
            : [StyledLine.Of("Read first: the keys open in a moment.", Tone.Dim)];
    }

    private void Sign()
    {
        if (!IsOpen || _console.IsBusy) return;
        var fields = ImmutableArray.CreateBuilder<EntryField>();
        if (_text.NameToType is { } name) fields.Add(TypedWord.Of(name));
        var secret = Availability == KeyAvailability.Locked ? new SecretEditor() : null;
        if (secret is not null) fields.Add(new EntryField { Label = $"Passphrase of {PersonText.Possessive(Name)} key", Secret = secret, Help = ["Not shown; forgotten once the key is unlocked."] });
        if (fields.Count == 0)
        {
            Decide(Decision.Approve, null, _console.Keyring.TryGet(_person), null);
            return;
        }

        _console.Shell.Open(new EntryDialog(_console.Shell, $"{Name} signs", What, fields.ToImmutable(), $"Enter signs as {Name}.", dialog => Unlock(dialog, secret, Decision.Approve, null)));
    }

    private List<StyledLine> What(int columns)
    {
        if (_text.NameToType is null) return [.. Cells.Wrap("The key is locked.", columns)];
        List<StyledLine> lines = [.. Cells.Wrap("What is signed allows to take away:", columns, Tone.Danger)];
        foreach (var call in _text.TakesAway) lines.AddRange(Cells.Wrap(Safe.Screen(call), columns, Tone.Danger, "- "));
        return lines;
    }

    private void Refuse()
    {
        if (!IsOpen) return;
        var reason = new EntryField { Label = "Reason", Editor = new LineEditor(500), Complaint = typed => string.IsNullOrWhiteSpace(typed) ? "Say why in a few words." : null };
        var fields = ImmutableArray.Create(reason, TypedWord.Of("refuse"));
        var secret = Availability == KeyAvailability.Locked ? new SecretEditor() : null;
        if (secret is not null) fields = fields.Add(new EntryField { Label = $"Passphrase of {PersonText.Possessive(Name)} key", Secret = secret });
        _console.Shell.Open(new EntryDialog(_console.Shell, $"{Name} refuses?", columns => Cells.Wrap("A refusal is signed as well, and ends the request: the session follows the runbook's way for it.", columns), fields, $"Enter refuses as {Name}.", dialog => Unlock(dialog, secret, Decision.Reject, reason.Text)));
    }

    // Unlocking takes its time on purpose; the screen goes on meanwhile.
    private void Unlock(EntryDialog dialog, SecretEditor? secret, Decision decision, string? reason)
    {
        if (secret is null)
        {
            Decide(decision, reason, _console.Keyring.TryGet(_person), dialog);
            return;
        }

        if (secret.Length == 0)
        {
            dialog.Complain("Nothing was typed.");
            return;
        }

        var passphrase = secret.Typed.ToArray();
        secret.Clear();
        dialog.Complain("Unlocking the key.");
        _ = Task.Run(() =>
        {
            var (signer, why) = TryUnlock(passphrase);
            _console.Shell.Post(() => Unlocked(dialog, decision, reason, signer, why));
        });
    }

    private (ISigner? Signer, PersonKeyException? Why) TryUnlock(char[] passphrase)
    {
        try
        {
            return (_console.Keyring.Unlock(_person, passphrase), null);
        }
        catch (PersonKeyException why)
        {
            return (null, why);
        }
        finally
        {
            Array.Clear(passphrase);
        }
    }

    private void Unlocked(EntryDialog dialog, Decision decision, string? reason, ISigner? signer, PersonKeyException? why)
    {
        if (why is null)
        {
            Decide(decision, reason, signer, dialog);
            return;
        }

        if (why.Failure == PersonKeyFailure.WrongPassphrase) _console.Tell(new SessionCommand.ReportWrongPassphrase(_request.Head.Seq, _person));
        dialog.Complain(why.Message);
    }

    private void Decide(Decision decision, string? reason, ISigner? signer, EntryDialog? dialog)
    {
        if (signer is null)
        {
            _console.Shell.Say($"{PersonText.Possessive(Name)} key can't be used here.");
            return;
        }

        _console.Tell(new SessionCommand.Decide(_request.Head.Seq, _person, decision, reason, signer), reply =>
        {
            if (!reply.Accepted)
            {
                dialog?.Complain(reply.Message);
                return;
            }

            dialog?.Finish();
            _console.Shell.Close(this);
        });
    }
}
