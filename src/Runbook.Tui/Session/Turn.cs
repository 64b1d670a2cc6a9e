using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>Whose turn it is, and for what. Follows from the view alone, but for the person that somebody picked.</summary>
/// <param name="Need">What the session waits for.</param>
/// <param name="Role">The role in which the person acts; empty when nobody has to.</param>
/// <param name="Person">Roster id; <see langword="null"/> when nobody has to do anything.</param>
/// <param name="Tick">The item that is next, for ticks.</param>
internal sealed record Turn(SessionNeed Need, string Role, string? Person, OpenTick? Tick)
{
    /// <summary>Whose turn it is.</summary>
    /// <param name="view">The view.</param>
    /// <param name="need">What it needs.</param>
    /// <param name="picked">The person and item that somebody picked; ignored where they are not open.</param>
    public static Turn Of(SessionView view, SessionNeed need, (string Person, int? Item)? picked) => need switch
    {
        SessionNeed.Ticks ticks => OfTicks(ticks, picked),
        SessionNeed.Approvals a => new Turn(need, a.Request.Body.Role, Among(a.Candidates, picked), null),
        SessionNeed.Answers a => new Turn(need, a.Ask.Role, Among(a.Candidates, picked), null),
        SessionNeed.Nothing => new Turn(need, "", null, null),
        _ => new Turn(need, "operator", view.Operator.Length == 0 ? null : view.Operator, null),
    };

    /// <summary>What the session waits for, the settling of a doubt included, which no request asks for yet.</summary>
    public static SessionNeed NeedOf(SessionView view, Moment now, string? missingSecret)
    {
        if (view.Status is SessionStatus.Closed or SessionStatus.Paused) return new SessionNeed.Nothing();
        if (missingSecret is not null) return new SessionNeed.Secret(missingSecret);
        var need = SessionNeed.Of(view, now);
        if (need is not SessionNeed.Nothing) return need;
        return view.Effects.InDoubt.FirstOrDefault(e => e.LastProbe?.Verdict == ProbeVerdict.CannotTell) is { } effect
            ? new SessionNeed.Settlement(effect)
            : need;
    }

    /// <summary>Everybody who could act now, with the item where there is one.</summary>
    public static ImmutableArray<(string Person, OpenTick? Tick)> Everybody(SessionNeed need) => need switch
    {
        SessionNeed.Ticks ticks => [.. ticks.Open.SelectMany(o => o.Candidates.Select(c => (c, (OpenTick?)o)))],
        SessionNeed.Approvals a => [.. a.Candidates.Select(c => (c, (OpenTick?)null))],
        SessionNeed.Answers a => [.. a.Candidates.Select(c => (c, (OpenTick?)null))],
        _ => [],
    };

    /// <summary>"custodian 1 of 3"; just the role where one person holds it.</summary>
    public string Place(SessionView view)
    {
        var people = view.PeopleOf(Role);
        var index = Person is null ? -1 : people.IndexOf(Person);
        return people.Length > 1 && index >= 0 ? $"{Role} {index + 1} of {people.Length}" : Role;
    }

    private static Turn OfTicks(SessionNeed.Ticks ticks, (string Person, int? Item)? picked)
    {
        var open = ticks.Open.FirstOrDefault(o => picked is { } p && o.Attestation.Index == p.Item && o.Candidates.Contains(p.Person))
            ?? ticks.Open.FirstOrDefault(o => picked is { } p && o.Candidates.Contains(p.Person))
            ?? ticks.Open[0];
        return new Turn(ticks, open.Attestation.Role, Among(open.Candidates, picked), open);
    }

    private static string? Among(ImmutableArray<string> candidates, (string Person, int? Item)? picked) =>
        picked is { } p && candidates.Contains(p.Person) ? p.Person : candidates.FirstOrDefault();
}
