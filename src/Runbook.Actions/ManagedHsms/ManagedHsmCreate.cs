using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Core;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>keyvault.managed-hsm.create</c>. Looks first: a PUT onto an HSM that is there would change it, so it is never sent.
/// </summary>
internal sealed class ManagedHsmCreate(AzureSite site, AzureWire? wire) : ArmAction(site, wire)
{
    private static readonly Schema NothingObserved = Shape.Of("");

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.managed-hsm.create",
        Summary = "Creates a managed HSM, once it has seen that there is none of that name here, and waits until it is provisioned.",
        Effect = EffectClass.Once,
        With = Shape.Of($$"""
            name: {{{ResultText.HsmArgument}}}
            location: {type: string, description: "The region"}
            administrators: {type: array, minItems: 1, maxItems: 20, items: {type: string, format: uuid}, description: "Object ids of the first Administrators; only creation can name them"}
            retentionDays: {type: integer, minimum: 7, maximum: 90, default: 90, description: "How long it is kept after deletion; can never be changed"}
            purgeProtection: {type: boolean, default: false, description: "Whether nobody may purge it; can be turned on later, and never off"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """),
        Result = Shape.Of(ResultText.ManagedHsm),
        Permissions =
        [
            new(PermissionPlane.ResourceManager, "Microsoft.KeyVault/managedHSMs/read", "the resource group", "Managed HSM contributor"),
            new(PermissionPlane.ResourceManager, "Microsoft.KeyVault/managedHSMs/write", "the resource group", "Managed HSM contributor"),
        ],
        AzCommand = "az keyvault create --hsm-name {name:name} --resource-group {resourceGroup} --location {location} --administrators {administrators} --retention-days {retentionDays} --enable-purge-protection {purgeProtection} --tags {tags}",
        Settle = new SettlingProbe("Reads the HSM: it took effect when it is provisioned, and location, retention, administrators and tags are those that were asked for.", TimeSpan.FromMinutes(5)),
        UsuallyTakes = TimeSpan.FromMinutes(25),
        Errors = Refusals.ResourceManagerWrites.AddRange(
            new("AlreadyExists", "A managed HSM of that name is in the group already.", "Nothing was sent: the console refuses to write over it.", "Take another name, or go on with the one that is there."),
            new("VaultAlreadyExists", "The name is taken, perhaps by somebody else, perhaps by a deleted HSM.", "Nothing changed.", "Ask with keyvault.managed-hsm.get-deleted, or take another name."),
            new("ProvisioningFailed", "Azure gave up half-way.", "The HSM is there in the state Failed: it holds nothing, and may cost money.", "Delete it and create it again under another name: this one is kept for its retention.")),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        return [Look(arguments), Write(arguments)];
    }

    /// <inheritdoc/>
    public override async Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var resource = await LookAsync(call.Url, context, cancellationToken).ConfigureAwait(false);
        if (ArmOperations.IsGone(resource)) return new SettleVerdict.DidNot(Answers.Of(resource));
        if (!resource.IsSuccess) return new SettleVerdict.CannotTell($"The HSM could not be read: {resource.ErrorOf().Code}.");
        if (!IsWhatWasAskedFor(call.Body!.Value, resource.Json!.Value)) return new SettleVerdict.CannotTell("There is a managed HSM of that name, and it is not the one that was asked for.");
        if (ArmOperations.IsRunning(resource.Json)) return new SettleVerdict.Running(new PendingOperation(call.Url, ArmOperations.StateOf(resource.Json)!, resource.RetryAfter ?? ActionsLimits.PollDelay, "resource"));
        return new SettleVerdict.TookEffect(ArmOperations.Done(call, resource, 1));
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.Length switch
    {
        0 => Look(with),
        1 => Write(with),
        _ => null,
    };

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context)
    {
        if (exchange.Call.Method != "GET") return base.Read(exchange, answer, context);
        if (ArmOperations.IsGone(answer)) return Answers.Absent(answer, exchange.Tries);
        return answer.IsSuccess
            ? Answers.Refused("AlreadyExists", $"There is a managed HSM at {exchange.Call.Target} already; it is left as it is.", answer)
            : Answers.Of(answer, exchange.Tries);
    }

    private PlannedCall Look(Arguments with) =>
        Make(0, EffectClass.Read, "GET", Site.HsmId(with.Text("name")), $"See that no managed HSM '{with.Text("name")}' is here yet.", observes: NothingObserved);

    private PlannedCall Write(Arguments with) =>
        Make(1, EffectClass.Once, "PUT", Site.HsmId(with.Text("name")), $"Create the managed HSM '{with.Text("name")}' in {with.Text("location")}.", Arguments.ObjectOf(
            ("location", LocationOf(with)),
            ("sku", new JsonObject { ["family"] = "B", ["name"] = "Standard_B1" }),
            ("tags", with.Node("tags")),
            ("properties", Arguments.ObjectOf(
                ("tenantId", Site.TenantId),
                ("initialAdminObjectIds", with.Node("administrators")),
                ("enableSoftDelete", true),
                ("softDeleteRetentionInDays", with.Node("retentionDays") ?? 90),
                ("enablePurgeProtection", with.Node("purgeProtection") ?? false)))));

    // Azure's client spells regions its own way ("East US 2" is eastus2); the plan shows what will leave.
    private static JsonNode? LocationOf(Arguments with) =>
        with.TextOrNull("location") is { } text && !text.Contains("${", StringComparison.Ordinal) ? new AzureLocation(text).Name : with.Node("location");

    private static bool IsWhatWasAskedFor(JsonElement asked, JsonElement there)
    {
        var (wanted, found) = (asked.GetProperty("properties"), there.GetProperty("properties"));
        return string.Equals(asked.GetProperty("location").GetString(), there.GetProperty("location").GetString(), StringComparison.OrdinalIgnoreCase)
            && JsonElement.DeepEquals(wanted.GetProperty("softDeleteRetentionInDays"), found.GetProperty("softDeleteRetentionInDays"))
            && TextsOf(wanted, "initialAdminObjectIds").SetEquals(TextsOf(found, "initialAdminObjectIds"))
            && TagsOf(asked).All(t => TagsOf(there).Contains(t));
    }

    private static HashSet<string> TextsOf(JsonElement from, string name) =>
        from.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(i => i.GetString()!).ToHashSet(StringComparer.OrdinalIgnoreCase) : [];

    private static HashSet<(string, string?)> TagsOf(JsonElement from) =>
        from.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Object ? [.. tags.EnumerateObject().Select(t => (t.Name, t.Value.GetString()))] : [];
}
