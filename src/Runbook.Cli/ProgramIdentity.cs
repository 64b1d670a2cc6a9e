using System.Reflection;
using Runbook.Journal;

namespace Runbook.Cli;

/// <summary>What this program is, as it says of itself in journals and reports.</summary>
internal static class ProgramIdentity
{
    /// <summary>Its name.</summary>
    public const string Name = "runbook";

    /// <summary>Its version.</summary>
    public static string Version { get; } = typeof(ProgramIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Name, version, and digest of the program file: the assembly, or the executable that holds it.</summary>
    public static ConsoleProgram OfThisProcess()
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, "runbook.dll");
        var file = File.Exists(assembly) ? assembly : Environment.ProcessPath!;
        using var stream = File.OpenRead(file);
        return new ConsoleProgram(Name, Version, new Digest(System.Security.Cryptography.SHA256.HashData(stream)));
    }
}
