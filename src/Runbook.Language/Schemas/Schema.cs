using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Runbook.Language.Schemas;

/// <summary>JSON's types, as flags, so that a schema can allow several.</summary>
[Flags]
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "These are JSON Schema's own names of types.")]
public enum JsonTypes
{
    /// <summary>No type.</summary>
    None = 0,

    /// <summary>null.</summary>
    Null = 1,

    /// <summary>true or false.</summary>
    Boolean = 2,

    /// <summary>A whole number.</summary>
    Integer = 4,

    /// <summary>Any number, whole ones included.</summary>
    Number = 8 | Integer,

    /// <summary>A string.</summary>
    String = 16,

    /// <summary>A list.</summary>
    Array = 32,

    /// <summary>An object.</summary>
    Object = 64,

    /// <summary>Anything.</summary>
    Any = Null | Boolean | Number | String | Array | Object,
}

/// <summary>A member of an object schema.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">What its value must be.</param>
/// <param name="Required">Whether it must be there.</param>
public sealed record SchemaMember(string Name, Schema Schema, bool Required);

/// <summary>
/// A schema in the closed subset of JSON Schema 2020-12 that runbooks and the catalogue use. Immutable.
/// </summary>
/// <remarks>
/// The keywords: <c>type enum const pattern format minLength maxLength minimum maximum items minItems maxItems
/// properties required additionalProperties default examples writeOnly description contentMediaType</c>. Patterns are
/// matched without backtracking, and an end anchor means the very end of the text.
/// </remarks>
public sealed record Schema
{
    // Names and addresses have the same patterns all over the catalogue; most are never matched, and a matcher takes a millisecond to make.
    private static readonly ConcurrentDictionary<string, Regex> Matchers = new(StringComparer.Ordinal);

    /// <summary>A schema that anything fits.</summary>
    public static Schema Anything { get; } = new();

    /// <summary>The types that fit; everything by default.</summary>
    public JsonTypes Types { get; init; } = JsonTypes.Any;

    /// <summary>The values that fit; empty when not restricted.</summary>
    public ImmutableArray<JsonElement> Enum { get; init; } = [];

    /// <summary>The one value that fits.</summary>
    public JsonElement? Const { get; init; }

    /// <summary>A regular expression that a string must match somewhere; its text as written.</summary>
    public string? Pattern { get; init; }

    /// <summary>One of <see cref="SchemaFormats.Names"/>.</summary>
    public string? Format { get; init; }

    /// <summary>Fewest characters of a string, or bytes of a file.</summary>
    public long? MinLength { get; init; }

    /// <summary>Most characters of a string, or bytes of a file.</summary>
    public long? MaxLength { get; init; }

    /// <summary>Smallest number.</summary>
    public decimal? Minimum { get; init; }

    /// <summary>Largest number.</summary>
    public decimal? Maximum { get; init; }

    /// <summary>What each item of a list must be.</summary>
    public Schema? Items { get; init; }

    /// <summary>Fewest items of a list.</summary>
    public long? MinItems { get; init; }

    /// <summary>Most items of a list.</summary>
    public long? MaxItems { get; init; }

    /// <summary>An object's known members, in their order.</summary>
    public ImmutableArray<SchemaMember> Members { get; init; } = [];

    /// <summary>Whether an object may have other members than <see cref="Members"/>.</summary>
    public bool OpenEnded { get; init; } = true;

    /// <summary>What the other members must be; <see langword="null"/> for anything.</summary>
    public Schema? OtherMembers { get; init; }

    /// <summary>The value to take when none is given.</summary>
    public JsonElement? Default { get; init; }

    /// <summary>Example values.</summary>
    public ImmutableArray<JsonElement> Examples { get; init; } = [];

    /// <summary>Whether values are secret: never shown, logged or journalled.</summary>
    public bool WriteOnly { get; init; }

    /// <summary>What the value is for, shown to people.</summary>
    public string? Description { get; init; }

    /// <summary>Media type of a string's or file's content.</summary>
    public string? ContentMediaType { get; init; }

    /// <summary>Whether the value is a file that a person hands in.</summary>
    public bool IsFile => Format == SchemaFormats.File;

    internal Regex? PatternMatcher => Pattern is { } pattern ? MatcherOf(pattern) : null;

    /// <summary>What matches a pattern, in linear time.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    /// <exception cref="NotSupportedException">It can't be matched in linear time.</exception>
    internal static Regex MatcherOf(string pattern) => Matchers.GetOrAdd(pattern, static p => new Regex(
        // JSON Schema's '$' is the very end; .NET's would let a line feed slip in behind it.
        p.EndsWith('$') && !p.EndsWith("\\$", StringComparison.Ordinal) ? p[..^1] + "\\z" : p,
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking));

    /// <summary>The member of that name, or <see langword="null"/>.</summary>
    public SchemaMember? Member(string name) => Members.FirstOrDefault(m => m.Name == name);

    /// <summary>Whether this schema or one inside it is of secrets.</summary>
    public bool HoldsSecret() =>
        WriteOnly || (Items?.HoldsSecret() ?? false) || Members.Any(m => m.Schema.HoldsSecret()) || (OtherMembers?.HoldsSecret() ?? false);

    /// <summary>What keeps a value from fitting; empty when it fits.</summary>
    public ImmutableArray<SchemaProblem> Check(JsonElement value) => SchemaCheck.Of(this, value);
}

/// <summary>One reason why a value does not fit a schema.</summary>
/// <param name="Path">Where in the value, as <c>members[0].name</c>; empty for the value itself.</param>
/// <param name="Message">What is wrong, as the rest of a sentence that begins with the value's name.</param>
public sealed record SchemaProblem(string Path, string Message);
