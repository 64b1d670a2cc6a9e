using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.managed-hsm.check-name</c>.</summary>
internal sealed class ManagedHsmCheckName(AzureSite site, AzureWire? wire) : ArmAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.managed-hsm.check-name",
        Summary = "Asks whether a name for a managed HSM is free in all of Azure.",
        Effect = EffectClass.Read,
        With = Shape.Of("name: {type: string, minLength: 3, maxLength: 24, description: \"The name that is wanted\"}"),
        Result = Shape.Of("""
            nameAvailable: {type: boolean}
            reason: {type: string, description: "AlreadyExists or AccountNameInvalid, where the name is not to be had"}
            message: {type: string}
            """),
        Permissions = [new(PermissionPlane.ResourceManager, "Microsoft.KeyVault/checkMhsmNameAvailability/read", "/subscriptions/{subscription}", "Reader")],
        AzCommand = "az keyvault check-name --name {name:name} --resource-type hsm",
        Errors = Refusals.ResourceManager,
    };

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.IsEmpty
        ? Make(0, EffectClass.Read, "POST", $"/subscriptions/{Site.SubscriptionId}/providers/Microsoft.KeyVault/checkMhsmNameAvailability", $"Ask whether the name '{with.Text("name")}' is free.", Arguments.ObjectOf(("name", with.Node("name"))))
        : null;
}
