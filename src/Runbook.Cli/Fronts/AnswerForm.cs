using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Cli.Loading;
using Runbook.Engine;
using Runbook.Language;
using Runbook.Language.Schemas;

namespace Runbook.Cli.Fronts;

/// <summary>The values that a person brings, asked for one by one.</summary>
internal sealed class AnswerForm(SessionNeed.Answers asked, string person)
{
    private readonly ImmutableDictionary<string, JsonElement>.Builder _values = ImmutableDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
    private readonly ImmutableDictionary<string, HandedInFile>.Builder _files = ImmutableDictionary.CreateBuilder<string, HandedInFile>(StringComparer.Ordinal);
    private SessionCommand.GiveAnswer? _offered;
    private int _at;

    /// <summary>Whether everything was asked.</summary>
    public bool IsComplete => _at >= asked.Values.Length;

    /// <summary>Whether the next value is a secret.</summary>
    public bool IsHidden => !IsComplete && Next.Schema.WriteOnly;

    /// <summary>What is asked next.</summary>
    public string Question
    {
        get
        {
            var schema = Next.Schema;
            var what = $"{PlainQuestions.Named(person)}: {Next.Name}{(schema.Description is { } d ? $": {d}" : "")}";
            if (schema.IsFile) what += " Type the path of the file.";
            if (!schema.Enum.IsEmpty) what += $" One of {string.Join(", ", schema.Enum.Select(Template.InText))}.";
            if (schema.Pattern is { } pattern) what += $" It matches {pattern}.";
            if (Preset is { } preset) what += $" [{Template.InText(preset)}]";
            else if (_offered?.Files.ContainsKey(Next.Name) == true) what += " [an empty line: the rehearsal brings one]";
            else if (!Next.Required) what += " [an empty line: none]";
            return what;
        }
    }

    /// <summary>The value that is asked next.</summary>
    public SchemaMember Next => asked.Values[_at];

    private JsonElement? Preset => Next.Schema.WriteOnly ? null
        : _offered?.Values.TryGetValue(Next.Name, out var offered) == true ? offered
        : Next.Schema.Default;

    /// <summary>Offers what the rehearsal's people would bring, where somebody types nothing.</summary>
    public void Offer(SessionCommand.GiveAnswer ready) => _offered = ready;

    /// <summary>Takes a line for the next value.</summary>
    /// <returns>What is wrong with it, in a sentence; <see langword="null"/> when it was taken.</returns>
    public string? Take(string line)
    {
        if (line.Length == 0 && TakePreset()) return null;
        var problem = Next.Schema.IsFile ? TakeFile(line.Trim()) : TakeValue(line);
        if (problem is null) _at++;
        return problem;
    }

    /// <summary>The command.</summary>
    public SessionCommand.GiveAnswer ToCommand() => new(person, _values.ToImmutable(), _files.ToImmutable());

    private bool TakePreset()
    {
        if (Preset is { } preset) _values[Next.Name] = preset;
        else if (_offered?.Files.TryGetValue(Next.Name, out var file) == true) _files[Next.Name] = file;
        else if (Next.Required) return false;
        _at++;
        return true;
    }

    private string? TakeValue(string line)
    {
        var value = InputReader.Convert(Next.Schema, line);
        var problems = Next.Schema.Check(value);
        if (!problems.IsEmpty) return $"\"{Next.Name}\" {problems[0].Message}.";
        _values[Next.Name] = value;
        return null;
    }

    private string? TakeFile(string path)
    {
        var file = new FileInfo(path.Length == 0 ? "." : path);
        if (!file.Exists) return $"There is no file \"{path}\".";
        if (file.Length > EngineLimits.HandedInBytesMax) return $"\"{path}\" has {file.Length:N0} bytes, and may have at most {EngineLimits.HandedInBytesMax:N0}.";
        _files[Next.Name] = new HandedInFile(file.Name, File.ReadAllBytes(file.FullName));
        return null;
    }
}
