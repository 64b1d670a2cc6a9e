using System.Collections.Immutable;
using Runbook.Engine;

namespace Runbook.Actions;

/// <summary>
/// Everything that a preflight judges by: who may what, what depends on which key. Immutable, so that "what if" is another
/// model.
/// </summary>
internal sealed record PreflightModel
{
    public required DateTimeOffset Now { get; init; }

    public required PreflightCaller? Caller { get; init; }

    public AccessBook Access { get; init; } = AccessBook.Empty;

    public PrincipalBook Principals { get; init; } = PrincipalBook.Empty;

    public ImmutableSortedDictionary<string, StoreFacts> Stores { get; init; } = ImmutableSortedDictionary.Create<string, StoreFacts>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Keys by id without version.</summary>
    public ImmutableSortedDictionary<string, KeyFacts> Keys { get; init; } = ImmutableSortedDictionary.Create<string, KeyFacts>(StringComparer.OrdinalIgnoreCase);

    public ImmutableArray<Dependant> Dependants { get; init; } = [];

    /// <summary>Why Resource Manager's roles could not be read; <see langword="null"/> where they were.</summary>
    public string? ArmUnread { get; init; }

    /// <summary>Where the roles could not be read: what the caller may, scope by scope, as Resource Manager itself says.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<RightSet>> ArmRights { get; init; } = ImmutableSortedDictionary.Create<string, ImmutableArray<RightSet>>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether everything that depends on keys was listed.</summary>
    public bool IsWhole { get; init; } = true;

    /// <summary>What could not be read, in sentences.</summary>
    public ImmutableArray<string> Unchecked { get; init; } = [];

    /// <summary>The caller with the groups that the token names, and those that the directory does.</summary>
    public IReadOnlySet<string> CallerIds => Caller is { } caller ? Principals.With(caller.ObjectId, caller.Groups) : new HashSet<string>();

    /// <summary>With a sentence about what could not be read.</summary>
    public PreflightModel Without(string sentence) => this with { Unchecked = Unchecked.Contains(sentence) ? Unchecked : Unchecked.Add(sentence) };
}
