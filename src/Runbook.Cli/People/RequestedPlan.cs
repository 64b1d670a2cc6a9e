using Runbook.Cli.Commands;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Cli.People;

/// <summary>What a request asks to sign, rendered by this program from the journal.</summary>
/// <param name="Text">For people.</param>
/// <param name="Own">The digest that this program comes to.</param>
/// <param name="IsSame">Whether it is the one that is asked for.</param>
internal sealed record OwnRendering(string Text, Digest Own, bool IsSame);

/// <summary>Renders what a request asks to sign.</summary>
internal sealed class RequestedPlan(SessionView view, IReadOnlyList<JournalLine> lines, ApprovalRequest request, SessionDirectory session)
{
    /// <summary>Renders it.</summary>
    public OwnRendering Render()
    {
        var over = request.Body.Over;
        if (over.Covers("session-key")) return Compare("The key of the console's process, which signs the checkpoints from here on.\n", SessionKey());
        if (over.Items.FirstOrDefault(i => i.StartsWith("in-doubt:", StringComparison.Ordinal)) is { } doubt) return Settlement(doubt["in-doubt:".Length..]);
        if (view.Current?.Step.Block is not StepBlock.Approval) return Compare("", default);
        var renderer = new PlanRenderer(RenderingActions.For(view.Opened!.Azure));
        RenderedPlan? plan = null;
        foreach (var asked in ViewsWhenAsked())
        {
            plan = renderer.ForApproval(asked, Radii(asked.Head.Seq));
            if (plan.Digest == request.Body.Plan) break;
        }

        return Compare(PlanCommand.Text(plan!, view.Program!.Document.Title), plan!.Digest);
    }

    // The radii were kept just before the plan that shows them; of a step the last one counts.
    private Dictionary<string, CanonicalJson> Radii(long upTo)
    {
        var radii = new Dictionary<string, CanonicalJson>(StringComparer.Ordinal);
        foreach (var kept in lines.Take((int)upTo).Select(l => l.Entry.Body).OfType<ArtifactKept>().Where(a => a.Name == RadiusText.ArtifactName))
        {
            var bytes = File.ReadAllBytes(Path.Combine(session.Artifacts, kept.FileName));
            if (Digest.Of(bytes) == kept.Digest && CanonicalJson.TryAccept(bytes, out var radius)) radii[radius!.ToElement().GetProperty("step").GetString()!] = radius;
        }

        return radii;
    }

    private OwnRendering Compare(string text, Digest own) => new(text, own, own == request.Body.Plan);

    // The key that line 1, or the line that began the epoch, names.
    private Digest SessionKey()
    {
        var spki = lines.Select(l => l.Entry).Where(e => e.Epoch == request.Epoch).Select(e => e.Body switch
        {
            SessionOpened opened => opened.SessionKey,
            Recovered recovered => recovered.SessionKey,
            _ => null,
        }).FirstOrDefault(k => k is not null);
        using var key = spki is null ? null : VerifyingKey.TryImport(spki);
        return key?.KeyId ?? default;
    }

    private OwnRendering Settlement(string effect)
    {
        foreach (var record in view.Effects.InDoubt.Where(e => e.Intent.Effect.ToString() == effect))
        {
            foreach (var settlement in Enum.GetValues<Settlement>())
            {
                var own = SettlementPlan.DigestOf(record.Intent.Effect, settlement);
                if (own == request.Body.Plan) return Compare($"{effect}, {record.Intent.Action} on {record.Intent.Target}, is said to have come to: {settlement}\n", own);
            }
        }

        return Compare("", default);
    }

    // Between the plan and the request that names it lie entries that say nothing of the session's state: kept files, checkpoints.
    private IEnumerable<SessionView> ViewsWhenAsked()
    {
        for (var last = request.Head.Seq - 1; last > 0; last--)
        {
            yield return SessionFold.All(view.Program, lines.Take((int)last));
            if (lines[(int)last - 1].Entry.Body is not (ArtifactKept or Checkpoint or ClockObservation)) yield break;
        }
    }
}
