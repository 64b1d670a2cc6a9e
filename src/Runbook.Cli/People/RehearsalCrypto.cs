using Runbook.Engine;
using Runbook.Simulator;

namespace Runbook.Cli.People;

/// <summary>What is random in what a rehearsal's people do.</summary>
internal static class RehearsalCrypto
{
    /// <summary>Key pairs out of the folder of keys that were made before, where one is named.</summary>
    public static RehearsalKeySource Keys { get; } = new() { Make = RehearsalKeys.Of };
}
