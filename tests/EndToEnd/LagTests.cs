using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>The atlas of measured lags, as <c>runbook lags</c> reads it.</summary>
public sealed class LagTests
{
    [Fact]
    public async Task What_was_measured_on_a_real_Azure_goes_before_what_is_simulated()
    {
        using var scratch = new ScratchFolder();
        await WriteAsync(scratch, Line("a", "embedded", "reads-fail", 555_043), Line("b", "public", "reads-fail", 2_400_000), Line("c", "public", "reads-fail", 600_000));

        var said = await LagsAsync(scratch, "drills/key-disable.md");
        var simulated = await LagsAsync(scratch, "drills/key-disable.md", "--place", "embedded");

        Assert.Equal(0, said.ExitCode);
        Assert.Contains("from 2 sessions on a real Azure:", said.Output, StringComparison.Ordinal);
        Assert.Contains("\"Reads fail\" took 40m at the longest", said.Output, StringComparison.Ordinal);

        // Forty minutes and half of it; and with the canary's fifteen, the fault's five and the HSM's none, a fifth on top.
        Assert.Contains("--set effect_within=1h --set limit=96m\n", said.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("for rehearsals only", said.Output, StringComparison.Ordinal);
        Assert.Contains("--set effect_within=14m ", simulated.Output, StringComparison.Ordinal);
        Assert.Contains("for rehearsals only", simulated.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_none_is_named_and_does_not_count()
    {
        using var scratch = new ScratchFolder();
        await WriteAsync(scratch, Line("a", "public", "reads-fail", 60_000), "{\"format\":\"runbook-lag/1\"}", "nothing", Line("b", "public", "reads-fail", 60_000).Replace("\"ms\":", "\"more\":1,\"ms\":", StringComparison.Ordinal));

        var said = await LagsAsync(scratch);

        Assert.Equal(0, said.ExitCode);
        Assert.Contains("lines 2, 3, 4 can't be read", said.Error, StringComparison.Ordinal);
        Assert.Contains("public     key-disable                  time_to_effect_ms            1         1m         1m  storage.blob.read\n", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runbook_of_which_nothing_was_measured_keeps_its_time_outs()
    {
        using var scratch = new ScratchFolder();
        await WriteAsync(scratch, Line("a", "public", "reads-fail", 60_000));

        Assert.Contains("Nothing of key-delete has been measured yet.", (await LagsAsync(scratch, "drills/key-delete.md")).Output, StringComparison.Ordinal);
        var missing = await new RunbookProgram(scratch.In("home")).RunAsync("lags", "--atlas", scratch.In("nothing"));
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("error RC094", missing.Error, StringComparison.Ordinal);
    }

    private static string Line(string session, string place, string step, long ms) =>
        $$"""{"format":"runbook-lag/1","at":"2026-11-30T06:00:00+00:00","session":"{{session}}","runbook":"key-disable","environment":"test","place":"{{place}}","step":"{{step}}","measure":"time_to_effect_ms","ms":{{ms}},"stepMs":{{ms}},"reading":"storage.blob.read","faults":["keyvault.key.disable"]}""";

    private static Task WriteAsync(ScratchFolder scratch, params string[] lines) =>
        File.WriteAllTextAsync(scratch.In("atlas.jsonl"), string.Join('\n', lines) + "\n", TestContext.Current.CancellationToken);

    private static Task<Said> LagsAsync(ScratchFolder scratch, params string[] arguments) =>
        new RunbookProgram(scratch.In("home")).RunAsync(["lags", .. arguments, "--atlas", scratch.In("atlas.jsonl")]);
}
