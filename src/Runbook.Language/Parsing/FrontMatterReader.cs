using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Language.Schemas;
using Runbook.Language.Yaml;

namespace Runbook.Language.Parsing;

/// <summary>What the front matter says.</summary>
internal sealed record FrontMatter
{
    public string Id { get; init; } = "";

    public RunbookKind Kind { get; init; } = RunbookKind.Procedure;

    public string Summary { get; init; } = "";

    public ImmutableArray<string> Environments { get; init; } = [];

    public ImmutableArray<RoleDeclaration> Roles { get; init; } = [];

    public ImmutableArray<SchemaMember> Inputs { get; init; } = [];

    public RehearsalPlan Rehearsal { get; init; } = new();

    public bool WasRead { get; init; }

    public SourceSpan Span { get; init; }

    public SourceSpan RehearsalSpan { get; init; }

    public ImmutableDictionary<string, SourceSpan> InputSpans { get; init; } = ImmutableDictionary<string, SourceSpan>.Empty;
}

/// <summary>Reads the front matter.</summary>
internal sealed class FrontMatterReader(DiagnosticBag found, string name)
{
    private const string What = "The front matter";

    public FrontMatter Read(YamlPiece piece)
    {
        var node = YamlReader.Read(piece, found, "the front matter");
        if (node is not YamlMapping mapping)
        {
            if (node is not null) found.Add(Rules.FrontMatterMember, node.Span, $"{What} is {node.Describe()}, and must be a mapping.", "Write its members, one 'name: value' a line.");
            return new FrontMatter { Id = name, Span = piece.Span };
        }

        var form = new Form(mapping, found, Rules.FrontMatterMember, What);
        var id = form.Text("runbook", true, $"runbook: {name}");
        CheckId(id);
        var kind = form.Word("kind", ["procedure", "ceremony", "drill"]);
        var summary = form.Text("summary", true, "summary: What it does, in a sentence.");
        var environments = form.Words("environments", true, "environments: [rehearsal, test]");
        var roles = ReadRoles(form.Map("roles", true, "roles: {operator: 1}"), form);
        var inputs = form.Map("inputs", false, "inputs: {name: {type: string}}");
        var rehearsal = form.Map("rehearsal", false, "rehearsal: {estate: empty}");
        form.Close();

        foreach (var environment in environments.Where(e => !Names.IsWord(e.Value)))
        {
            form.Complain(environment, $"'{environment.Value}' is no label of an environment.", "Use lower-case letters, digits and hyphens.");
        }

        return new FrontMatter
        {
            Id = id?.Value ?? name,
            Kind = kind?.Value switch { "ceremony" => RunbookKind.Ceremony, "drill" => RunbookKind.Drill, _ => RunbookKind.Procedure },
            Summary = summary?.Value ?? "",
            Environments = [.. environments.Select(e => e.Value).Distinct(StringComparer.Ordinal)],
            Roles = roles,
            Inputs = inputs is null ? [] : ReadInputs(inputs),
            Rehearsal = rehearsal is null ? new RehearsalPlan() : ReadRehearsal(rehearsal),
            RehearsalSpan = rehearsal?.Span ?? mapping.Span with { Length = 0 },
            InputSpans = inputs is null
                ? ImmutableDictionary<string, SourceSpan>.Empty
                : inputs.Members.ToImmutableDictionary(m => m.Name, m => m.Key.Span, StringComparer.Ordinal),
            Span = mapping.Span,
            WasRead = true,
        };
    }

    private void CheckId(YamlScalar? id)
    {
        if (id is null) return;
        if (!Names.IsId(id.Value))
        {
            found.Add(Rules.IdMismatch, id.Span, $"'{id.Value}' is no id.", "Use lower-case letters, digits and single hyphens.");
        }
        else if (id.Value != name)
        {
            found.Add(Rules.IdMismatch, id.Span, $"The id is '{id.Value}', and the file is named '{name}.md'.", $"Write 'runbook: {name}', or rename the file to '{id.Value}.md'.");
        }
    }

