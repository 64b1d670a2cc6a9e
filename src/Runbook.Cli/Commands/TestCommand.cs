using System.Collections.Immutable;
using System.CommandLine;
using Runbook.Cli.Testing;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook test FILE</c>: a runbook driven down every path, with the scripted world beside it.</summary>
internal static class TestCommand
{
    public static Command Build(CliConsole console)
    {
        var file = new Argument<string>("FILE") { Description = "The runbook." };
        var world = new Option<string?>("--world") { Description = "Its scripted world; NAME.world.yaml beside the runbook if left out.", HelpName = "FILE" };
        var only = new Option<string[]>("--case") { Description = "Only the case of this name, without coverage; repeatable.", HelpName = "NAME" };
        var json = new Option<bool>("--json") { Description = "What a program reads." };
        var command = new Command("test", "Drive a runbook down every path with a scripted world, and tell what no case covers.") { file, world, only, json };
        command.SetAction((parsed, cancellationToken) => TestAsync(parsed.GetValue(file)!, parsed.GetValue(world), parsed.GetValue(only) ?? [], parsed.GetValue(json), console, cancellationToken));
        return command;
    }

    private static async Task<int> TestAsync(string file, string? worldPath, string[] only, bool json, CliConsole console, CancellationToken cancellationToken)
    {
        var runbook = TestedRunbook.Load(file, console);
        var path = worldPath ?? runbook.WorldPath;
        var world = WorldReader.Read(path, runbook);
        if (only.FirstOrDefault(name => world.Cases.All(c => c.Name != name)) is { } unknown) throw new CliException("RC118", $"\"{path}\" has no case \"{unknown}\".", "nothing was run.", $"its cases are {string.Join("; ", world.Cases.Select(c => c.Name))}.");
        var played = ImmutableArray.CreateBuilder<PlayedCase>();
        foreach (var what in world.Cases.Where(c => only.Length == 0 || only.Contains(c.Name)))
        {
            var one = await TestRun.PlayAsync(runbook, world, what, cancellationToken).ConfigureAwait(false);
            played.Add(one);
            if (!json) TestText.Say(one, console);
        }

        var coverage = only.Length > 0 ? null : Coverage.Of(runbook.Program.Root, world, [.. played.Select(p => p.Session).OfType<TestedSession>()]);
        if (json) console.Line(TestText.ToJson(runbook, played.ToImmutable(), coverage));
        else TestText.Say(played.ToImmutable(), coverage, console);
        return played.All(p => p.Wrong.IsEmpty) && (coverage is null || coverage.Open.IsEmpty) ? ExitCodes.Done : ExitCodes.NotCompleted;
    }
}
