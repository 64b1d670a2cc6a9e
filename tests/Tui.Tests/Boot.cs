using System.Runtime.CompilerServices;

[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Runbook.Tui.Tests;

/// <summary>What has to be so before the first test names a type of the terminal library.</summary>
internal static class Boot
{
#pragma warning disable CA2255 // The library reads its configuration when its assembly loads; only this comes before.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Prepare()
    {
        // Never touch the real terminal, even where the machine that runs the tests has one.
        Environment.SetEnvironmentVariable("DisableRealDriverIO", "1");
        Environment.SetEnvironmentVariable("NO_COLOR", null);
        SealedConfig.Load();
    }
}