    private ImmutableArray<RoleDeclaration> ReadRoles(YamlMapping? roles, Form form)
    {
        if (roles is null) return [];
        var declared = ImmutableArray.CreateBuilder<RoleDeclaration>();
        foreach (var member in roles.Members)
        {
            if (!Names.IsWord(member.Name) || member.Name is "console" or "guard")
            {
                form.Complain(member.Key, $"'{member.Name}' is no name of a role.", "Use lower-case letters, digits and hyphens; 'console' and 'guard' are taken.");
                continue;
            }

            if (member.Value is YamlScalar scalar && scalar.TryInteger(out var number) && number is >= 1 and <= 99)
            {
                declared.Add(new RoleDeclaration(member.Name, (int)number, (int)number) { Span = member.Key.Span });
            }
            else if (member.Value is YamlMapping mapping)
            {
                var role = new Form(mapping, found, Rules.FrontMatterMember, $"The role '{member.Name}'");
                var people = role.WholeNumber("people", 1, 99, "people: 3");
                if (people is null && mapping.Find("people") is null) role.Complain(mapping, "lacks 'people'.", "Add 'people: 3'.");
                var quorum = role.WholeNumber("quorum", 1, 99, "quorum: 2");
                role.Close();
                var declaration = new RoleDeclaration(member.Name, (int)(people ?? 1), (int)(quorum ?? people ?? 1)) { Span = member.Key.Span };
                if (declaration.Quorum > declaration.People)
                {
                    found.Add(Rules.QuorumTooLarge, member.Key.Span, $"The role '{member.Name}' has {declaration.People} people and a quorum of {declaration.Quorum}.", $"Ask for at most {declaration.People}.");
                }

                declared.Add(declaration);
            }
            else
            {
                form.Complain(member.Value, $"the role '{member.Name}' is {member.Value.Describe()}.", $"Write '{member.Name}: 1' or '{member.Name}: {{people: 3, quorum: 2}}'.");
            }
        }

        if (declared.All(r => r.Name != "operator"))
        {
            form.Complain(roles, "there is no operator.", "Add 'operator: 1' to the roles.");
        }
        else if (declared.First(r => r.Name == "operator").People != 1)
        {
            form.Complain(roles, "one person drives the console: there is one operator.", "Write 'operator: 1'; others who act are roles of their own.");
        }

        return declared.ToImmutable();
    }

    private ImmutableArray<SchemaMember> ReadInputs(YamlMapping inputs)
    {
        foreach (var member in inputs.Members) Names.CheckVariable(member.Key, found, "An input");
        return new SchemaReader(found).ReadProperties(inputs, "'inputs'");
    }

    private RehearsalPlan ReadRehearsal(YamlMapping mapping)
    {
        var form = new Form(mapping, found, Rules.FrontMatterMember, "The rehearsal");
        var estate = form.Text("estate", false, "estate: empty");
        var scenario = form.Text("scenario", false, "scenario: none");
        var inputs = form.Map("inputs", false, "inputs: {name: value}");
        var answers = form.Map("answers", false, "answers: {name: value}");
        var choices = form.Map("choices", false, "choices: {step: text of the choice}");
        form.Close();
        foreach (var word in new[] { estate, scenario })
        {
            if (word is not null && !Names.IsId(word.Value)) form.Complain(word, $"'{word.Value}' is no name of an estate or scenario.", "Use lower-case letters, digits and hyphens.");
        }

        return new RehearsalPlan
        {
            Estate = estate?.Value ?? "empty",
            Scenario = scenario?.Value is null or "none" ? null : scenario.Value,
            Inputs = inputs is null
                ? ImmutableDictionary<string, JsonElement>.Empty
                : inputs.Members.ToImmutableDictionary(m => m.Name, m => m.Value.ToJson(), StringComparer.Ordinal),
            Answers = answers is null
                ? ImmutableDictionary<string, Template>.Empty
                : answers.Members.ToImmutableDictionary(m => m.Name, m => new Template(m.Value), StringComparer.Ordinal),
            Choices = choices is null
                ? ImmutableDictionary<string, string>.Empty
                : choices.Members.Where(m => m.Value is YamlScalar).ToImmutableDictionary(m => m.Name, m => ((YamlScalar)m.Value).Value, StringComparer.Ordinal),
        };
    }
}
