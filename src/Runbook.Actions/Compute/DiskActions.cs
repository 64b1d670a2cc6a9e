using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary><c>compute.disk.*</c>: managed disks, and the set that they are encrypted under.</summary>
internal static class DiskActions
{
    private const string Version = "2023-04-02";
    private const string Type = "Microsoft.Compute/disks";
    private const string NameText = """{type: string, minLength: 1, description: "Name of the disk in the profile's resource group, or its full id"}""";
    private const string SetText = """{type: string, minLength: 1, description: "Disk encryption set of the same region: its name in the profile's resource group, or its full id"}""";
    private const string Disk = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        tags: {type: object, additionalProperties: {type: string} }
        sku: {type: object, additionalProperties: false, properties: {name: {type: string}, tier: {type: string} } }
        properties: {type: object, additionalProperties: false, properties: {provisioningState: {type: string}, diskState: {type: string}, diskSizeGB: {type: integer}, timeCreated: {type: string}, encryption: {type: object, additionalProperties: false, properties: {type: {type: string}, diskEncryptionSetId: {type: string} } } } }
        """;

    private static readonly ImmutableArray<ActionError> KeyErrors =
    [
        .. DiskEncryptionSetActions.KeyErrors,
        new("InvalidParameter", "Size, kind or region of the disk does not fit, or not with the set: both must be in one region, and double encryption is not for Ultra disks and Premium SSD v2.", "Nothing changed.", "Read the message; take another kind of disk or a set of the disk's region."),
        new("DirectDriveDiskNotSupportUserAssignedIdentityDes", "Ultra disks and Premium SSD v2 take only sets with an identity of their own.", "Nothing changed.", "Use a set that was made without identity."),
        new("OperationNotAllowed", "The disk is in use, or would go back to a platform key, or become smaller, or the subscription's quota has no room for it; the message says which.", "Nothing changed.", "Detach it, or deallocate its machine, then try again; have a quota raised; a disk never goes back to a platform key."),
    ];

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var disks = new ResourceFamily(site, wire, Type, Version, "disk", "Contributor", (s, with) => s.Id(Type, with.Text("name")), Disk) { Errors = KeyErrors };
        yield return disks.Get("compute.disk.get", "Reads a disk: its state, and how and under which set it is encrypted.", $"name: {NameText}", with => $"Read the disk '{with.Text("name")}'.", "az disk show --name {name:name} --resource-group {resourceGroup}");
        yield return disks.Change(Create);
        yield return disks.Change(SetEncryption);
        yield return disks.Change(Delete);
    }

    private static ResourceChange Create => new()
    {
        Name = "compute.disk.create",
        Summary = "Makes an empty disk that is encrypted under a disk encryption set, once it has seen that there is none of that name here.",
        Effect = EffectClass.Once,
        With = $$"""
            name: {{NameText}}
            location: {type: string, description: "The region, which must be the set's"}
            encryptionSet: {{SetText}}
            size: {type: integer, minimum: 4, maximum: 32767, description: "Size in GiB"}
            sku: {type: string, enum: [Premium_LRS, Premium_ZRS, StandardSSD_LRS, StandardSSD_ZRS, Standard_LRS, PremiumV2_LRS, UltraSSD_LRS], default: Premium_LRS, description: "Its kind; the last two take no second layer"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """,
        LooksFirst = true,
        Says = with => $"Create the disk '{with.Text("name")}' of {with.Text("size")} GiB, encrypted under '{with.Text("encryptionSet")}'.",
        Body = (site, with, _) => Arguments.ObjectOf(
            ("location", with.Node("location")),
            ("tags", with.Node("tags")),
            ("sku", new JsonObject { ["name"] = with.Node("sku") ?? "Premium_LRS" }),
            ("properties", new JsonObject
            {
                ["creationData"] = new JsonObject { ["createOption"] = "Empty" },
                ["diskSizeGB"] = with.Node("size"),
                ["encryption"] = EncryptionBy(site, with),
            })),
        Az = "az disk create --name {name:name} --resource-group {resourceGroup} --location {location} --size-gb {size} --sku {sku} --disk-encryption-set {encryptionSet} --tags {tags}",
        Settles = "Reads the disk, of which there was none before: it took effect when it is there as it was asked for.",
        Takes = TimeSpan.FromSeconds(30),
    };

    private static ResourceChange SetEncryption => new()
    {
        Name = "compute.disk.set-encryption",
        Summary = "Encrypts a disk under another set; it must be unattached, or its machine deallocated.",
        Method = "PATCH",
        With = $"name: {NameText}\nencryptionSet: {SetText}",
        Says = with => $"Encrypt the disk '{with.Text("name")}' under '{with.Text("encryptionSet")}'.",
        Body = (site, with, _) => new JsonObject { ["properties"] = new JsonObject { ["encryption"] = EncryptionBy(site, with) } },
        Az = "az disk update --name {name:name} --resource-group {resourceGroup} --disk-encryption-set {encryptionSet}",
        Settles = "Reads the disk: it took effect when that set is the disk's.",
        Takes = TimeSpan.FromSeconds(30),
        Inverse = new ActionInverse("compute.disk.set-encryption", "compute.disk.get", "Encrypts it under the set that it had before; one that had a platform key never gets that back."),
        Undo = (with, before) => new JsonObject { ["name"] = with.Node("name"), ["encryptionSet"] = SetBefore(before) },
    };

    private static ResourceChange Delete => new()
    {
        Name = "compute.disk.delete",
        Summary = "Deletes a disk with all that is on it. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        Method = "DELETE",
        With = $"name: {NameText}",
        Says = with => $"Delete the disk '{with.Text("name")}' with all that is on it.",
        Az = "az disk delete --name {name:name} --resource-group {resourceGroup} --yes",
        Settles = "Looks for the disk: it took effect when it is gone.",
        Takes = TimeSpan.FromSeconds(30),
    };

    private static JsonObject EncryptionBy(AzureSite site, Arguments with) => new() { ["diskEncryptionSetId"] = DiskEncryptionSetActions.IdOf(site, with.Text("encryptionSet")) };

    private static string? SetBefore(JsonElement? before) =>
        before is { } disk && disk.TryGetProperty("properties", out var properties) && properties.TryGetProperty("encryption", out var encryption) && encryption.TryGetProperty("diskEncryptionSetId", out var set)
            ? set.GetString()
            : throw new InvalidOperationException("The disk was encrypted with a platform key before, and no disk goes back to one.");
}
