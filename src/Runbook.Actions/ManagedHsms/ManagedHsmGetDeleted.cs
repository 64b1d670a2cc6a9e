using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.managed-hsm.get-deleted</c>.</summary>
internal sealed class ManagedHsmGetDeleted(AzureSite site, AzureWire? wire) : ArmAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.managed-hsm.get-deleted",
        Summary = "Reads a deleted managed HSM that can still be recovered, and keeps its name; where there is none, status 404.",
        Effect = EffectClass.Read,
        With = Shape.Of("""
            name: {type: string, minLength: 3, maxLength: 24, description: "The HSM's name"}
            location: {type: string, description: "The region where it was"}
            """),
        Result = Shape.Of("""
            id: {type: string}
            name: {type: string}
            properties: {type: object, additionalProperties: false, properties: {mhsmId: {type: string}, location: {type: string}, deletionDate: {type: string}, scheduledPurgeDate: {type: string}, purgeProtectionEnabled: {type: boolean}, tags: {type: object, additionalProperties: {type: string}}}}
            """),
        Permissions = [new(PermissionPlane.ResourceManager, "Microsoft.KeyVault/locations/deletedManagedHsms/read", "/subscriptions/{subscription}", "Reader")],
        AzCommand = "az keyvault show-deleted --hsm-name {name:name} --location {location}",
        Errors = Refusals.ResourceManager.Add(new("ResourceNotFound", "No deleted managed HSM of that name is kept in that region.", "Nothing changed.", "Somebody else in the world may hold the name, or the HSM was in another region.")),
    };

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.IsEmpty
        ? Make(0, EffectClass.Read, "GET", $"/subscriptions/{Site.SubscriptionId}/providers/Microsoft.KeyVault/locations/{with.Text("location")}/deletedManagedHSMs/{with.Text("name")}", $"Look for a deleted managed HSM '{with.Text("name")}' in {with.Text("location")}.")
        : null;
}
