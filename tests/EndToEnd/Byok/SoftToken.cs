using System.Text;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>A token of SoftHSM in a folder of its own, and a module before it that writes down what comes out.</summary>
public sealed class SoftToken : IDisposable
{
    /// <summary>Its label.</summary>
    public const string Label = "source";

    /// <summary>Its user's PIN.</summary>
    public const string Pin = "123456";

    private static readonly string[] Modules =
    [
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    ];

    private readonly ScratchFolder _scratch = new();

    private SoftToken()
    {
    }

    /// <summary>SoftHSM's own module.</summary>
    public static string Module => Modules.First(File.Exists);

    /// <summary>The module that records.</summary>
    public string Recorder => _scratch.In("recorder.so");

    /// <summary>What it has recorded of the console's calls.</summary>
    public string Log => _scratch.In("calls.log");

    /// <summary>The environment in which a program finds the token through the recorder.</summary>
    public string[] Environment => [.. SoftHsm, $"RECORDER_MODULE={Module}", $"RECORDER_LOG={Log}"];

    /// <summary>The environment in which SoftHSM finds its tokens.</summary>
    public string[] SoftHsm => [$"SOFTHSM2_CONF={_scratch.In("softhsm2.conf")}"];

    /// <summary>A path in its folder.</summary>
    /// <param name="name">The name.</param>
    public string In(string name) => _scratch.In(name);

    /// <summary>Makes one; skips the test where a program for it is missing.</summary>
    public static async Task<SoftToken> MakeAsync()
    {
        if (!Tools.Has("softhsm2-util") || !Modules.Any(File.Exists)) Assert.Skip("softhsm2 is not installed.");
        if (!Tools.Has("gcc")) Assert.Skip("gcc is not installed: the module that records calls can't be compiled.");
        var token = new SoftToken();
        Directory.CreateDirectory(token.In("tokens"));
        token._scratch.Write("softhsm2.conf", Encoding.ASCII.GetBytes($"directories.tokendir = {token.In("tokens")}\nobjectstore.backend = file\nlog.level = ERROR\n"));
        await DoAsync("env", [.. token.SoftHsm, "softhsm2-util", "--init-token", "--free", "--label", Label, "--pin", Pin, "--so-pin", Pin]);
        await DoAsync("gcc", ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", token.Recorder, Repository.In("tests", "EndToEnd", "Byok", "recorder.c")]);
        return token;
    }

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    private static async Task DoAsync(string program, string[] arguments)
    {
        var said = await Tools.RunAsync(program, arguments);
        Assert.True(said.ExitCode == 0, $"{program}: {said.Text}{said.Error}");
    }
}
