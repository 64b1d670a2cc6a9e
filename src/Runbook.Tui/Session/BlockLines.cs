using System.Globalization;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Tui;

/// <summary>What the block of the current step does, and how far it is.</summary>
/// <param name="scene">The session.</param>
/// <param name="columns">Columns of a line.</param>
/// <param name="whole">Whether everything is shown to its last line.</param>
internal sealed class BlockLines(Scene scene, int columns, bool whole)
{
    private SessionView View => scene.View;

    /// <summary>The lines; empty for a step without block.</summary>
    public IEnumerable<StyledLine> Of(StepProgress step) => step.Step.Block switch
    {
        StepBlock.Action b => OfCalls(step, b.Expect, b.Timeout is { } t ? $"waits at most {Text(t)}" : null),
        StepBlock.Lease b => OfCalls(step, b.Expect, $"lent for at most {Text(b.Limit)}, then taken back"),
        StepBlock.Probe b => OfProbe(step, b),
        StepBlock.Check b => [Head("CHECK"), .. Indented(b.Expect.ToString(), Tone.Code)],
        StepBlock.Ask b => OfAsk(step, b),
        StepBlock.Approval b => OfApproval(step, b),
        StepBlock.Wait b => OfWait(step, b),
        StepBlock.Revert b => OfRevert(step, b),
        StepBlock.Call b => [Head("FOLLOWS ANOTHER RUNBOOK"), .. Indented(b.File, Tone.Code)],
        _ => [],
    };

    private IEnumerable<StyledLine> OfCalls(StepProgress step, ConditionText? expect, string? limit)
    {
        var calls = scene.Actions is { } actions ? StepCalls.Of(View, actions) : [];
        yield return Head(step.Calls.IsEmpty ? $"WILL BE SENT{(calls.Length > 1 ? $"  {calls.Length} calls" : "")}" : "SENT");
        foreach (var line in CallLines.Of(calls, columns, whole)) yield return line;
        foreach (var line in Indented(expect is null ? "expected: a 2xx answer" : $"expected: {expect}", Tone.Normal)) yield return line;
        if (limit is not null) yield return StyledLine.Of("  " + limit);
        foreach (var line in Attempts(step)) yield return line;
        foreach (var line in Came(step)) yield return line;
    }

    private IEnumerable<StyledLine> Attempts(StepProgress step)
    {
        foreach (var call in step.Calls)
        {
            var element = call.Element is { } e ? $" {e + 1}" : "";
            var (mark, text, tone) = call switch
            {
                { State: EffectState.InDoubt } => ("[~]", "sent; no answer yet", Tone.Warn),
                { Succeeded: true } => ("[x]", $"{Status(call)}done", Tone.Good),
                { State: EffectState.DidNot } => ("[!]", $"{Status(call)}did not take effect", Tone.Warn),
                { State: EffectState.Abandoned } => ("[?]", "nobody can tell; left as it is", Tone.Warn),
                _ => ("[!]", $"{Status(call)}{call.Error?.Code}: {call.Error?.Message}", Tone.Danger),
            };
            foreach (var line in Cells.Wrap(Safe.Screen($"call{element}, attempt {call.Effect.Attempt}: {text}"), columns, tone, $"  {mark} ")) yield return line;
            if (call.Error is { } error)
            {
                foreach (var line in Meaning(call.Action, error)) yield return line;
            }
        }
    }

    // What the catalogue knows of an error: what happened, what state it left, what to do.
    private IEnumerable<StyledLine> Meaning(string action, (string Code, string Message) error)
    {
        if (scene.Actions?.Catalogue.Find(action)?.Errors.FirstOrDefault(e => e.Code == error.Code) is not { } known) yield break;
        foreach (var (label, text) in new[] { ("WHAT HAPPENED", known.Happened), ("STATE NOW", known.State), ("WHAT TO DO", known.Next) })
        {
            foreach (var line in Cells.Wrap(Safe.Screen(text), columns, Tone.Normal, "  " + Cells.Fit(label, 15))) yield return line;
        }
    }

