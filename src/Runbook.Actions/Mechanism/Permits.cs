using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>Uses permits up.</summary>
internal static class Permits
{
    /// <summary>Takes a permit for one call.</summary>
    /// <exception cref="InvalidOperationException">It was used before.</exception>
    public static void Use(EffectPermit permit, PlannedCall call)
    {
        ArgumentNullException.ThrowIfNull(permit);
        ArgumentNullException.ThrowIfNull(call);
        permit.Spend();
    }
}
