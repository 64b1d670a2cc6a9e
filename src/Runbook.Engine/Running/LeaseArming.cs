using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>Renders, keeps and journals the way back before anything is done that has to be undone.</summary>
internal sealed class LeaseArming(SessionScribe scribe, SessionGround ground, Sampler sampler)
{
    /// <summary>Arms a lease: after this its undoing can be read from the journal, whatever becomes of the console.</summary>
    public async Task ArmAsync(ActionRun run, StepBlock.Lease lease, CancellationToken cancellationToken)
    {
        var view = scribe.View;
        var step = view.Current!;
        var undo = await UndoAsync(run, lease, cancellationToken).ConfigureAwait(false);
        var kept = await scribe.KeepAsync("undo.json", "application/json", UndoPlan.Write(undo), cancellationToken).ConfigureAwait(false);
        var limit = lease.Limit.Resolve(scribe.View.Frame!.Variables.Find) ?? throw new InvalidOperationException($"The limit of '{step.Path}' is no duration.");
        await scribe.InStepAsync(EntryDraft.Console, new FaultArmed
        {
            Fault = step.Path,
            Lease = true,
            Effect = scribe.View.Effects.Next(step.Path, step.Visit),
            Inverse = new InverseCall(undo[0].Use, kept.Digest),
            LimitMs = (long)limit.TotalMilliseconds,
            Deadline = JournalTime.Of(ground.Clock.Time.GetUtcNow() + limit),
        }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ImmutableArray<UndoCall>> UndoAsync(ActionRun run, StepBlock.Lease lease, CancellationToken cancellationToken)
    {
        if (!lease.Undo.IsEmpty) return [.. lease.Undo.Select(u => new UndoCall(u.Name, u.With.Fill(scribe.View.Frame!.Variables.Find)))];
        var inverse = run.Action.Descriptor.Inverse ?? throw new InvalidOperationException($"{run.Action.Descriptor.Name} has no inverse.");
        JsonElement? reading = inverse.Reading is { } name
            ? (await sampler.SampleAsync(new ActionRun(ground.Actions.Get(name), run.With), cancellationToken).ConfigureAwait(false)).Observed
            : null;
        return [new UndoCall(inverse.Action, run.Action.InvertArguments(run.With, reading))];
    }
}

/// <summary>One action that undoes something, with its arguments.</summary>
/// <param name="Use">The action.</param>
/// <param name="With">Its arguments.</param>
public sealed record UndoCall(string Use, JsonElement With);

/// <summary>The kept form of an undoing: <c>{"undo":[{"use":…,"with":…}]}</c>, canonical.</summary>
public static class UndoPlan
{
    /// <summary>Writes it.</summary>
    public static ReadOnlyMemory<byte> Write(ImmutableArray<UndoCall> calls)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("undo");
            foreach (var call in calls)
            {
                writer.WriteStartObject();
                writer.WriteString("use", call.Use);
                writer.WritePropertyName("with");
                call.With.WriteTo(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return CanonicalJson.Of(JsonElement.Parse(stream.ToArray())).Utf8;
    }

    /// <summary>Reads it; empty when the bytes are none.</summary>
    public static ImmutableArray<UndoCall> Read(ReadOnlySpan<byte> bytes)
    {
        if (!CanonicalJson.TryAccept(bytes, out var json) || !JournalValue.FromJournal(json!).TryGetProperty("undo", out var undo)) return [];
        return [.. undo.EnumerateArray().Select(u => new UndoCall(u.GetProperty("use").GetString()!, u.GetProperty("with").Clone()))];
    }
}
