namespace Runbook.Cli.Testing;

/// <summary>Limits of what is tested.</summary>
internal static class TestingLimits
{
    /// <summary>Calls, waits and answers of one case, after which it counts as one that never ends.</summary>
    public const int TurnsMax = 30_000;

    /// <summary>Steps that one case may enter.</summary>
    public const int StepsMax = 500;

    /// <summary>Largest world file.</summary>
    public const int WorldBytesMax = 1024 * 1024;

    /// <summary>Most cases of one world file.</summary>
    public const int CasesMax = 1000;
}