    private IEnumerable<StyledLine> Came(StepProgress step)
    {
        if (step.Outcome is not { } outcome) yield break;
        var text = outcome.Trigger == TriggerKind.Success
            ? outcome.Saved.IsEmpty ? "as expected" : "as expected; " + string.Join(", ", outcome.Saved.Select(s => s.Value.Secret ? $"{s.Key} = {Inert.SecretMark}" : ShownValues.Saved(s.Key, s.Value.Value)))
            : $"{TriggerNames.Of(outcome.Trigger)}: {outcome.Why}";
        foreach (var line in Cells.Wrap(Safe.Screen(text), columns, outcome.Trigger == TriggerKind.Success ? Tone.Good : Tone.Danger, outcome.Trigger == TriggerKind.Success ? "  [x] " : "  [!] ")) yield return line;
    }

    private IEnumerable<StyledLine> OfProbe(StepProgress step, StepBlock.Probe probe)
    {
        yield return Head("READS UNTIL IT HOLDS");
        if (scene.Actions is { } actions)
        {
            foreach (var call in StepCalls.Of(View, actions))
            {
                foreach (var line in CallLines.Request(call.Line, columns)) yield return line;
            }
        }

        foreach (var line in Indented($"expected: {probe.Expect?.ToString() ?? "a 2xx answer"}", Tone.Normal)) yield return line;
        yield return StyledLine.Of($"  every {Text(probe.Every)}, at most {Text(probe.Within)}{(probe.For is { } f ? $", has to hold for {Text(f)}" : "")}");
        var at = step.Probe;
        if (at.Samples > 0)
        {
            var holds = at.LastVerdict == ProbeVerdict.Holds;
            var status = at.LastResult.TryGetProperty("status", out var s) && s.ValueKind == System.Text.Json.JsonValueKind.Number ? $", status {s.GetRawText()}" : "";
            yield return StyledLine.Of($"  {(holds ? "[x]" : "[~]")} {PersonText.Count(at.Samples, "sample")}, the last one {(holds ? "holds" : "does not hold yet")}{status}, {TimeText.Duration(TimeSpan.FromMilliseconds(at.LastMs))} after the beginning", holds ? Tone.Good : Tone.Warn);
        }

        foreach (var line in Came(step)) yield return line;
    }

    private IEnumerable<StyledLine> OfAsk(StepProgress step, StepBlock.Ask ask)
    {
        var people = View.PeopleOf(ask.Role);
        yield return Head($"ASKS {(ask.Each ? "EACH " : "")}{ask.Role.ToUpperInvariant()}");
        foreach (var value in ask.Value)
        {
            var text = value.Name + (value.Schema.Description is { } d ? ": " + d : "") + (value.Schema.IsFile ? " (file)" : value.Schema.WriteOnly ? " (secret)" : "");
            foreach (var line in Cells.Wrap(Safe.Screen(text), columns, Tone.Normal, "  - ")) yield return line;
        }

        foreach (var person in people)
        {
            if (step.Answers.FirstOrDefault(a => a.Person == person) is { } given)
            {
                var values = string.Join(", ", given.Values.Select(v => $"{v.Key} = {(v.Value.Secret ? Inert.SecretMark : ShownValues.Text(v.Value.Value))}"));
                foreach (var line in Cells.Wrap(Safe.Screen($"{scene.Name(person)}: {values}"), columns, Tone.Good, "  [x] ")) yield return line;
            }
            else
            {
                yield return StyledLine.Of($"  [ ] {scene.Name(person)}");
            }
        }

        foreach (var line in Came(step)) yield return line;
    }

