using Runbook.Simulator.Http;

namespace Runbook.Simulator.ResourceManager;

/// <summary>Quotas of the subscription, as far as a fault says that they are used up: what would be new is refused.</summary>
internal sealed class Quotas
{
    private readonly SimulatorCore _core;
    private readonly ArmService _arm;

    public Quotas(SimulatorCore core, ArmService arm)
    {
        (_core, _arm) = (core, arm);
        arm.Guard(Check);
    }

    private void Check(Call call, ArmRequest request)
    {
        // Quotas count the resources of a group, and neither what they hold nor roles, locks and settings that hang on them.
        if (request.Method != "PUT" || request.Extends || request.Type.Count(c => c == '/') != 1 || !request.Id.Contains("/resourceGroups/", StringComparison.OrdinalIgnoreCase))
            return;
        if (_arm.Peek(call, call.Target.Path) is not null || !_core.Faults.ExceedsQuota(call))
            return;
        var code = request.Type.StartsWith("Microsoft.Compute/", StringComparison.OrdinalIgnoreCase) ? Assumptions.ComputeQuota : Assumptions.QuotaExceeded;
        throw _arm.Refuse(call, 409, code, $"Operation could not be completed as it results in exceeding approved {request.Type} quota. Submit a request for quota increase.");
    }
}
