using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>
/// Finds what the faults to come would reach, before people are asked to agree to them: what is found becomes part of what
/// they sign. A fault that would hurt more than its block allows is not put before them at all.
/// </summary>
internal sealed class PlannedRadii(SessionScribe scribe, SessionGround ground)
{
    /// <summary>The radii of the faults that an approval covers and whose arguments are known, by step; kept as artifacts.</summary>
    /// <returns><see langword="null"/> where one lies outside, or can't be told: the session is then being aborted.</returns>
    public async Task<IReadOnlyDictionary<string, CanonicalJson>?> OfAsync(StepBlock.Approval approval, CancellationToken cancellationToken)
    {
        var radii = new SortedDictionary<string, CanonicalJson>(StringComparer.Ordinal);
        if (ground.BlastRadius is not { } finder || scribe.View.Frame is not { } frame) return radii;
        foreach (var slug in PlanRenderer.Covered(frame, approval).ToList())
        {
            if (frame.Machine.State(slug)?.Step.Block is not StepBlock.Fault fault || fault.Use.With.Variables.Any(v => frame.Variables.Find(v) is null)) continue;
            var path = frame.Prefix + slug;
            var allowed = RadiusText.Allowed(fault, frame.Variables.Find);
            try
            {
                var radius = await finder.FindAsync(fault.Use.Name, fault.Use.With.Fill(frame.Variables.Find), Context(), cancellationToken).ConfigureAwait(false);
                if (FaultRadius.Refusal(path, radius, allowed) is { } refusal) return await RefuseAsync(refusal, cancellationToken).ConfigureAwait(false);
                radii[path] = RadiusText.Write(path, radius, allowed);
            }
            catch (FaultUnknownException unknown)
            {
                return await RefuseAsync(new ArmingRefusal("RE212", $"{unknown.Message}. Nothing was broken. Have somebody give the operator the readings that are missing, then begin again."), cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (var radius in radii.Values) await scribe.KeepAsync(RadiusText.ArtifactName, "application/json", radius.Utf8, cancellationToken).ConfigureAwait(false);
        return radii;
    }

    private async Task<IReadOnlyDictionary<string, CanonicalJson>?> RefuseAsync(ArmingRefusal refusal, CancellationToken cancellationToken)
    {
        var reason = $"{refusal.Code}: {refusal.Message}";
        await scribe.InStepAsync(EntryDraft.Console, new Abort { Reason = reason.Length <= EngineLimits.TypedTextMax ? reason : reason[..EngineLimits.TypedTextMax], Trigger = "unharmed" }, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private ActionContext Context()
    {
        Span<byte> bytes = stackalloc byte[16];
        ground.Journal.Random.Fill(bytes);
        return new ActionContext
        {
            ClientRequestId = new Guid(bytes).ToString("D"),
            Time = ground.Clock.Time,
            FilesFolder = ground.FilesFolder,
            OpenArtifact = digest => Artifacts.Open(scribe.Writer, digest),
            Wait = ground.Clock.WaitForAzureAsync,
        };
    }
}
