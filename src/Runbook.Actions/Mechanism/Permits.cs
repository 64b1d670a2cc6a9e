using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>Uses permits up.</summary>
internal static class Permits
{
    /// <summary>
    /// Takes a permit for one call. Where the request holds a secret the permit names a commitment to it, which whoever does
    /// not know the session's opening can't make: it is then the policy before the network that holds the request to its plan.
    /// </summary>
    /// <exception cref="CallNotSentException">The permit is for another request; it is not used up.</exception>
    /// <exception cref="InvalidOperationException">It was used before.</exception>
    public static void Use(EffectPermit permit, PlannedCall call)
    {
        Check(permit, call);
        permit.Spend();
    }

    /// <summary>Whether a permit is for a call; it is not used up.</summary>
    /// <exception cref="CallNotSentException">It is for another request.</exception>
    public static void Check(EffectPermit permit, PlannedCall call)
    {
        ArgumentNullException.ThrowIfNull(permit);
        ArgumentNullException.ThrowIfNull(call);
        if (!call.HoldsSecret && CallRendering.Describe(call).Digest.ToString() != permit.RequestDigest)
        {
            throw new CallNotSentException(ActionCodes.NotPermitted, $"The permit of {permit.Effect} is for another request than '{call.Description}'. Nothing was sent.");
        }
    }
}
