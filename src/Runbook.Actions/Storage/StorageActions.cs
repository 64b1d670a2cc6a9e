using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary><c>storage.*</c> on Resource Manager: accounts and their key, encryption scopes, containers, failover.</summary>
internal static class StorageActions
{
    private const string Version = "2023-05-01";
    private const string Type = "Microsoft.Storage/storageAccounts";
    private const string NameText = """{type: string, minLength: 3, description: "Name of the account in the profile's resource group, or its full id"}""";
    private const string Names = $$"""
        name?: {{NameText}}
        names?: {type: array, minItems: 1, maxItems: 50, items: {type: string, minLength: 3}, description: "Several of them, in order"}
        """;
    private const string KeyProperties = "type: object, additionalProperties: false, properties: {keyname: {type: string}, keyvaulturi: {type: string}, keyversion: {type: string}, currentVersionedKeyIdentifier: {type: string}, lastKeyRotationTimestamp: {type: string}}";
    private const string Account = $$"""
        id: {type: string}
        name: {type: string}
        kind: {type: string}
        location: {type: string}
        sku: {type: object, additionalProperties: false, properties: {name: {type: string}, tier: {type: string} } }
        identity: {type: object, additionalProperties: true}
        tags: {type: object, additionalProperties: {type: string} }
        properties:
          type: object
          additionalProperties: false
          properties:
            provisioningState: {type: string}
            primaryLocation: {type: string}
            secondaryLocation: {type: string}
            statusOfPrimary: {type: string}
            statusOfSecondary: {type: string}
            failoverInProgress: {type: boolean}
            primaryEndpoints: {type: object, additionalProperties: false, properties: {blob: {type: string, description: "Address of its blobs, with a slash behind it"} } }
            geoReplicationStats: {type: object, additionalProperties: false, properties: {status: {type: string}, lastSyncTime: {type: string}, canFailover: {type: boolean}, canPlannedFailover: {type: boolean} } }
            encryption: {type: object, additionalProperties: false, properties: {keySource: {type: string}, requireInfrastructureEncryption: {type: boolean}, identity: {type: object, additionalProperties: false, properties: {userAssignedIdentity: {type: string} } }, services: {type: object, additionalProperties: true}, keyvaultproperties: { {{KeyProperties}} } } }
        """;
    private const string Scope = $$"""
        id: {type: string}
        name: {type: string}
        properties: {type: object, additionalProperties: false, properties: {source: {type: string}, state: {type: string}, requireInfrastructureEncryption: {type: boolean}, keyVaultProperties: {type: object, additionalProperties: false, properties: {keyUri: {type: string}, currentVersionedKeyIdentifier: {type: string}, lastKeyRotationTimestamp: {type: string} } } } }
        """;
    private const string Container = """
        id: {type: string}
        name: {type: string}
        properties: {type: object, additionalProperties: false, properties: {defaultEncryptionScope: {type: string}, denyEncryptionScopeOverride: {type: boolean}, publicAccess: {type: string}, hasImmutabilityPolicy: {type: boolean}, hasLegalHold: {type: boolean}}}
        """;

