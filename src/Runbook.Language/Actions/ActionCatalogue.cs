using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Runbook.Language.Schemas;

namespace Runbook.Language.Actions;

/// <summary>The actions that a block may name. Data only; immutable.</summary>
public sealed class ActionCatalogue
{
    private readonly FrozenDictionary<string, ActionDescriptor> _byName;
    private readonly Lazy<string> _digest;

    /// <summary>Makes a catalogue.</summary>
    /// <exception cref="ArgumentException">Two actions have one name.</exception>
    public ActionCatalogue(IEnumerable<ActionDescriptor> actions)
    {
        ArgumentNullException.ThrowIfNull(actions);
        All = [.. actions.OrderBy(a => a.Name, StringComparer.Ordinal)];
        var twice = All.GroupBy(a => a.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null) throw new ArgumentException($"'{twice.Key}' is in the catalogue twice.", nameof(actions));
        _byName = All.ToFrozenDictionary(a => a.Name, StringComparer.Ordinal);
        _digest = new Lazy<string>(() => DigestOf(All));
    }

    /// <summary>A catalogue without actions.</summary>
    public static ActionCatalogue Empty { get; } = new([]);

    /// <summary>All actions, by name.</summary>
    public ImmutableArray<ActionDescriptor> All { get; }

    /// <summary>The action of that name, or <see langword="null"/>.</summary>
    public ActionDescriptor? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// Digest of everything that decides what a runbook means: names, schemas and effect classes.
    /// <c>sha256:</c> and 64 hex digits.
    /// </summary>
    public string Digest() => _digest.Value;

    private static string DigestOf(ImmutableArray<ActionDescriptor> all)
    {
        var text = new StringBuilder();
        foreach (var action in all)
        {
            text.Append(action.Name).Append('\t').Append(action.Effect.Name()).Append('\t')
                .Append(JsonSerializer.Serialize(Shape.ToJson(action.With), LanguageJson.Default.JsonElement)).Append('\t')
                .Append(JsonSerializer.Serialize(Shape.ToJson(action.Result), LanguageJson.Default.JsonElement)).Append('\t')
                .Append(string.Join(';', action.OneOf.Select(g => string.Join(',', g)))).Append('\t')
                .Append(action.ListMember).Append('\t')
                .Append(action.Inverse?.Action).Append('\n');
        }

        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
