using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>preflight.outage.predict</c>: what would lose its key if something happened, by the assignments, identities and rules as
/// they are. Besides the planned reading it makes those of a preflight; it changes nothing.
/// </summary>
internal sealed class OutagePredict(AzureSite site, AzureWire? wire) : AzureAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "preflight.outage.predict",
        Summary = "Predicts which resources lose their key if a grant is cleaned up, a successor takes the key's place, identities are replaced, the network is closed, or the key is rotated.",
        Effect = EffectClass.Read,
        With = Shape.Of("""
            key: {type: string, pattern: '^https://[^/?#]+/keys/[0-9a-zA-Z-]{1,127}(/[0-9a-f]{32})?$', description: "Id of the key, with a version or without"}
            change: {type: string, enum: [clean-up, successor, identity, network, rotation], description: "What happens to it"}
            successor?: {type: string, pattern: '^[0-9a-zA-Z-]{1,127}$', description: "Name of the key in the same HSM that takes its place, where that is what happens"}
            """),
        Result = Shape.Of("""
            inaccessible: {type: array, items: {type: string}, description: "Ids of what loses its key, with the databases or disks behind it"}
            reasons: {type: array, items: {type: object, additionalProperties: false, properties: {resource: {type: string}, says: {type: string}, failover: {type: string}}}}
            """),
        Permissions = [Needs.Hsm("roleAssignments/read/action", "/", "Managed HSM Crypto Auditor")],
        NoAzCommand = "No command predicts. By hand: az keyvault role assignment list --hsm-name HSM --scope /keys/KEY, and compare with the identities of what uses the key.",
        Needs = [Reliances.HsmNetwork("key"), Reliances.OperatorsRole],
        Errors = Refusals.ManagedHsm.Add(new ActionError("CannotTell", "Something that the prediction rests on could not be read.", "Nothing changed.", "Read in the message what it is, have reading it permitted, and try again.")),
    };

    /// <inheritdoc/>
    public override async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(permit, call, context, cancellationToken).ConfigureAwait(false);
        if (answer.Error is not null) return answer;
        var with = new Arguments(call.Part!.Value);
        var key = KeyNames.WithoutVersion(with.Text("key"));
        var successor = with.TextOrNull("successor") is { } name ? $"{key[..key.LastIndexOf('/')]}/{name}" : key;
        var focus = new PlanFocus { Hosts = [KeyNames.HostOf(key)], Keys = [key, successor], Resources = [], ArmScopes = [] };
        var model = await new ModelReader(new PreflightReader(Wire, context.Time), Site, context.Time).ReadAsync(caller: null, focus, cancellationToken).ConfigureAwait(false);
        return WhyNot(model, key) is { } why
            ? Answers.Refused("CannotTell", why) with { Status = answer.Status }
            : answer with { Observed = Arguments.ToElement(Tell(Predict(model, key, with.Text("change"), successor))) };
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        if (!answers.IsEmpty) return null;
        var key = with.Text("key");
        var host = KeyNames.HostOf(key) is { Length: > 0 } known ? known : $"${{hsm}}.{Site.Cloud.ManagedHsmDomain}";
        return new PlannedCall
        {
            Index = 0,
            Effect = EffectClass.Read,
            Description = $"Read who may use {key}, and predict what '{with.Text("change")}' takes it from.",
            Target = key,
            Method = "GET",
            Url = $"https://{host}/providers/Microsoft.Authorization/roleAssignments?api-version={AzureSite.HsmVersion}",
            Part = with.All,
        };
    }

    private ImmutableArray<PredictedOutage> Predict(PreflightModel model, string key, string change, string successor)
    {
        var judge = new OutageJudge(new KeyUse(new RepairDesk(AzureActions.Rendering(Site), Site)));
        var users = model with { Dependants = [.. model.Dependants.Where(d => JsonParts.Same(d.KeyId, key))] };
        return change switch
        {
            "clean-up" => [.. judge.InUse(PlanChanges.WithoutHoldings(users, h => JsonParts.Same(h.Scope, $"/keys/{KeyNames.NameOf(key)}")))],
            "successor" => [.. judge.InUse(users with { Dependants = [.. users.Dependants.Select(d => d with { Key = successor, InUse = null })] })],
            "identity" => [.. judge.InUse(users with { Dependants = [.. users.Dependants.Select(d => d with { Principal = null })] })],
            "network" => [.. judge.InUse(PlanChanges.Closed(users, KeyNames.HostOf(key)))],
            _ => [.. judge.AsThingsStand(users).Where(o => o.Cause != "key-expired" || o.At is null)],
        };
    }

    private static string? WhyNot(PreflightModel model, string key)
    {
        var store = model.Stores.GetValueOrDefault(KeyNames.HostOf(key));
        if (store is not { Exists: true }) return "The store of the key could not be read.";
        if (store.RolesUnread is { } unread) return $"It can't be told: {unread}.";
        if (!model.IsWhole) return string.Join(' ', model.Unchecked);
        return model.Keys.GetValueOrDefault(key)?.Unread is { } whyNot ? $"The key could not be read ({whyNot})." : null;
    }

    private static JsonObject Tell(ImmutableArray<PredictedOutage> outages) => new()
    {
        ["inaccessible"] = new JsonArray([.. outages.SelectMany(o => o.Also.Prepend(o.Resource)).Distinct(StringComparer.OrdinalIgnoreCase).Select(r => (JsonNode)r)]),
        ["reasons"] = new JsonArray([.. outages.Select(o => (JsonNode)Arguments.ObjectOf(("resource", o.Resource), ("says", o.Says), ("failover", o.Failover?.Says)))]),
    };
}
