using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;

namespace Runbook.Tui;

/// <summary>What a person is asked for, as a form: values by their schemas, files by path, secrets without echo.</summary>
internal sealed class AnswerForm : EntryDialog
{
    private readonly SessionConsole _console;
    private readonly SessionNeed.Answers _asked;
    private readonly string _person;
    private readonly ImmutableArray<MemberField> _members;
    private bool _isFilling;

    private AnswerForm(SessionConsole console, SessionNeed.Answers asked, string person, ImmutableArray<MemberField> members)
        : base(console.Shell, $"{PersonText.Possessive(console.Scene.Name(person))} answer", columns => Intro(console, asked, person, columns), [.. members.Select(m => m.Field)], "Enter hands it in.", dialog => ((AnswerForm)dialog).HandIn()) =>
        (_console, _asked, _person, _members) = (console, asked, person, members);

    /// <summary>The form for a person.</summary>
    public static AnswerForm For(SessionConsole console, SessionNeed.Answers asked, string person)
    {
        var paths = new TypedPath(console.Shell.Settings.FilesFolder);
        return new AnswerForm(console, asked, person, [.. asked.Values.Select(v => new MemberField(v, paths, EngineLimits.HandedInBytesMax))]);
    }

    /// <inheritdoc/>
    public override bool Press(KeyPress key)
    {
        if (key is { Ctrl: true, Text: "r" } && _console.Shell.Settings.StandIns is { } standIns)
        {
            FillIn(standIns);
            return true;
        }

        return base.Press(key);
    }

    private static List<StyledLine> Intro(SessionConsole console, SessionNeed.Answers asked, string person, int columns)
    {
        var lines = new List<StyledLine>();
        lines.AddRange(Cells.Wrap(Safe.Screen($"Asked of {(asked.Ask.Each ? "each " : "one ")}{asked.Ask.Role}. What is handed in stands in the journal as {PersonText.Possessive(console.Scene.Name(person))}, said at the operator's keyboard."), columns));
        if (console.Shell.Settings.StandIns is not null) lines.AddRange(Cells.Wrap("This is a rehearsal. Ctrl+R fills in what you do not have, made for the rehearsal.", columns, Tone.Dim));
        return lines;
    }

    // Making a key pair takes a moment; the screen goes on meanwhile.
    private void FillIn(ISimulatedPeople standIns)
    {
        if (_isFilling) return;
        _isFilling = true;
        Complain("Being made.");
        var (view, need) = (_console.Scene.View, _asked with { Candidates = [_person] });
        _ = Task.Run(() =>
        {
            var given = standIns.Next(view, need) as SessionCommand.GiveAnswer;
            Shell.Post(() => Filled(given));
        });
    }

    private void Filled(SessionCommand.GiveAnswer? given)
    {
        _isFilling = false;
        if (given is null)
        {
            Complain("There is nothing to fill in with.");
            return;
        }

        foreach (var member in _members)
        {
            if (given.Files.TryGetValue(member.Member.Name, out var file)) member.Lend(file);
            else if (given.Values.TryGetValue(member.Member.Name, out var value)) member.Fill(value);
        }

        Complain("Filled in for the rehearsal. Enter hands it in from the last field.");
    }

    private void HandIn()
    {
        var values = ImmutableDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        var files = ImmutableDictionary.CreateBuilder<string, HandedInFile>(StringComparer.Ordinal);
        foreach (var member in _members)
        {
            if (member.Take(values, files) is not { } complaint) continue;
            Complain($"{member.Member.Name}: {complaint}");
            return;
        }

        Complain("Being handed in.");
        _console.Tell(new SessionCommand.GiveAnswer(_person, values.ToImmutable(), files.ToImmutable()), reply =>
        {
            if (reply.Accepted) Finish();
            else Complain(reply.Message);
        });
    }
}
