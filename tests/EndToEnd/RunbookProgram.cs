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
    private readonly string _folder;

    /// <summary>A person who uses it.</summary>
    /// <param name="home">Folder of that person's keys; made when needed.</param>
    /// <param name="folder">Where they stand when they type; the repository if left out.</param>
    public RunbookProgram(string home, string? folder = null) => (_home, _folder) = (home, folder ?? Repository.Root);

    /// <summary>Further environment variables that it gets.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Another program's file than <see cref="File"/>; <see langword="null"/> for that one.</summary>
    public string? Built { get; init; }

    /// <summary>The configuration that these tests are built in.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>The program's file: the one that <c>tests/run</c> compiled ahead, else the one as built in the same configuration as these tests.</summary>
    public static string File { get; } = Environment.GetEnvironmentVariable("RUNBOOK_PROGRAM") ?? Repository.In("src", "Runbook.Cli", "bin", Configuration, "net10.0", "runbook.dll");

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
    public RunningProgram Start(params string[] arguments) => StartUnder([], arguments);

    /// <summary>Starts it under another program, such as a tracer.</summary>
    /// <param name="under">That program and its arguments, to which this one's command is appended.</param>
    /// <param name="arguments">Its arguments.</param>
    public RunningProgram StartUnder(string[] under, string[] arguments)
    {
        string[] command = [.. under, "dotnet", Built ?? File, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = _folder,
        };
        start.Environment["RUNBOOK_HOME"] = _home;
        start.Environment["DOTNET_NOLOGO"] = "1";
        foreach (var (name, value) in Variables) start.Environment[name] = value;
        var process = new Process { StartInfo = start };
        process.Start();
        return new RunningProgram(process);
    }
}
