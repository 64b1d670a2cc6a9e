using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>A step of the plan with more filled in than the plan knows: who the operator is, and what the steps before are about.</summary>
/// <param name="Planned">The step.</param>
/// <param name="With">Its arguments.</param>
/// <param name="Calls">Its calls.</param>
internal sealed record KnownStep(PlannedStep Planned, Arguments With, ImmutableArray<PlannedCall> Calls)
{
    public string Path => Planned.Path;

    public string Use => Planned.Descriptor.Name;
}

/// <summary>
/// Fills in what a plan leaves open although it can be told beforehand: a key's id that a step saves is of the key that the
/// step names, an identity's principal is the one that it has now. Versions that do not exist yet stay out of the ids.
/// </summary>
internal sealed partial class PlanWords
{
    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);

    private PlanWords()
    {
    }

    /// <summary>Fills the steps in.</summary>
    /// <param name="steps">The steps, in order.</param>
    /// <param name="actions">Renders their calls anew.</param>
    /// <param name="site">The environment's names.</param>
    /// <param name="caller">Who the operator is.</param>
    /// <param name="principals">Object ids of identities by their ids.</param>
    public static ImmutableArray<KnownStep> Fill(IEnumerable<PlannedStep> steps, ActionSet actions, AzureSite site, PreflightCaller? caller, IReadOnlyDictionary<string, string> principals)
    {
        var words = new PlanWords();
        if (caller is not null) words._words["operator.objectId"] = caller.ObjectId;
        var known = ImmutableArray.CreateBuilder<KnownStep>();
        foreach (var step in steps)
        {
            var with = JsonElement.Parse(words.Put(step.With.GetRawText()));
            known.Add(new KnownStep(step, new Arguments(with), with.GetRawText() == step.With.GetRawText() ? step.Calls : actions.Get(step.Descriptor.Name).Plan(with)));
            words.Learn(step, new Arguments(with), site, principals);
        }

        return known.ToImmutable();
    }

    /// <summary>Whether something in a text is not known.</summary>
    public static bool IsOpen(string text) => text.Contains("${", StringComparison.Ordinal);

    // Nothing that is put in needs escaping: ids and addresses of Azure.
    private string Put(string json) => Hole().Replace(json, m => _words.GetValueOrDefault(m.Groups[1].Value, m.Value));

    private void Learn(PlannedStep step, Arguments with, AzureSite site, IReadOnlyDictionary<string, string> principals)
    {
        foreach (var (name, expression) in step.Saves)
        {
            if (ValueOf(step.Descriptor.Name, expression, with, site, principals) is { } value && !IsOpen(value) && value.All(c => c is not ('"' or '\\') && !char.IsControl(c))) _words[name] = value;
            else _words.Remove(name);
        }
    }

    private static string? ValueOf(string use, string expression, Arguments with, AzureSite site, IReadOnlyDictionary<string, string> principals) => (use, expression) switch
    {
        (_, "key.kid" or "kid") when use.StartsWith("keyvault.key.", StringComparison.Ordinal) => KeyNames.WithoutVersion(KeyReference.Of(site, with).Id),
        ("identity.user-assigned.get" or "identity.user-assigned.create", "properties.principalId") => principals.GetValueOrDefault(IdentityId(with.Text("id"), site)),
        ("identity.user-assigned.get" or "identity.user-assigned.create", "id") => IdentityId(with.Text("id"), site),
        _ => null,
    };

    /// <summary>An identity's id, from its name in the group or its id.</summary>
    public static string IdentityId(string nameOrId, AzureSite site) => site.Id("Microsoft.ManagedIdentity/userAssignedIdentities", nameOrId);

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Hole();
}