    private IEnumerable<StyledLine> OfApproval(StepProgress step, StepBlock.Approval approval)
    {
        var request = View.Approvals.Find(step.RequestSeq);
        var quorum = approval.Quorum ?? View.Frame!.Machine.Document.Role(approval.Role)?.Quorum ?? 1;
        yield return Head($"APPROVAL  {quorum} of {ShownValues.People(View.PeopleOf(approval.Role).Length, approval.Role)}");
        foreach (var line in Indented("over " + string.Join(" and ", approval.Over.Select(Over)), Tone.Normal)) yield return line;
        foreach (var person in View.PeopleOf(approval.Role)) yield return Signed(person, request);
        if (request is { State: RequestState.Open })
        {
            foreach (var line in Indented($"plan {Brief(request.Body.Plan)}; {scene.Until(scene.Left(request.Epoch, request.MonoUs, request.Body.ExpiresMs))}", Tone.Normal)) yield return line;
        }
    }

    private StyledLine Signed(string person, ApprovalRequest? request)
    {
        var name = scene.Name(person);
        return request?.Counted.FirstOrDefault(c => c.Person == person) switch
        {
            { Decision: Decision.Approve } counted => StyledLine.Of($"  [x] {name} signed, entry {counted.Seq}", Tone.Good),
            { } counted => StyledLine.Of($"  [!] {name} refused, entry {counted.Seq}", Tone.Danger),
            null => StyledLine.Of($"  [ ] {name}{(scene.Keyring?.Of(person) switch { KeyAvailability.Elsewhere => ", signs on their own machine", KeyAvailability.Locked => ", signs here with a passphrase", _ => "" })}"),
        };
    }

    private IEnumerable<StyledLine> OfWait(StepProgress step, StepBlock.Wait wait)
    {
        yield return Head("WAITS");
        var variables = View.Frame!.Variables;
        var left = wait.For?.Resolve(variables.Find) is { } time
            ? time - TimeSpan.FromMilliseconds(View.ElapsedMs(scene.Now.Epoch, scene.Now.MonoUs, scene.Now.Wall))
            : wait.Until?.Fill(variables.Find) is { ValueKind: System.Text.Json.JsonValueKind.String } at && at.TryGetDateTimeOffset(out var until) ? until - scene.Now.Wall : (TimeSpan?)null;
        yield return StyledLine.Of("  " + (left is null ? "until a time that is not known yet" : scene.Until(left)));
        foreach (var line in Came(step)) yield return line;
    }

    private IEnumerable<StyledLine> OfRevert(StepProgress step, StepBlock.Revert revert)
    {
        var path = StepRules.FaultPath(step, revert);
        yield return Head("TAKES BACK");
        if (View.Faults.Find(path) is { } armed)
        {
            foreach (var line in Indented($"{armed.Fault}, by {armed.Body.Inverse.Action}; goes on until it is seen to be gone", Tone.Warn)) yield return line;
        }
        else
        {
            yield return StyledLine.Of(step.Lifted ? $"  [x] {path} is gone" : $"  nothing to take back: {path} is not armed", Tone.Good);
        }

        foreach (var line in Attempts(step)) yield return line;
    }

    private static string Over(ApprovalSubject subject) => subject.Kind switch
    {
        ApprovalSubjectKind.Plan => "every call to come",
        ApprovalSubjectKind.Step => $"step \"{subject.Step}\"",
        ApprovalSubjectKind.Result => $"what \"{subject.Step}\" found",
        _ => "the session up to here",
    };

    private static StyledLine Head(string text) => StyledLine.Of(text, Tone.Strong);

    private IEnumerable<StyledLine> Indented(string text, Tone tone) => Cells.Wrap(Safe.Screen(text), columns, tone, "  ");

    private string Text(DurationValue duration) => duration.Resolve(View.Frame!.Variables.Find) is { } time ? Durations.Format(time) : duration.ToString();

    private static string Status(CallProgress call) => call.Status is { } status ? status.ToString(CultureInfo.InvariantCulture) + " " : "";

    private static string Brief(Digest digest)
    {
        var groups = PaperWords.Groups(digest);
        return $"{groups[0]} {groups[1]} .. {groups[^1]}";
    }
}