    private static readonly ActionError[] KeyErrors =
    [
        new("KeyVaultPolicyError", "The store of the key has no purge protection or no soft delete.", "Nothing changed.", "Turn purge protection on, then try again."),
        new("KeyVaultAccessForbidden", "The account's identity may not use the key.", "Nothing changed.", "Give it Managed HSM Crypto Service Encryption User at the key, wait until that is in force, and try again."),
        new("KeyVaultAuthenticationFailure", "The account's identity could not prove who it is to the store of the key.", "Nothing changed.", "Check that the identity exists and is attached to the account."),
        new("KeyVaultKeyNotFound", "There is no such key.", "Nothing changed.", "Check the key's name, and that it is not deleted."),
    ];

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var accounts = new ResourceFamily(site, wire, Type, Version, "storage account", "Storage Account Contributor", (s, with) => s.Id(Type, with.Text("name")), Account) { Errors = [.. KeyErrors] };
        var scopes = new ResourceFamily(site, wire, Type + "/encryptionScopes", Version, "encryption scope", "Storage Account Contributor", (s, with) => $"{s.Id(Type, with.Text("account"))}/encryptionScopes/{with.Text("scope")}", Scope) { Errors = [.. KeyErrors] };
        var containers = new ResourceFamily(site, wire, Type + "/blobServices/containers", Version, "container", "Storage Account Contributor", (s, with) => $"{s.Id(Type, with.Text("account"))}/blobServices/default/containers/{with.Text("container")}", Container);
        yield return accounts.Get("storage.account.get", "Reads a storage account: its key, its replication, its state.", $"{Names}\nexpand?: {{type: string, enum: [geoReplicationStats], description: \"What is told beside\"}}", with => $"Read the storage account '{with.Text("name")}'.", "az storage account show --name {name:name} --resource-group {resourceGroup} --expand {expand}", query: "$expand=geoReplicationStats&", list: "names", oneOf: [["name"], ["names"]]);
        yield return accounts.Change(CreateAccount);
        yield return accounts.Change(SetKey);
        yield return accounts.Change(SetPlatformKey);
        yield return accounts.Change(Update);
        yield return accounts.Change(Failover);
        yield return accounts.Change(DeleteAccount);
        yield return scopes.Get("storage.encryption-scope.get", "Reads an encryption scope.", ScopeArguments, with => $"Read the encryption scope '{with.Text("scope")}' of '{with.Text("account")}'.", "az storage account encryption-scope show --account-name {account:name} --resource-group {resourceGroup} --name {scope}");
        yield return scopes.Change(SetScope);
        yield return scopes.Change(SwitchScope(on: true));
        yield return scopes.Change(SwitchScope(on: false));
        yield return containers.Get("storage.container.get", "Reads a container: its encryption scope, and whether a write may choose another.", ContainerArguments, with => $"Read the container '{with.Text("container")}' of '{with.Text("account")}'.");
        yield return containers.Change(CreateContainer);
    }

    private static string ScopeArguments => $$"""
        account: {{NameText}}
        scope: {type: string, pattern: '^[a-z0-9-]{3,63}$', description: "Name of the scope"}
        """;

    private static string ContainerArguments => $$"""
        account: {{NameText}}
        container: {type: string, pattern: '^[a-z0-9-]{3,63}$', description: "Name of the container"}
        """;

    private static ResourceChange CreateAccount => new()
    {
        Name = "storage.account.create",
        Summary = "Makes a storage account that is encrypted with a key of yours from the start, for blobs, files, queues and tables, once it has seen that there is none of that name here.",
        Effect = EffectClass.Once,
        With = $$"""
            name: {{NameText}}
            location: {type: string, description: "The region"}
            sku: {type: string, enum: [Standard_LRS, Standard_ZRS, Standard_GRS, Standard_RAGRS, Premium_LRS], default: Standard_GRS, description: "How it is replicated"}
            identity: {type: string, description: "Id of the user-assigned identity that reaches the key"}
            store: {type: string, format: uri, description: "Address of the HSM or vault: https://NAME.managedhsm.azure.net"}
            key: {type: string, pattern: '^[0-9a-zA-Z-]{1,127}$', description: "Name of the key; its newest version is followed"}
            infrastructureEncryption: {type: boolean, default: true, description: "A second layer below; can never be changed"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """,
        LooksFirst = true,
        Says = with => $"Create the storage account '{with.Text("name")}', encrypted with '{with.Text("key")}' of {with.Text("store")}.",
        Body = (_, with, _) => Arguments.ObjectOf(
            ("location", with.Node("location")),
            ("kind", "StorageV2"),
            ("sku", new JsonObject { ["name"] = with.Node("sku") ?? "Standard_GRS" }),
            ("tags", with.Node("tags")),
            ("identity", IdentityOf(with)),
            ("properties", Arguments.ObjectOf(
                ("minimumTlsVersion", "TLS1_2"),
                ("supportsHttpsTrafficOnly", true),
                ("encryption", Arguments.ObjectOf(
                    ("keySource", "Microsoft.Keyvault"),
                    ("requireInfrastructureEncryption", with.Node("infrastructureEncryption") ?? true),
                    ("services", new JsonObject { ["blob"] = Service(), ["file"] = Service(), ["queue"] = Service(), ["table"] = Service() }),
                    ("identity", new JsonObject { ["userAssignedIdentity"] = with.Node("identity") }),
                    ("keyvaultproperties", new JsonObject { ["keyname"] = with.Node("key"), ["keyvaulturi"] = with.Node("store") })))))),
        Settles = "Reads the account, of which there was none before: it took effect when it is there as it was asked for.",
        Quiet = TimeSpan.FromMinutes(2),
        Inverse = null,
    };

    private static ResourceChange SetKey => new()
    {
        Name = "storage.account.set-key",
        Summary = "Has a storage account encrypted with a key of yours, whose newest version it follows.",
        Method = "PATCH",
        With = $$"""
            name: {{NameText}}
            identity: {type: string, description: "Id of the user-assigned identity that reaches the key"}
            store: {type: string, format: uri, description: "Address of the HSM or vault: https://NAME.managedhsm.azure.net"}
            key: {type: string, pattern: '^[0-9a-zA-Z-]{1,127}$', description: "Name of the key"}
            """,
        Says = with => $"Encrypt '{with.Text("name")}' with '{with.Text("key")}' of {with.Text("store")}.",
        Body = (_, with, _) => Arguments.ObjectOf(
            ("identity", IdentityOf(with)),
            ("properties", new JsonObject
            {
                ["encryption"] = new JsonObject
                {
                    ["keySource"] = "Microsoft.Keyvault",
                    ["identity"] = new JsonObject { ["userAssignedIdentity"] = with.Node("identity") },
                    ["keyvaultproperties"] = new JsonObject { ["keyname"] = with.Node("key"), ["keyvaulturi"] = with.Node("store"), ["keyversion"] = "" },
                },
            })),
        Settles = "Reads the account: it took effect when it names the key and the identity.",
        Inverse = new ActionInverse("storage.account.set-key", "storage.account.get", "Names the key that was named before; an account that had Microsoft's goes back to that by storage.account.use-platform-key."),
        Undo = KeyBefore,
    };

    private static ResourceChange SetPlatformKey => new()
    {
        Name = "storage.account.use-platform-key",
        Summary = "Has a storage account encrypted with Microsoft's own key again.",
        Method = "PATCH",
        With = $"name: {NameText}",
        Says = with => $"Encrypt '{with.Text("name")}' with Microsoft's own key.",
        Body = (_, _, _) => new JsonObject { ["properties"] = new JsonObject { ["encryption"] = new JsonObject { ["keySource"] = "Microsoft.Storage" } } },
        Settles = "Reads the account: it took effect when its key source is Microsoft.Storage.",
    };

    private static ResourceChange Update => new()
    {
        Name = "storage.account.update",
        Summary = "Changes how a storage account is replicated.",
        Method = "PATCH",
        List = "names",
        OneOf = [["name"], ["names"]],
        With = $$"""
            {{Names}}
            sku: {type: string, enum: [Standard_LRS, Standard_ZRS, Standard_GRS, Standard_RAGRS], description: "How it is to be replicated"}
            """,
        Says = with => $"Replicate '{with.Text("name")}' as {with.Text("sku")}.",
        Body = (_, with, _) => new JsonObject { ["sku"] = new JsonObject { ["name"] = with.Node("sku") } },
        Az = "az storage account update --name {name:name} --resource-group {resourceGroup} --sku {sku}",
        Settles = "Reads the account: it took effect when it is replicated so.",
    };

    private static ResourceChange Failover => new()
    {
        Name = "storage.account.failover",
        Summary = "Makes the secondary region of a storage account its primary. Unplanned, it loses what was not copied yet and is replicated in one region only afterwards; planned, it needs both regions and loses nothing. One whose primary is there already counts as done.",
        Effect = EffectClass.Destructive,
        Method = "POST",
        Path = "/failover",
        List = "names",
        OneOf = [["name"], ["names"]],
        With = $$"""
            {{Names}}
            to: {type: string, pattern: '^[a-z0-9]+$', description: "The region that is to be primary, as Azure spells it in short"}
            type: {type: string, enum: [Unplanned, Planned], default: Unplanned, description: "Unplanned: the region is lost; Planned: both are up and change places, and nothing is lost"}
            """,
        Query = with => with.TextOrNull("type") == "Planned" ? "failoverType=Planned&" : "",
        Says = with => with.TextOrNull("type") == "Planned" ? $"Have '{with.Text("name")}' change places with {with.Text("to")}, losing nothing." : $"Fail '{with.Text("name")}' over to {with.Text("to")}.",
        AsksFirst = true,
        Settle = Settling.By(
            c => c.Url.Replace("/failover?", "?", StringComparison.Ordinal).Replace("failoverType=Planned&", "", StringComparison.Ordinal),
            (call, account) => account.GetProperty("properties") is var p && string.Equals(p.GetProperty("primaryLocation").GetString(), call.Part!.Value.GetProperty("to").GetString(), StringComparison.OrdinalIgnoreCase)),
        Settles = "Reads the account, as long as it says that a failover is in progress: it took effect when its primary region is the one that was asked for.",
        Quiet = TimeSpan.FromMinutes(10),
        Takes = TimeSpan.FromMinutes(60),
        Errors =
        [
            new("InvalidOperation", "The account can't fail over: it is not replicated to a second region, or that region is not ready.", "Nothing changed.", "Read the account with expand: geoReplicationStats."),
            new("OperationWithoutEffect", "The failover is over, and the account's primary region is not the one that was asked for.", "The account is where it was.", "Read the account with expand: geoReplicationStats."),
        ],
    };

    private static ResourceChange DeleteAccount => new()
    {
        Name = "storage.account.delete",
        Summary = "Deletes a storage account with all that is in it. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        Method = "DELETE",
        With = $"name: {NameText}",
        Says = with => $"Delete the storage account '{with.Text("name")}' with all that is in it.",
        Az = "az storage account delete --name {name:name} --resource-group {resourceGroup} --yes",
        Settles = "Looks for the account: it took effect when it is gone.",
    };

    private static ResourceChange SetScope => new()
    {
        Name = "storage.encryption-scope.set",
        Summary = "Makes an encryption scope with a key of its own, or gives it another; there is no way to delete one.",
        With = $$"""
            {{ScopeArguments}}
            keyUri: {type: string, format: uri, description: "Id of the key; without a version its newest is followed"}
            infrastructureEncryption: {type: boolean, default: true, description: "A second layer below; can never be changed"}
            """,
        Says = with => $"Have the scope '{with.Text("scope")}' of '{with.Text("account")}' encrypted with {with.Text("keyUri")}.",
        Body = (_, with, _) => new JsonObject
        {
            ["properties"] = Arguments.ObjectOf(
                ("source", "Microsoft.KeyVault"),
                ("state", "Enabled"),
                ("requireInfrastructureEncryption", with.Node("infrastructureEncryption") ?? true),
                ("keyVaultProperties", new JsonObject { ["keyUri"] = with.Node("keyUri") })),
        },
        Az = "az storage account encryption-scope create --account-name {account:name} --resource-group {resourceGroup} --name {scope} --key-source Microsoft.KeyVault --key-uri {keyUri} --require-infrastructure-encryption {infrastructureEncryption}",
        Settles = "Reads the scope: it took effect when it is there with that key.",
    };

    private static ResourceChange SwitchScope(bool on) => new()
    {
        Name = $"storage.encryption-scope.{(on ? "enable" : "disable")}",
        Summary = on ? "Makes an encryption scope usable again." : "Makes an encryption scope unusable: reads and writes through it are refused.",
        Method = "PATCH",
        With = ScopeArguments,
        Says = with => $"{(on ? "Enable" : "Disable")} the scope '{with.Text("scope")}' of '{with.Text("account")}'.",
        Body = (_, _, _) => new JsonObject { ["properties"] = new JsonObject { ["state"] = on ? "Enabled" : "Disabled" } },
        Az = $"az storage account encryption-scope update --account-name {{account:name}} --resource-group {{resourceGroup}} --name {{scope}} --state {(on ? "Enabled" : "Disabled")}",
        Settles = "Reads the scope: it took effect when its state is the one that was asked for.",
        Inverse = new ActionInverse($"storage.encryption-scope.{(on ? "disable" : "enable")}", null, on ? "Makes it unusable again." : "Makes it usable again."),
        Undo = (with, _) => new JsonObject { ["account"] = with.Node("account"), ["scope"] = with.Node("scope") },
    };

    private static ResourceChange CreateContainer => new()
    {
        Name = "storage.container.create",
        Summary = "Makes a container, with an encryption scope that no write gets around where one is named, once it has seen that there is none of that name.",
        Effect = EffectClass.Once,
        LooksFirst = true,
        With = $$"""
            {{ContainerArguments}}
            scope?: {type: string, pattern: '^[a-z0-9-]{3,63}$', description: "The encryption scope of everything in it; can never be changed"}
            """,
        Says = with => $"Make the container '{with.Text("container")}' in '{with.Text("account")}'{(with.TextOrNull("scope") is { } scope ? $", all of it in the scope '{scope}'" : "")}.",
        Body = (_, with, _) => new JsonObject { ["properties"] = Arguments.ObjectOf(("defaultEncryptionScope", with.Node("scope")), ("denyEncryptionScopeOverride", with.Has("scope") ? true : null), ("publicAccess", "None")) },
        Settles = "Reads the container, of which there was none before: it took effect when it is there as it was asked for.",
    };

    private static JsonObject Service() => new() { ["enabled"] = true, ["keyType"] = "Account" };

    private static JsonObject IdentityOf(Arguments with) => new()
    {
        ["type"] = "UserAssigned",
        ["userAssignedIdentities"] = new JsonObject { [with.Text("identity")] = new JsonObject() },
    };

    private static JsonObject KeyBefore(Arguments with, JsonElement? before)
    {
        if (before is not { } account || !account.TryGetProperty("properties", out var properties) || !properties.TryGetProperty("encryption", out var encryption) || !encryption.TryGetProperty("keyvaultproperties", out var key))
        {
            throw new InvalidOperationException("The account had no key of yours before: storage.account.use-platform-key undoes it.");
        }

        return new JsonObject { ["name"] = with.Node("name"), ["identity"] = encryption.GetProperty("identity").GetProperty("userAssignedIdentity").GetString(), ["store"] = key.GetProperty("keyvaulturi").GetString(), ["key"] = key.GetProperty("keyname").GetString() };
    }
}
