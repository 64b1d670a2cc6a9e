using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>The room's front door: what can be done to Azure, and on this computer.</summary>
public static class AzureActions
{
    /// <summary>
    /// The catalogue without any environment, for the checker and for people. Data only: nothing is called.
    /// </summary>
    public static ActionCatalogue Catalogue { get; } = new(All(AzureSite.Nowhere, wire: null, new TokenAccess(IsEmbedded: false)).Select(a => a.Descriptor));

    /// <summary>
    /// The actions, able to be carried out in an environment.
    /// </summary>
    /// <param name="environment">Where, and as whom.</param>
    /// <returns>
    /// Actions of the same descriptors as <see cref="Catalogue"/>. They hold no state between calls, make no request of
    /// their own accord, and are safe to share between threads.
    /// </returns>
    public static ActionSet Create(AzureEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var site = new AzureSite(environment.Cloud, environment.TenantId, environment.SubscriptionId, environment.ResourceGroup);
        return new ActionSet(All(site, AzureWire.Of(environment), new TokenAccess(environment.IsEmbedded)));
    }

    /// <summary>The actions, able to render their calls in an environment, and to make none.</summary>
    internal static ActionSet Rendering(AzureSite site) => new(All(site, wire: null, new TokenAccess(IsEmbedded: false)));

    private static ImmutableArray<IAction> All(AzureSite site, AzureWire? wire, TokenAccess tokens) =>
    [
        new ManagedHsmCheckName(site, wire),
        new ManagedHsmCreate(site, wire),
        new ManagedHsmGet(site, wire),
        new ManagedHsmGetDeleted(site, wire),
        new ManagedHsmUpdate(site, wire),
        new ManagedHsmDelete(site, wire),
        new SecurityDomainDownload(site, wire),
        new RoleAssignmentCreate(site, wire),
        new RoleAssignmentDelete(site, wire),
        new RoleAssignmentList(site, wire),
        new KeyCreate(site, wire),
        new KeyGet(site, wire),
        new KeyList(site, wire),
        new KeyListVersions(site, wire),
        new KeyRoundTrip(site, wire),
        new KeyCompare(site, wire),
        new KeyUses(site, wire),
        .. HsmUpkeepActions.All(site, wire),
        .. HsmBackupActions.All(site, wire),
        .. HsmSettingActions.All(site, wire),
        .. SecurityDomainUploadActions.All(site, wire),
        .. RoleDefinitionActions.All(site, wire),
        .. VaultActions.All(site, wire),
        .. IdentityActions.All(site, wire),
        .. StorageActions.All(site, wire),
        new BlobRead(site, wire),
        .. StorageNetworkActions.All(site, wire),
        new BlobList(site, wire),
        new BlobCopy(site, wire),
        new ContainerCompare(site, wire),
        .. BlobWriteActions.All(site, wire),
        .. ArmRoleActions.All(site, wire),
        AttestationToken.Get(site, wire),
        .. SqlActions.All(site, wire),
        .. SqlCreateActions.All(site, wire),
        .. DiskEncryptionSetActions.All(site, wire),
        .. DiskActions.All(site, wire),
        .. PostgresActions.All(site, wire),
        .. PolicyActions.All(site, wire),
        .. ActionGroupActions.All(site, wire),
        .. AlertRuleActions.All(site, wire),
        .. WorkspaceActions.All(site, wire),
        .. LogActions.All(site, wire),
        .. EstateReadingActions.All(site, wire),
        .. EstateLists.All(site, wire),
        .. ProviderActions.All(site, wire),
        .. KeyStateActions.All(site, wire),
        .. KeyRotationActions.All(site, wire),
        .. KeyRecoveryActions.All(site, wire),
        .. KeyTransferActions.All(site, wire),
        .. KeyOperationActions.All(site, wire),
        new OutagePredict(site, wire),
        .. EmbeddedActions.All(site, wire),
        new CertificateInspect(),
        new SecurityDomainInspect(),
        new FileDigest(),
        new SecretGenerate(),
        new SecretSplit(),
        new SecretJoin(),
        new FileSeal(),
        new ByokCheck(),
        new ByokReceiptRead(),
        new TokenKeyGenerate(tokens),
        new TokenKeyFind(tokens),
        new TokenKeyDelete(tokens),
        new TokenKeyEncryptRandom(tokens),
        new TokenKeyWrap(tokens),
        new TokenKeyEscrow(tokens),
        new SealingKeyMake(),
        new SecurityDomainRestoreFile(),
        new ChallengeMake(),
        new ChallengeCheck(),
    ];
}
