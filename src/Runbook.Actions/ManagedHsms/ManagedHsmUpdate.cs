using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.managed-hsm.update</c>.</summary>
internal sealed class ManagedHsmUpdate(AzureSite site, AzureWire? wire) : ArmAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.managed-hsm.update",
        Summary = "Turns on purge protection of a managed HSM, for good.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            name: {{{ResultText.HsmArgument}}}
            purgeProtection: {type: boolean, const: true, description: "It can be turned on only"}
            """),
        Result = Shape.Of(ResultText.ManagedHsm),
        Permissions = [new(PermissionPlane.ResourceManager, "Microsoft.KeyVault/managedHSMs/write", "the managed HSM {name}", "Managed HSM contributor")],
        AzCommand = "az keyvault update-hsm --hsm-name {name:name} --resource-group {resourceGroup} --enable-purge-protection true",
        Settle = new SettlingProbe("Reads the HSM: it took effect when properties.enablePurgeProtection is true and nothing is under way.", TimeSpan.FromMinutes(5)),
        UsuallyTakes = TimeSpan.FromMinutes(2),
        Errors = Refusals.ResourceManagerWrites.Add(new("ResourceNotFound", "There is no managed HSM of that name in the group.", "Nothing changed.", "Check the name.")),
    };

    /// <inheritdoc/>
    public override async Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var resource = await LookAsync(call.Url, context, cancellationToken).ConfigureAwait(false);
        if (ArmOperations.IsGone(resource)) return new SettleVerdict.DidNot(Answers.Of(resource));
        if (!resource.IsSuccess) return new SettleVerdict.CannotTell($"The HSM could not be read: {resource.ErrorOf().Code}.");
        if (ArmOperations.IsRunning(resource.Json)) return new SettleVerdict.Running(new PendingOperation(call.Url, ArmOperations.StateOf(resource.Json)!, resource.RetryAfter ?? ActionsLimits.PollDelay, "resource"));
        var on = resource.Json!.Value.GetProperty("properties").TryGetProperty("enablePurgeProtection", out var protection) && protection.ValueKind == System.Text.Json.JsonValueKind.True;
        return on ? new SettleVerdict.TookEffect(ArmOperations.Done(call, resource, 1)) : new SettleVerdict.DidNot(Answers.Of(resource));
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.IsEmpty
        ? Make(0, EffectClass.Idempotent, "PATCH", Site.HsmId(with.Text("name")), $"Turn on purge protection of '{with.Text("name")}'; nobody can turn it off again.", new JsonObject
        {
            ["properties"] = Arguments.ObjectOf(("enablePurgeProtection", with.Node("purgeProtection"))),
        })
        : null;
}
