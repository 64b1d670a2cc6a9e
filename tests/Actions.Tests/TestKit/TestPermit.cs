using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>A permit that no journal stands behind.</summary>
internal sealed class TestPermit(string digest) : EffectPermit("step/1/1", 7, digest)
{
    /// <summary>For just this call.</summary>
    public static TestPermit For(PlannedCall call) => new(CallRendering.Describe(call).Digest.ToString());
}
