using Runbook.Simulator.Attestation;
using Runbook.Simulator.Compute;
using Runbook.Simulator.Faults;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.KeyVault;
using Runbook.Simulator.Monitor;
using Runbook.Simulator.Policy;
using Runbook.Simulator.Postgres;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.Sql;
using Runbook.Simulator.Storage;

namespace Runbook.Simulator;

/// <summary>Puts the services together.</summary>
internal static class Wiring
{
    public static void Plug(SimulatorCore core)
    {
        core.Add(new LoginService(core));
        core.Add(new MetadataService(core));
        core.Add(new GraphService(core));
        core.Add(new ElsewhereService(core));
        core.Add(new FaultService(core));

        var arm = new ArmService(core);
        core.Add(arm);
        var operations = new AsyncOperations(core, arm);
        var resources = new GenericResources(arm);
        _ = new ActivityLog(core, arm);
        _ = new Locks(arm);
        _ = new Quotas(core, arm);
        _ = new TagRoutes(core, arm);
        var generic = new GenericRoutes(core, arm, resources);
        var compliance = new Compliance(core, arm, operations, new PolicyEngine(core, arm));
        _ = new Policies(core, arm, compliance);
        _ = new ResourceGraph(core, arm, core.Capacity.ThrottleResourceGraph);
        _ = new ResourceHealth(core, arm);
        _ = new DiagnosticSettings(arm);
        _ = new Workspaces(arm, generic);
        var logs = new LogAnalyticsService(core);
        core.Add(logs);
        var sender = new NotificationSender(core);
        var alerts = new Alerts(arm, new ActionGroups(arm, generic, sender));
        _ = new AlertRules(core, arm, generic, resources, new Metrics(core, arm), logs, alerts);
        sender.Resume();
        AttestationHosts.Plug(arm, generic, resources);
        core.Add(new AttestationService(core, core.Hardware));
        _ = new Subscriptions(core, arm);
        _ = new ResourceGroups(core, arm, operations, resources);
        _ = new RoleAssignments(core, arm);
        _ = new ManagedIdentities(core, arm, resources);
        _ = new ManagedHsms(core, arm, operations, resources);

        var hsm = new HsmService(core);
        core.Add(hsm);
        var ring = KeyRing.OfThisProcess;
        var crypto = new KeyCrypto(ring);
        var keys = new KeyRoutes(core, hsm);
        _ = new CryptoRoutes(hsm, keys, crypto);
        _ = new LocalRoleRoutes(core, hsm);
        _ = new SecurityDomainRoutes(core, hsm);
        var endpoints = new EndpointCertificates(core);
        _ = new RotationRoutes(core, hsm, keys);
        _ = new ImportRoutes(hsm, ring);
        var backups = new KeyBackupRoutes(core, hsm, keys);
        _ = new HsmBackupRoutes(core, hsm, backups);
        _ = new SettingsRoutes(hsm, keys, endpoints);
        _ = new ReleaseRoutes(core, hsm, keys, endpoints);

        var vault = new VaultService(core);
        core.Add(vault);
        var vaultKeys = new KeyRoutes(core, vault);
        _ = new CryptoRoutes(vault, vaultKeys, crypto);
        _ = new RotationRoutes(core, vault, vaultKeys);
        _ = new ImportRoutes(vault, ring);
        _ = new KeyBackupRoutes(core, vault, vaultKeys);
        _ = new ReleaseRoutes(core, vault, vaultKeys, endpoints);
        _ = new Vaults(core, arm, resources);
        _ = new ControlPlaneKeys(core, arm, Vaults.Type, KeyStore.VaultKind);
        _ = new ControlPlaneKeys(core, arm, ManagedHsms.Type, KeyStore.HsmKind);

        var storageKeys = new StorageKeys(core);
        var accounts = new StorageAccounts(core, arm, operations, resources, storageKeys);
        _ = new EncryptionScopes(core, arm, accounts, storageKeys);
        _ = new BlobContainers(core, arm, accounts);
        _ = new GeoReplication(core, arm, operations, accounts);
        var blobs = new BlobService(core);
        core.Add(blobs);
        var desk = new BlobDesk(core, blobs, storageKeys);
        _ = new ContainerRoutes(core, desk);
        _ = new CopyRoutes(core, desk, new BlobRoutes(desk));
        _ = new BlockRoutes(core, desk);
        _ = new AppendRoutes(desk);
        _ = new LeaseRoutes(desk);
        var compute = new ComputeProvider(core, arm, operations, resources);
        _ = new DiskKeys(compute);
        _ = new DiskEncryptionSets(compute);
        _ = new VirtualMachines(compute, new Disks(compute));
        _ = new FlexibleServers(core, arm, operations, resources);
        var sql = new SqlProvider(core, arm, operations, resources);
        _ = new SqlWatch(sql, core.KeyLinks);
        _ = new SqlKeys(sql);
        _ = new SqlReplication(sql);
        _ = new SqlServers(sql);
        _ = new SqlDatabases(sql);
    }
}
