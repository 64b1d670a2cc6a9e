using Runbook.Simulator.Identity;
using Runbook.Simulator.KeyVault;
using Runbook.Simulator.ResourceManager;

namespace Runbook.Simulator;

/// <summary>Puts the services together.</summary>
internal static class Wiring
{
    public static void Plug(SimulatorCore core)
    {
        core.Add(new LoginService(core));

        var arm = new ArmService(core);
        core.Add(arm);
        var operations = new AsyncOperations(core, arm);
        var resources = new GenericResources(arm);
        _ = new Subscriptions(core, arm);
        _ = new ResourceGroups(core, arm, operations, resources);
        _ = new RoleAssignments(core, arm);
        _ = new ManagedIdentities(core, arm, resources);
        _ = new ManagedHsms(core, arm, operations, resources);

        var hsm = new HsmService(core);
        core.Add(hsm);
        var crypto = new KeyCrypto(new KeyRing());
        var keys = new KeyRoutes(core, hsm);
        _ = new CryptoRoutes(hsm, keys, crypto);
        _ = new LocalRoleRoutes(core, hsm);
        _ = new SecurityDomainRoutes(core, hsm);
    }
}
