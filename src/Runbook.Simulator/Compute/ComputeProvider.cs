using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Compute;

/// <summary>Disks, what encrypts them, and the machines that run from them: what their operations have in common.</summary>
internal sealed class ComputeProvider
{
    public const string Namespace = "Microsoft.Compute";

    public ComputeProvider(SimulatorCore core, ArmService arm, AsyncOperations operations, GenericResources resources)
    {
        Core = core;
        Arm = arm;
        Operations = operations;
        Resources = resources;
        Sets = new ResourceKind(core, arm, Namespace + "/diskEncryptionSets", "set");
        Disks = new ResourceKind(core, arm, Namespace + "/disks", "disk");
        Machines = new ResourceKind(core, arm, Namespace + "/virtualMachines", "machine");
    }

    public SimulatorCore Core { get; }

    public ArmService Arm { get; }

    public AsyncOperations Operations { get; }

    public GenericResources Resources { get; }

    public ResourceKind Sets { get; }

    public ResourceKind Disks { get; }

    public ResourceKind Machines { get; }

    /// <summary>Set once, while the services are put together.</summary>
    public DiskKeys Keys { get; set; } = null!;

    public static void RequireIdle(EstateView view, string id)
    {
        if (AsyncOperations.Running(view, id) is not null)
            throw ResourceKind.Refusal(409, "Conflict", $"The request failed due to conflict with a concurrent request on '{id[(id.LastIndexOf('/') + 1)..]}'. To resolve it, please refer to https://aka.ms/activitylog to get more details on the conflicting requests.");
    }

    /// <summary>Plans an operation and gives its first answer: 202, with the resource as it will be unless it is on its way out.</summary>
    public Answer Start(EstateTransaction tx, Call call, string kind, Resource resource, JsonObject? input = null, bool empty = false)
    {
        var operation = AsyncOperations.Start(tx, call, kind, resource.Id, Core.Timings.Operation, input?.ToElement(), empty ? 200 : null);
        var answer = empty ? Answer.Empty(202) : Answer.Json(202, Shapes.Resource(tx, ResourceKind.With(resource, ("provisioningState", "Updating"))));
        return Operations.Announce(answer, call, operation, Namespace, resource.Location!, status: true, result: true);
    }

    /// <summary>Whether a key's store is in that region.</summary>
    public static bool IsIn(EstateView view, KeyIdentifier key, string region)
    {
        var name = key.IsHsm ? key.Host[..^HostNames.ManagedHsm.Length].Split('.')[^1] : key.StoreName;
        var store = view.Find(Tables.Stores, KeyVault.KeyStore.KeyOf(key.IsHsm ? KeyVault.KeyStore.HsmKind : KeyVault.KeyStore.VaultKind, name));
        // A store that is not there has its own refusal.
        return store is null || store.Location == region || store.Regions?.Any(known => known.Name == region) == true;
    }
}
