using System.Collections.Immutable;
using Runbook.Engine;

namespace Runbook.Actions;

/// <summary>
/// Predicts which resources lose their keys: as things stand, at the dates that keys and assignments bring, and with each step
/// of a plan. Pure.
/// </summary>
internal sealed class OutageJudge(KeyUse use)
{
    /// <summary>What is lost without anybody doing anything: now, or at a date.</summary>
    public IEnumerable<PredictedOutage> AsThingsStand(PreflightModel model)
    {
        foreach (var dependant in model.Dependants)
        {
            if (Now(model, dependant) is { } now) yield return now;
            else if (AtDate(model, dependant) is { } later) yield return later;
        }
    }

    /// <summary>What a step takes away from those who have it before.</summary>
    /// <param name="before">The world before the step.</param>
    /// <param name="change">What it changes.</param>
    /// <param name="step">The step.</param>
    public IEnumerable<PredictedOutage> With(PreflightModel before, HarmfulChange change, string step)
    {
        if (change.Moves is { } move)
        {
            var moved = before.Dependants.FirstOrDefault(d => JsonParts.Same(d.Id, move.Resource));
            if (moved is not null && Moved(before, moved, move, step) is { } refused) yield return refused;
            yield break;
        }

        foreach (var dependant in change.After.Dependants)
        {
            if (before.Dependants.FirstOrDefault(d => d.Id == dependant.Id && d.Key == dependant.Key) is not { } same || Obstacle(before, same) is not null) continue;
            if (Obstacle(change.After, dependant) is not { } obstacle) continue;
            yield return Outage(change.After, dependant, obstacle, $"{Loses(dependant)}: {obstacle.Says}; {dependant.Kind.Lost}.") with { Step = step };
        }
    }

    /// <summary>What can't use its key now.</summary>
    public IEnumerable<PredictedOutage> InUse(PreflightModel model) => model.Dependants.Select(d => Now(model, d)).OfType<PredictedOutage>();

    /// <summary>What keeps a resource from the key that it uses, now.</summary>
    public KeyObstacle? Obstacle(PreflightModel model, Dependant dependant) => use.Of(model, dependant, dependant.InUse ?? dependant.Key, model.Now);

    private PredictedOutage? Now(PreflightModel model, Dependant dependant) => Obstacle(model, dependant) is { } obstacle
        ? Outage(model, dependant, obstacle, $"{Loses(dependant)}: {obstacle.Says}; {dependant.Kind.Lost}, if that is not so already.")
        : null;

    private PredictedOutage? AtDate(PreflightModel model, Dependant dependant)
    {
        var key = model.Keys.GetValueOrDefault(dependant.KeyId);
        return AtEndOfGrant(model, dependant, key) ?? (key is { Unread: null } ? AtRotation(model, dependant, key) ?? AtExpiry(model, dependant, key) : null);
    }

    private PredictedOutage? AtEndOfGrant(PreflightModel model, Dependant dependant, KeyFacts? key)
    {
        var inUse = dependant.InUse ?? dependant.Key;
        foreach (var end in KeyUse.Through(model, dependant, inUse, model.Now).Select(h => h.Ends).OfType<DateTimeOffset>().Order())
        {
            if (use.Of(model, dependant, inUse, end) is not { Cause: "grant" } obstacle) continue;
            return Outage(model, dependant, obstacle, $"{Loses(dependant)} when the assignment ends: {obstacle.Says}; {dependant.Kind.Lost}.") with { At = end, Rotation = key?.NextRotation };
        }

        return null;
    }

    // The new version is under the same scope; what may be missing by then is a grant that ends before.
    private PredictedOutage? AtRotation(PreflightModel model, Dependant dependant, KeyFacts key)
    {
        if (!dependant.Follows || key.NextRotation is not { } rotation || rotation < model.Now) return null;
        return use.Of(model, dependant, dependant.KeyId, rotation) is { Cause: not ("key-expired" or "key-disabled") } obstacle
            ? Outage(model, dependant, obstacle, $"{dependant.Name} can't take up the version that the rotation makes: {obstacle.Says}; {dependant.Kind.Lost}.") with { At = rotation }
            : null;
    }

