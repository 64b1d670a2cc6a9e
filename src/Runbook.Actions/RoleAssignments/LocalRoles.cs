using System.Security.Cryptography;
using System.Text;

namespace Runbook.Actions;

/// <summary>The built-in local roles of a managed HSM, and how assignments are named.</summary>
internal static class LocalRoles
{
    /// <summary>In front of a role's GUID, as the HSM itself writes it.</summary>
    public const string DefinitionPath = "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/";

    private static readonly Dictionary<string, string> IdByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Managed HSM Administrator"] = "a290e904-7015-4bba-90c8-60543313cdb4",
        ["Managed HSM Crypto Officer"] = "515eb02d-2335-4d2d-92f2-b1cbdf9c3778",
        ["Managed HSM Crypto User"] = "21dbd100-6940-42c2-9190-5d6cb909625b",
        ["Managed HSM Policy Administrator"] = "4bd23610-cdcf-4971-bdee-bdc562cc28e4",
        ["Managed HSM Crypto Auditor"] = "2c18b078-7c48-4d3a-af88-5a3a1b3f82b3",
        ["Managed HSM Crypto Service Encryption User"] = "33413926-3206-4cdd-b39a-83574fe37a17",
        // The service has also called it by this name.
        ["Managed HSM Crypto Service Encryption"] = "33413926-3206-4cdd-b39a-83574fe37a17",
        ["Managed HSM Crypto Service Release User"] = "21dbd100-6940-42c2-9190-5d6cb909625c",
        ["Managed HSM Backup"] = "7b127d3c-77bd-4e3e-bbe0-dbb8971fa7f8",
        ["Managed HSM Restore"] = "6efe6056-5259-49d2-8b3d-d3d73544b20b",
    };

    /// <summary>The GUID of a role that is built in, or given by its GUID or definition id; else <see langword="null"/>.</summary>
    public static string? IdOf(string role)
    {
        if (IdByName.TryGetValue(role.Trim(), out var id)) return id;
        var last = role[(role.LastIndexOf('/') + 1)..];
        return Guid.TryParseExact(last, "D", out var guid) ? guid.ToString("D") : null;
    }

    /// <summary>
    /// The name that an assignment gets here: from what it says alone, so that a repeat is the same request.
    /// </summary>
    /// <param name="hsm">The HSM's host.</param>
    /// <param name="role">The role's GUID; its name for one that is not built in.</param>
    /// <param name="principal">Whose role it is.</param>
    /// <param name="scope">Where.</param>
    public static string AssignmentName(string hsm, string role, string principal, string scope)
    {
        var text = string.Join('\n', "runbook local role assignment", hsm, role.Trim(), principal.Trim(), scope.Trim());
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToLowerInvariant()));
        // RFC 9562, version 8: a name from a hash of our own.
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true).ToString("D");
    }
}
