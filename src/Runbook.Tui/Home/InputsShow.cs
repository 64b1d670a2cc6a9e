using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;

namespace Runbook.Tui;

/// <summary>Asks for a runbook's inputs, each with its description, pattern and default.</summary>
internal static class InputsShow
{
    /// <summary>Asks; returns when the terminal has been given back.</summary>
    public static async Task<InputsGiven> RunAsync(InputsAsked asked, ConsoleSettings settings, CancellationToken cancellationToken)
    {
        var around = new StillSurroundings(settings, "runbook", asked.Environment.ToUpperInvariant());
        var shell = new Shell(around, settings);
        around.Shell = shell;
        var form = new InputsForm(shell, asked);
        var signal = await Stage.ShowAsync(shell, settings, "runbook", cancellationToken).ConfigureAwait(false);
        if (signal > 0) return new InputsGiven.Signalled(signal);
        return form.Given is { } given ? given : new InputsGiven.Leave();
    }
}

/// <summary>The form itself: a page that says what is asked, and the dialog over it.</summary>
internal sealed class InputsForm
{
    private readonly Shell _shell;
    private readonly ImmutableArray<MemberField> _members;

    /// <summary>Opens it in a shell.</summary>
    public InputsForm(Shell shell, InputsAsked asked)
    {
        _shell = shell;
        shell.AskToLeave = shell.Finish;
        var paths = new TypedPath(shell.Settings.FilesFolder);
        _members = [.. asked.Members.Select(m => new MemberField(m, paths, EngineLimits.HandedInBytesMax, asked.Presets.TryGetValue(m.Name, out var preset) ? preset : null))];
        shell.Open(new ReadPage(shell, asked.Title, columns => Cells.Wrap("What this runbook has to be told before it starts. Nothing runs yet. Enter in the form goes from field to field; Esc leaves it.", columns), false,
            new KeyRow("fill-in", "fill in", "Opens the form", Ask, new KeyPress(KeyName.Enter))));
        Ask();
    }

    /// <summary>What was typed; <see langword="null"/> while nothing is handed in.</summary>
    public InputsGiven.All? Given { get; private set; }

    private void Ask() => _shell.Open(new EntryDialog(_shell, "Inputs", static _ => [], [.. _members.Select(m => m.Field)], "Enter takes them.", Take));

    private void Take(EntryDialog dialog)
    {
        var values = ImmutableDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        var files = ImmutableDictionary.CreateBuilder<string, HandedInFile>(StringComparer.Ordinal);
        foreach (var member in _members)
        {
            if (member.Take(values, files) is not { } complaint) continue;
            dialog.Complain($"{member.Member.Name}: {complaint}");
            return;
        }

        Given = new InputsGiven.All(values.ToImmutable(), files.ToImmutable());
        dialog.Finish();
        _shell.Finish();
    }
}
