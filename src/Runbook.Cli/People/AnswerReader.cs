using Runbook.Cli.Fronts;
using Runbook.Engine;
using Runbook.Language.Schemas;

namespace Runbook.Cli.People;

/// <summary>Gathers what is asked of a person: from options, then from the keyboard.</summary>
internal sealed class AnswerReader(SessionNeed.Answers answers, ApprovingChoices choices, CliConsole console)
{
    private const int AskedTimesMax = 5;

    /// <summary>Gathers it.</summary>
    public BroughtAnswer Read()
    {
        var given = Named(choices.Set);
        var paths = Named(choices.Files);
        foreach (var name in given.Keys.Concat(paths.Keys).Where(n => answers.Values.All(v => v.Name != n)))
        {
            throw new CliException("RC084", $"nothing named \"{name}\" is asked.", "nothing was signed.", $"asked are {string.Join(", ", answers.Values.Select(v => v.Name))}.");
        }

        var form = new AnswerForm(answers, choices.Person ?? "you");
        while (!form.IsComplete)
        {
            var member = form.Next;
            var text = paths.GetValueOrDefault(member.Name) ?? given.GetValueOrDefault(member.Name);
            if (text is not null && form.Take(text) is { } wrong) throw new CliException("RC084", wrong, "nothing was signed.", $"give another: {(member.Schema.IsFile ? "--file" : "--set")} {member.Name}=…");
            if (text is null) AskFor(form, member);
        }

        var command = form.ToCommand();
        return new BroughtAnswer(command.Values, command.Files);
    }

    private void AskFor(AnswerForm form, SchemaMember member)
    {
        for (var time = 0; time < AskedTimesMax; time++)
        {
            console.Line(CliConsole.Safe(form.Question));
            console.Write("> ");
            var typed = member.Schema.WriteOnly ? Passphrases.ReadHidden(console) : console.In.ReadLine();
            if (typed is null) break;
            if (form.Take(typed) is not { } problem) return;
            console.Line(CliConsole.Safe(problem));
        }

        throw new CliException("RC084", $"\"{member.Name}\" was not given.", "nothing was signed.", $"give it: {(member.Schema.IsFile ? $"--file {member.Name}=PATH" : $"--set {member.Name}=…")}");
    }

    private static Dictionary<string, string> Named(string[] texts)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new CliException("RC003", $"\"{text}\" names no value.", "nothing was signed.", "name=value");
            named[text[..equals]] = text[(equals + 1)..];
        }

        return named;
    }
}
