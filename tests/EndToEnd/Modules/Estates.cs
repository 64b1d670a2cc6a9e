using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Runbook.EndToEnd.Modules;

/// <summary>Estates that both modules are asked for, evaluated once each.</summary>
public static class Estates
{
    private const string Common = """
        "location": "eastus2", "name_prefix": "payments", "tags": {"owner": "payments"},
        "database_administrators": {"name": "payments-dba", "object_id": "22222222-2222-2222-2222-222222222222"}
        """;

    private static readonly Dictionary<string, string> Inputs = new(StringComparer.Ordinal)
    {
        ["the HSM"] = """{"key_store_name": "kv-hsm-prod", "hsm_administrators": ["11111111-1111-1111-1111-111111111111"], """ + Common + "}",
        ["the estate under the HSM"] = """{"stage": "estate", "key_store_name": "kv-hsm-prod", "hsm_administrators": ["11111111-1111-1111-1111-111111111111"], "sql_failover_location": "centralus", """ + Common + "}",
        ["the estate under a vault"] = """{"stage": "estate", "key_store": "key-vault-premium", "key_store_name": "kv-vault-prod", """ + Common + "}",
        ["everything chosen otherwise"] = """
            {"stage": "estate", "key_store": "key-vault-premium", "key_store_name": "kv-vault-prod", "key_store_retention_days": 30, "key_store_network_default": "Allow",
             "enable_double_encryption": false, "key_rotation_policy": {"rotate_after": "P90D", "notify_before_expiry": "P60D"}, "encryption_scopes": ["tenant-a", "tenant-b"],
             "storage_replication": "LRS", "disk_size_gb": 64, "sql_sku": "S1", "postgres_sku": "Standard_D4ds_v5", "postgres_version": "17", "public_network_access": true,
             "policy_effect": "Audit",
            """ + Common + "}",
        ["disks alone"] = """{"stage": "estate", "services": ["disks"], "key_store": "key-vault-premium", "key_store_name": "kv-vault-prod", """ + Common + "}",
    };

    private static readonly ConcurrentDictionary<string, Lazy<Task<(IReadOnlyList<Reading> Terraform, IReadOnlyList<Reading> Bicep)>>> Read = new(StringComparer.Ordinal);

    /// <summary>What the estates are called.</summary>
    public static IEnumerable<string> Names => Inputs.Keys;

    /// <summary>An estate's inputs.</summary>
    /// <param name="name">Its name.</param>
    public static JsonObject Of(string name) => JsonNode.Parse(Inputs[name])!.AsObject();

    /// <summary>What both modules make of an estate's inputs; the test is skipped where a tool is missing.</summary>
    /// <param name="name">Its name.</param>
    public static Task<(IReadOnlyList<Reading> Terraform, IReadOnlyList<Reading> Bicep)> ReadAsync(string name)
    {
        ModuleTools.NeedTerraform();
        ModuleTools.NeedBicep();
        return Read.GetOrAdd(name, n => new(() => BothAsync(Of(n)))).Value;
    }

    private static async Task<(IReadOnlyList<Reading> Terraform, IReadOnlyList<Reading> Bicep)> BothAsync(JsonObject inputs) =>
        (Reading.OfTerraform(await ModuleTools.EvaluateAsync(inputs)), Reading.OfBicep(await ModuleTools.PredictAsync(inputs)));
}
