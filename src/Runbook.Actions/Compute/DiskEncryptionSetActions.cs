using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary><c>compute.disk-encryption-set.*</c>: between disks and the key that they are encrypted with.</summary>
internal static class DiskEncryptionSetActions
{
    private const string Version = "2023-04-02";
    private const string Type = "Microsoft.Compute/diskEncryptionSets";
    private const string Double = "EncryptionAtRestWithPlatformAndCustomerKeys";
    private const string Single = "EncryptionAtRestWithCustomerKey";
    private const string NameText = """{type: string, minLength: 1, description: "Name of the set in the profile's resource group, or its full id"}""";
    private const string KeyText = """{type: string, pattern: '^https://[^/?#]+/keys/[0-9a-zA-Z-]{1,127}/[0-9a-f]{32}$', description: "Id of the key's version: always with its version, also where rotation is followed"}""";
    private const string Set = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        tags: {type: object, additionalProperties: {type: string} }
        identity: {type: object, additionalProperties: true}
        properties:
          type: object
          additionalProperties: false
          properties:
            provisioningState: {type: string}
            encryptionType: {type: string}
            activeKey: {type: object, additionalProperties: false, properties: {keyUrl: {type: string} } }
            rotationToLatestKeyVersionEnabled: {type: boolean}
            lastKeyRotationTimestamp: {type: string}
            autoKeyRotationError: {type: object, additionalProperties: false, properties: {code: {type: string}, message: {type: string} } }
        """;

    /// <summary>What a key that can't be used is told by, for sets and disks alike.</summary>
    public static ImmutableArray<ActionError> KeyErrors { get; } =
    [
        new("KeyVaultAccessForbidden", "The set's identity may not use the key, or not yet.", "Nothing changed.", "Give it Managed HSM Crypto Service Encryption User at the key, wait until that is in force, and try again."),
        new("KeyVaultKeyNotFound", "There is no such key.", "Nothing changed.", "Check the key's id, and that it is not deleted."),
        new("KeyVaultKeyNotEnabled", "The key is disabled.", "Nothing changed.", "Enable the version, then try again."),
        new("ManagedServiceIdentityNotFound", "The set's identity does not exist any more.", "Nothing changed.", "Give the set another identity, and that one the role on the key."),
    ];

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var sets = new ResourceFamily(site, wire, Type, Version, "disk encryption set", "Contributor", (s, with) => IdOf(s, with.Text("name")), Set)
        {
            Errors =
            [
                .. KeyErrors,
                new("InvalidParameter", "The key's id has no version, or the HSM or vault is not in the set's region.", "Nothing changed.", "Give the id of a version, of a store in that region."),
                new("OperationNotAllowed", "Disks are still encrypted under the set, or the subscription's quota has no room for another one; the message says which.", "Nothing changed.", "List the disks with compute.disk-encryption-set.list-disks, and move or delete them first; have a quota raised."),
            ],
        };
        yield return sets.Get("compute.disk-encryption-set.get", "Reads a disk encryption set: its key, whether it follows rotation, and what became of the last attempt to.", $"name: {NameText}", with => $"Read the disk encryption set '{with.Text("name")}'.", "az disk-encryption-set show --name {name:name} --resource-group {resourceGroup}");
        yield return sets.Get("compute.disk-encryption-set.list-disks", "Lists the disks and snapshots that are encrypted under a set.", $"name: {NameText}", with => $"List what is encrypted under '{with.Text("name")}'.", "az disk-encryption-set list-associated-resources --name {name:name} --resource-group {resourceGroup}", "/associatedResources", result: "value: {type: array, items: {type: string} }");
        yield return sets.Change(Create);
        yield return sets.Change(SetKey);
        yield return sets.Change(SetRotation);
        yield return sets.Change(Delete);
    }

    /// <summary>A set's id, from its name or its id.</summary>
    public static string IdOf(AzureSite site, string nameOrId) => site.Id(Type, nameOrId);

    private static ResourceChange Create => new()
    {
        Name = "compute.disk-encryption-set.create",
        Summary = "Makes a disk encryption set with a key of yours, once it has seen that there is none of that name here. Its kind of encryption can never be changed.",
        Effect = EffectClass.Once,
        With = $$"""
            name: {{NameText}}
            location: {type: string, description: "The region: that of the HSM and of the disks"}
            key: {{KeyText}}
            identity?: {type: string, description: "Id of the user-assigned identity that reaches the key, and may do so already; without one the set gets an identity of its own, which may only later"}
            doubleEncryption: {type: boolean, default: true, description: "A second layer with Microsoft's key; can never be changed"}
            followRotation: {type: boolean, default: true, description: "Whether a new version of the key is taken up, within an hour"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """,
        LooksFirst = true,
        Says = with => $"Create the disk encryption set '{with.Text("name")}' with {with.Text("key")}{(with.TextOrNull("doubleEncryption") is "false" ? "" : ", and a second layer below")}.",
        Body = (_, with, _) => Arguments.ObjectOf(
            ("location", with.Node("location")),
            ("tags", with.Node("tags")),
            ("identity", with.TextOrNull("identity") is { } identity ? ManagedIdentity.UserAssigned(identity) : ManagedIdentity.OfItsOwn()),
            ("properties", new JsonObject
            {
                ["encryptionType"] = with.TextOrNull("doubleEncryption") switch { null or "true" => Double, "false" => Single, var unknown => unknown },
                ["activeKey"] = new JsonObject { ["keyUrl"] = with.Node("key") },
                ["rotationToLatestKeyVersionEnabled"] = with.Node("followRotation") ?? true,
            })),
        Settles = "Reads the set, of which there was none before: it took effect when it is there as it was asked for.",
        Takes = TimeSpan.FromSeconds(30),
    };

    private static ResourceChange SetKey => new()
    {
        Name = "compute.disk-encryption-set.set-key",
        Summary = "Gives a disk encryption set another key, or another version: every disk under it is wrapped anew.",
        Method = "PATCH",
        With = $"name: {NameText}\nkey: {KeyText}",
        Says = with => $"Have the disks under '{with.Text("name")}' encrypted with {with.Text("key")}.",
        Body = (_, with, _) => new JsonObject { ["properties"] = new JsonObject { ["activeKey"] = new JsonObject { ["keyUrl"] = with.Node("key") } } },
        Az = "az disk-encryption-set update --name {name:name} --resource-group {resourceGroup} --key-url {key}",
        Settles = "Reads the set: it took effect when that key is its active one.",
        Takes = TimeSpan.FromSeconds(30),
        Inverse = new ActionInverse("compute.disk-encryption-set.set-key", "compute.disk-encryption-set.get", "Gives it the key that it had before, which must still be enabled."),
        Undo = (with, before) => new JsonObject { ["name"] = with.Node("name"), ["key"] = before!.Value.GetProperty("properties").GetProperty("activeKey").GetProperty("keyUrl").GetString() },
    };

    private static ResourceChange SetRotation => new()
    {
        Name = "compute.disk-encryption-set.set-rotation",
        Summary = "Has a disk encryption set follow the rotation of its key, or not.",
        Method = "PATCH",
        With = $"name: {NameText}\nfollowRotation: {{type: boolean, description: \"Whether a new version of the key is taken up, within an hour\"}}",
        Says = with => $"Have '{with.Text("name")}' {(with.TextOrNull("followRotation") is "false" ? "stay with the version that it has" : "follow the rotation of its key")}.",
        Body = (_, with, _) => new JsonObject { ["properties"] = new JsonObject { ["rotationToLatestKeyVersionEnabled"] = with.Node("followRotation") } },
        Az = "az disk-encryption-set update --name {name:name} --resource-group {resourceGroup} --enable-auto-key-rotation {followRotation}",
        Settles = "Reads the set: it took effect when it says so.",
        Inverse = new ActionInverse("compute.disk-encryption-set.set-rotation", "compute.disk-encryption-set.get", "Has it do what it did before; a version that it took up meanwhile stays."),
        Undo = (with, before) => new JsonObject { ["name"] = with.Node("name"), ["followRotation"] = FollowedBefore(before!.Value) },
    };

    private static ResourceChange Delete => new()
    {
        Name = "compute.disk-encryption-set.delete",
        Summary = "Deletes a disk encryption set under which no disk is encrypted any more. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        Method = "DELETE",
        With = $"name: {NameText}",
        Says = with => $"Delete the disk encryption set '{with.Text("name")}'.",
        Az = "az disk-encryption-set delete --name {name:name} --resource-group {resourceGroup}",
        Settles = "Looks for the set: it took effect when it is gone.",
        Takes = TimeSpan.FromSeconds(30),
    };

    private static bool FollowedBefore(JsonElement set) =>
        set.TryGetProperty("properties", out var properties) && properties.TryGetProperty("rotationToLatestKeyVersionEnabled", out var follows) && follows.ValueKind == JsonValueKind.True;
}