    private static PredictedOutage? AtExpiry(PreflightModel model, Dependant dependant, KeyFacts key)
    {
        if (!dependant.Kind.ExpiryBreaks || key.Of(dependant.InUse ?? dependant.Key) is not { Expires: { } end } version || end <= model.Now) return null;
        if (dependant.Follows && key.NextRotation is { } rotation && rotation < end) return null;
        var why = dependant.Follows ? "and no rotation is due before" : $"and {dependant.Name} does not follow rotation";
        return new PredictedOutage
        {
            Resource = dependant.Id,
            Also = dependant.Also,
            Key = version.Id,
            Cause = "key-expired",
            At = end,
            Says = $"The time of the version {JsonParts.LastPiece(version.Id)} of {KeyNames.NameOf(version.Id)} is over then, {why}; {dependant.Kind.Lost}.",
            Repairs = RepairDesk.Follow(dependant, version.Id),
        };
    }

    private PredictedOutage? Moved(PreflightModel model, Dependant dependant, KeyMove move, string step)
    {
        if (use.Of(model, dependant, move.Key, model.Now) is not { } obstacle) return null;
        var isSameKey = JsonParts.Same(KeyNames.WithoutVersion(move.Key), dependant.KeyId);
        var stays = isSameKey ? "" : $" It stays with {KeyNames.NameOf(dependant.Key)}; as soon as that is disabled, {dependant.Kind.Lost}.";
        return Outage(model, dependant with { Key = move.Key, InUse = null }, obstacle, $"{dependant.Name} can't be moved to {KeyNames.NameOf(move.Key)}: {obstacle.Says}.{stays}") with { Step = step, Rotation = null, Failover = null };
    }

    private PredictedOutage Outage(PreflightModel model, Dependant dependant, KeyObstacle obstacle, string says) => new()
    {
        Resource = dependant.Id,
        Also = dependant.Also,
        Key = dependant.InUse ?? dependant.Key,
        Cause = obstacle.Cause,
        Says = says,
        Rotation = obstacle.Cause is "grant" or "identity" or "network" ? model.Keys.GetValueOrDefault(dependant.KeyId)?.NextRotation : null,
        Failover = Failover(model, dependant),
        Repairs = obstacle.Repairs,
    };

    private FailoverHelp? Failover(PreflightModel model, Dependant dependant)
    {
        if (dependant.Groups.IsEmpty) return null;
        var link = dependant.Groups[0];
        var group = JsonParts.LastPiece(link.Group);
        var partner = JsonParts.LastPiece(link.Partner);
        if (!link.IsPrimary) return new FailoverHelp(link.Group, link.Partner, false, $"In the failover group {group} it is the secondary: nothing is unreachable by that, but no failover to it is possible.");
        if (model.Dependants.FirstOrDefault(d => JsonParts.Same(d.Id, link.Partner)) is not { } other) return new FailoverHelp(link.Group, link.Partner, false, $"Whether the failover group {group} helps can't be told: the key of {partner} could not be read.");
        if (Obstacle(model, other) is { } obstacle) return new FailoverHelp(link.Group, link.Partner, false, $"The failover group {group} does not help: {partner} loses its key as well, since {obstacle.Says}.");
        return JsonParts.Same(other.KeyId, dependant.KeyId)
            ? new FailoverHelp(link.Group, link.Partner, true, $"The failover group {group} helps: {partner} reaches the same key as {Through(model, other)}, and can be made the primary.")
            : new FailoverHelp(link.Group, link.Partner, true, $"The failover group {group} helps: {partner} has the key {KeyNames.NameOf(other.Key)} of its own, and can be made the primary.");
    }

    private static string Through(PreflightModel model, Dependant dependant) => dependant.IdentityId is { } id ? JsonParts.LastPiece(id) : model.Principals.NameOf(dependant.Principal ?? "");

    private static string Loses(Dependant dependant) => $"{dependant.Name} loses its key {KeyNames.NameOf(dependant.Key)}";
}
