using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Runbook.Bench;

/// <summary>What openssl's own benchmark does with private keys of RSA-3072 on all processors.</summary>
internal static partial class OpenSsl
{
    /// <summary>Private operations per second on all processors, by the clock on the wall: as other processes leave it the processors.</summary>
    public static Task<double> ByWallAsync() => PerSecondAsync("-elapsed", "-multi", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));

    /// <summary>Private operations per second of processor time, times the processors. With -multi, openssl can't tell the one from the other.</summary>
    public static async Task<double> ByProcessorAsync() => Environment.ProcessorCount * await PerSecondAsync();

    private static async Task<double> PerSecondAsync(params string[] how)
    {
        var output = await RunAsync("openssl", ["speed", .. how, "-seconds", "5", "rsa3072"]);
        var row = Row().Match(output);
        return row.Success ? double.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture) : throw new InvalidDataException("openssl speed printed no row for RSA-3072:\n" + output);
    }

    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await errors;
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
    }

    // "rsa 3072 bits 0.001234s 0.000024s    810.3  41666.0": the first number that is no time.
    [GeneratedRegex(@"^rsa\s+3072 bits(?:\s+[\d.]+s)+\s+([\d.]+)", RegexOptions.Multiline)]
    private static partial Regex Row();
}
