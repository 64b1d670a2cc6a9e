using System.Diagnostics;
using System.Text;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>What the program said, and how it ended.</summary>
/// <param name="ExitCode">Its exit code; 137 where it was killed.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record Said(int ExitCode, string Output, string Error)
{
    /// <summary>Everything, for the message of a failed assertion.</summary>
    public override string ToString() => $"exit {ExitCode}\n{Output}\n{Error}";
}

/// <summary>The built program, started as a process of its own in a home of its own.</summary>
public sealed class RunbookProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string _home;

    /// <summary>A person who uses it.</summary>
    /// <param name="home">Folder of that person's keys; made when needed.</param>
    public RunbookProgram(string home) => _home = home;

    /// <summary>The program's file, of the same configuration as these tests.</summary>
    public static string File { get; } = Repository.In("src", "Runbook.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "runbook.dll");

    /// <summary>Starts it and waits for its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    public Task<Said> RunAsync(params string[] arguments) => RunAsync("", arguments);

    /// <summary>Starts it with what stands on its standard input, and waits for its end.</summary>
    /// <param name="input">Its standard input.</param>
    /// <param name="arguments">Its arguments.</param>
    public async Task<Said> RunAsync(string input, string[] arguments)
    {
        using var running = Start(arguments);
        await running.TypeAsync(input);
        running.EndInput();
        return await running.EndAsync(Limit);
    }

    /// <summary>Starts it.</summary>
    /// <param name="arguments">Its arguments.</param>
    public RunningProgram Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [File, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["RUNBOOK_HOME"] = _home;
        start.Environment["DOTNET_NOLOGO"] = "1";
        var process = new Process { StartInfo = start };
        process.Start();
        return new RunningProgram(process);
    }
}
