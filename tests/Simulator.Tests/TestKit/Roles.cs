namespace Runbook.Simulator.Tests.TestKit;

/// <summary>Role ids as the documentation prints them; written down here again on purpose.</summary>
internal static class Roles
{
    public const string Owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    public const string Contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";
    public const string Reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    public const string PolicyContributor = "36243c78-bf99-498c-9df9-86d9f8d28608";
    public const string RoleAdministrator = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
    public const string Administrator = "a290e904-7015-4bba-90c8-60543313cdb4";
    public const string CryptoOfficer = "515eb02d-2335-4d2d-92f2-b1cbdf9c3778";
    public const string CryptoUser = "21dbd100-6940-42c2-9190-5d6cb909625b";
    public const string PolicyAdministrator = "4bd23610-cdcf-4971-bdee-bdc562cc28e4";
    public const string CryptoAuditor = "2c18b078-7c48-4d3a-af88-5a3a1b3f82b3";
    public const string ServiceEncryption = "33413926-3206-4cdd-b39a-83574fe37a17";
    public const string VaultCryptoOfficer = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603";
    public const string ServiceRelease = "21dbd100-6940-42c2-9190-5d6cb909625c";
}
