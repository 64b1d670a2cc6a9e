using System.Diagnostics;
using System.Text;

namespace Runbook.TestKit;

/// <summary>What a program of somebody else said.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record ToolResult(int ExitCode, byte[] Output, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Text => Encoding.UTF8.GetString(Output);
}

/// <summary>Programs that we did not write, to check against.</summary>
public static class Tools
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Whether a program is on the path.</summary>
    /// <param name="name">Its name.</param>
    public static bool Has(string name)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, name)));

    /// <summary>Runs a program to its end.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="limit">Longest wait; two minutes if left out.</param>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public static async Task<ToolResult> RunAsync(string name, IEnumerable<string> arguments, ReadOnlyMemory<byte> input = default, string? folder = null, TimeSpan? limit = null)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(name, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder ?? Path.GetTempPath(),
            },
        };
        process.Start();
        var output = ReadAsync(process.StandardOutput.BaseStream);
        var error = process.StandardError.ReadToEndAsync();
        await WriteAsync(process, input);
        using var timeout = new CancellationTokenSource(limit ?? Limit, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{name} did not end within {limit ?? Limit}.");
        }

        return new ToolResult(process.ExitCode, await output, await error);
    }

    private static async Task WriteAsync(Process process, ReadOnlyMemory<byte> input)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A program may end without reading all of its input; its exit code says what it made of it.
            return;
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer);
        return buffer.ToArray();
    }
}
