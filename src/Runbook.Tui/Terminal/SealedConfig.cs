using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Terminal.Gui.Configuration;

namespace Runbook.Tui;

/// <summary>
/// Shuts the terminal library's configuration before anybody else can write it. The library reads <c>.tui</c> folders of
/// the home and of the current directory and <c>TUI_CONFIG</c> when its assembly loads; a folder of runbooks from
/// somewhere could bind its keys anew.
/// </summary>
/// <remarks>
/// <see cref="ConsoleApp"/> calls it before anything else of the library is touched. It points <c>HOME</c> and the current
/// directory of the process at an empty folder for a moment: call it early where other threads use relative paths.
/// </remarks>
public static class SealedConfig
{
    private static readonly Lock Gate = new();
    private static bool _isSealed;

    /// <summary>Loads the library's own defaults and nothing else. Does nothing the second time.</summary>
    /// <exception cref="InvalidOperationException">Some other source got in; nothing must be shown then.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (_isSealed) return;
            var empty = Directory.CreateTempSubdirectory("runbook-ui-").FullName;
            var home = Environment.GetEnvironmentVariable("HOME");
            var current = Environment.CurrentDirectory;
            Environment.SetEnvironmentVariable("TUI_CONFIG", null);
            try
            {
                Environment.SetEnvironmentVariable("HOME", empty);
                Environment.CurrentDirectory = empty;
                TouchAndFreeze();
            }
            finally
            {
                Environment.CurrentDirectory = current;
                Environment.SetEnvironmentVariable("HOME", home);
                Directory.Delete(empty, recursive: true);
            }

            Verify();
            _isSealed = true;
        }
    }

    /// <summary>Says whether the configuration comes from the library alone.</summary>
    /// <exception cref="InvalidOperationException">It does not.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Verify()
    {
        // The library's defaults are one stream; anything more is a file, a resource or a variable of somebody's.
        var sources = ((IConfigurationRoot)TuiConfigurationBuilder.Shared.Configuration).Providers.Count();
        if (sources != 1) throw new InvalidOperationException($"The terminal library's configuration has {sources} sources instead of its own alone. Remove or rename the .tui folder of the home directory, or use --ui plain.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TouchAndFreeze()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(TuiConfigurationBuilder).Module.ModuleHandle);
        // Built once and cached: later reads never touch the disk.
        _ = TuiConfigurationBuilder.Shared.Configuration;
    }
}
