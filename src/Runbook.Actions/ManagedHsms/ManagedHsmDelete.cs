using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.managed-hsm.delete</c>.</summary>
internal sealed class ManagedHsmDelete(AzureSite site, AzureWire? wire) : ArmAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.managed-hsm.delete",
        Summary = "Deletes a managed HSM; it can be recovered, and keeps its name, until its retention has passed. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        With = Shape.Of($"name: {{{ResultText.HsmArgument}}}"),
        Result = Shape.Of(""),
        Permissions = [new(PermissionPlane.ResourceManager, "Microsoft.KeyVault/managedHSMs/delete", "the managed HSM {name}", "Managed HSM contributor")],
        AzCommand = "az keyvault delete --hsm-name {name:name} --resource-group {resourceGroup}",
        Settle = new SettlingProbe("Reads the HSM: it took effect when it is gone.", TimeSpan.FromMinutes(5)),
        UsuallyTakes = TimeSpan.FromMinutes(10),
        Errors = Refusals.ResourceManagerWrites.Add(new("NotDeleted", "Azure ended the deletion, and the HSM is still there.", "The HSM is as it was.", "Read it, and look for extended regions: they are removed first.")),
    };

    /// <inheritdoc/>
    public override async Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var resource = await LookAsync(call.Url, context, cancellationToken).ConfigureAwait(false);
        if (ArmOperations.IsGone(resource)) return new SettleVerdict.TookEffect(Answers.Absent(resource));
        if (!resource.IsSuccess) return new SettleVerdict.CannotTell($"The HSM could not be read: {resource.ErrorOf().Code}.");
        return ArmOperations.StateOf(resource.Json) is "Deleting"
            ? new SettleVerdict.Running(new PendingOperation(call.Url, "Deleting", resource.RetryAfter ?? ActionsLimits.PollDelay, "resource"))
            : new SettleVerdict.DidNot(Answers.Of(resource));
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.IsEmpty
        ? Make(0, EffectClass.Destructive, "DELETE", Site.HsmId(with.Text("name")), $"Delete the managed HSM '{with.Text("name")}'; it stays recoverable for its retention.")
        : null;
}
