using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.managed-hsm.get</c>.</summary>
internal sealed class ManagedHsmGet(AzureSite site, AzureWire? wire) : ArmAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.managed-hsm.get",
        Summary = "Reads a managed HSM as Resource Manager shows it; one that is not there is status 404.",
        Effect = EffectClass.Read,
        With = Shape.Of($"name: {{{ResultText.HsmArgument}}}"),
        Result = Shape.Of(ResultText.ManagedHsm),
        Permissions = [new(PermissionPlane.ResourceManager, "Microsoft.KeyVault/managedHSMs/read", "the managed HSM {name}", "Reader")],
        AzCommand = "az keyvault show --hsm-name {name:name} --resource-group {resourceGroup}",
        Errors = Refusals.ResourceManager.Add(new("ResourceNotFound", "There is no managed HSM of that name in the group.", "Nothing changed.", "Check the name; a deleted one is found with keyvault.managed-hsm.get-deleted.")),
    };

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.IsEmpty
        ? Make(0, EffectClass.Read, "GET", Site.HsmId(with.Text("name")), $"Read the managed HSM '{with.Text("name")}'.")
        : null;
}
