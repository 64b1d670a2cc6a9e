using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language.Actions;
using EffectClass = Runbook.Language.Actions.EffectClass;

namespace Runbook.Tui;

/// <summary>
/// What a request asks people to sign, in words, and whether this screen could make sure of it. A screen that can't says
/// so, and nothing is signed at it.
/// </summary>
/// <param name="Lines">What is signed, for a width.</param>
/// <param name="Doubts">What does not fit; empty when everything does.</param>
/// <param name="NameToType">The name that has to be typed, because something is taken away; else <see langword="null"/>.</param>
internal sealed record SignedText(Func<int, IReadOnlyList<StyledLine>> Lines, IReadOnlyList<string> Doubts, string? NameToType)
{
    /// <summary>What takes something away, each call in a sentence.</summary>
    public IReadOnlyList<string> TakesAway { get; init; } = [];

    /// <summary>Works it out.</summary>
    /// <param name="snapshot">The folded entries.</param>
    /// <param name="request">The request.</param>
    /// <param name="actions">The actions, to render the plan again.</param>
    /// <param name="read">Reads an artifact; the bytes are held against the digest here.</param>
    public static SignedText Of(SessionSnapshot snapshot, ApprovalRequest request, ActionSet actions, Func<string, byte[]?> read)
    {
        var over = request.Body.Over;
        if (over.Covers("session-key")) return OfSessionKey(snapshot.View, request);
        if (over.Items.FirstOrDefault(i => i.StartsWith("in-doubt:", StringComparison.Ordinal)) is { } doubt) return OfDoubt(snapshot.View, request, doubt["in-doubt:".Length..]);
        return OfPlan(snapshot, request, actions, read);
    }

    private static SignedText OfSessionKey(SessionView view, ApprovalRequest request)
    {
        using var key = VerifyingKey.TryImport(view.Clocks.Find(request.Epoch)?.SessionKey ?? "");
        string[] doubts = key is not null && key.KeyId == request.Body.Plan ? [] : ["The key that is to be signed for is not the one of this console's process."];
        return new SignedText(columns =>
        [
            .. Cells.Wrap("This console's process has made a key that lives in its memory only and signs the checkpoints of this session. Whoever signs here says: that key is mine to use in this session.", columns),
        ], doubts, null);
    }

    private static SignedText OfDoubt(SessionView view, ApprovalRequest request, string effectText)
    {
        var effect = EffectId.Parse(effectText);
        Settlement? settlement = Enum.GetValues<Settlement>().Where(s => SettlementPlan.DigestOf(effect, s) == request.Body.Plan).Cast<Settlement?>().FirstOrDefault();
        var record = view.Effects.Find(effect);
        string[] doubts = settlement is null ? ["What is to be signed is none of the three things that can be said of a call."] : [];
        var words = settlement switch
        {
            Settlement.TookEffect => "it took effect",
            Settlement.DidNot => "it did not take effect",
            _ => "nobody can tell, and it is left as it is",
        };
        return new SignedText(columns =>
        [
            .. Cells.Wrap(Safe.Screen($"The call {effect} was sent and not answered, and no reading can tell what became of it:"), columns),
            .. record is null ? [] : CallLines.Request($"{record.Intent.Request.Method} {record.Intent.Action} on {record.Intent.Target}", columns),
            StyledLine.Empty,
            .. Cells.Wrap($"Whoever signs says that they have looked at the world by other means, and that {words}.", columns, Tone.Strong),
        ], doubts, null);
    }

    private static SignedText OfPlan(SessionSnapshot snapshot, ApprovalRequest request, ActionSet actions, Func<string, byte[]?> read)
    {
        var bytes = snapshot.Artifacts.TryGetValue(request.Body.Plan, out var file) ? read(file) : null;
        if (bytes is null || Digest.Of(bytes) != request.Body.Plan || !CanonicalJson.TryAccept(bytes, out var json))
        {
            return new SignedText(static _ => [], ["The plan that is to be signed is not in the session's directory, or is not the one that is asked for."], null);
        }

        var doubts = new List<string>();
        var plan = new RenderedPlan(json!);
        var said = Compare(snapshot, request, actions, plan, doubts);
        var element = json!.ToElement();
        return new SignedText(columns =>
        [
            .. said.Length == 0 ? [] : Cells.Wrap("[x] " + said, columns, Tone.Good, "", "    "),
            StyledLine.Empty,
            .. InShort(plan, columns),
            .. PlanLines.Of(element, columns),
        ], doubts, TakenAway(plan).Select(c => SetOff.LastPart(c.Target)).FirstOrDefault())
        {
            TakesAway = [.. TakenAway(plan).Select(c => $"{c.What.TrimEnd('.')} (step \"{c.Title}\").").Distinct(StringComparer.Ordinal)],
        };
    }

    // What can be rendered again from the entries is; the state of a close is held against the lines that were read here.
    private static string Compare(SessionSnapshot snapshot, ApprovalRequest request, ActionSet actions, RenderedPlan plan, List<string> doubts)
    {
        if (request.Body.Over.Covers("close"))
        {
            var close = plan.Json.ToElement().GetProperty("close");
            var entries = close.GetProperty("entries").GetInt64();
            if (entries >= 1 && entries <= snapshot.Log.Count && snapshot.Log[(int)entries - 1].Hash.Hex == close.GetProperty("head").GetString()) return "The head that is signed is the one that this screen has read.";
            doubts.Add("The head that is to be signed is not the one that this screen has read.");
            return "";
        }

        if (snapshot.View.Current?.RequestSeq == request.Head.Seq)
        {
            if (new PlanRenderer(actions).ForApproval(snapshot.View, RadiusText.OfPlan(plan)).Digest == request.Body.Plan) return "This screen rendered the plan again from the entries, and came to the same digest.";
            doubts.Add("This screen rendered the plan again from the entries, and came to another digest.");
        }

        return "";
    }

    // Hundreds of lines follow; what changes something stands before them.
    private static IEnumerable<StyledLine> InShort(RenderedPlan plan, int columns)
    {
        var steps = plan.Steps.ToList();
        if (steps.Count < 2) yield break;
        yield return StyledLine.Of($"IN SHORT  {PersonText.Count(steps.Count, "step")} that call something", Tone.Strong);
        foreach (var effect in Enum.GetValues<EffectClass>().OrderDescending())
        {
            var titles = steps.Where(s => Text(s, "class") == effect.Name()).Select(s => Text(s, "title")).ToList();
            if (titles.Count == 0) continue;
            foreach (var line in Cells.Wrap(Safe.Screen($"{string.Join("; ", titles)}."), columns, CallLines.ToneOf(effect), "  " + Cells.Fit(effect.Name(), 13))) yield return line;
        }

        yield return StyledLine.Empty;
    }

    private static IEnumerable<(string What, string Target, string Title)> TakenAway(RenderedPlan plan)
    {
        foreach (var step in plan.Steps)
        {
            if (!step.TryGetProperty("calls", out var calls)) continue;
            foreach (var call in calls.EnumerateArray())
            {
                if (Text(call, "class") == "destructive") yield return (Text(call, "what"), Text(call, "target"), Text(step, "title"));
            }
        }
    }

    private static string Text(System.Text.Json.JsonElement value, string name) =>
        value.TryGetProperty(name, out var member) && member.ValueKind == System.Text.Json.JsonValueKind.String ? member.GetString()! : "";
}
