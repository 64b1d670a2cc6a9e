using System.Collections.Immutable;

namespace Runbook.Actions;

/// <summary>Who may reach a store of keys over the network.</summary>
/// <param name="IsPublic">Whether it has a public side at all.</param>
/// <param name="DefaultAllows">Whether an address that no rule names comes in.</param>
/// <param name="TrustsServices">Whether services that Microsoft trusts come in all the same.</param>
/// <param name="Addresses">Addresses and ranges that come in.</param>
internal sealed record NetworkRules(bool IsPublic, bool DefaultAllows, bool TrustsServices, ImmutableArray<string> Addresses)
{
    public static NetworkRules Open { get; } = new(true, true, true, []);

    /// <summary>Whether a service of Azure reaches it: as one that is trusted, or like everybody.</summary>
    public bool LetServicesIn => TrustsServices || (IsPublic && DefaultAllows);
}

/// <summary>A managed HSM or a vault, as far as it was read. Immutable.</summary>
internal sealed record StoreFacts
{
    /// <summary>Its host.</summary>
    public required string Host { get; init; }

    /// <summary>Its name.</summary>
    public string Name => Host.Split('.')[0];

    /// <summary>Its resource id; <see langword="null"/> where it was not found.</summary>
    public string? ResourceId { get; init; }

    /// <summary>Whether it is a managed HSM, with roles of its own.</summary>
    public required bool IsHsm { get; init; }

    /// <summary>Whether it is there; <see langword="null"/> where that was not found out.</summary>
    public bool? Exists { get; init; }

    /// <summary>The step of the plan that makes it.</summary>
    public string? MadeBy { get; init; }

    /// <summary>Who may reach it.</summary>
    public NetworkRules Network { get; init; } = NetworkRules.Open;

    /// <summary>Whether its firewall turned the caller away.</summary>
    public bool CallerIsShutOut { get; init; }

    /// <summary>Why its roles could not be read; <see langword="null"/> where they were.</summary>
    public string? RolesUnread { get; init; }

    /// <summary>A vault's access policies, where it uses them instead of roles: object id and permissions on keys.</summary>
    public ImmutableArray<(string Principal, ImmutableArray<string> Permissions)>? Policies { get; init; }
}

/// <summary>A key, as far as it was read. Immutable.</summary>
internal sealed record KeyFacts
{
    /// <summary>Its id without version.</summary>
    public required string Id { get; init; }

    /// <summary>Why it could not be read; <see langword="null"/> where it was, or is not there.</summary>
    public string? Unread { get; init; }

    /// <summary>Whether it is there.</summary>
    public bool Exists { get; init; } = true;

    /// <summary>Its newest version.</summary>
    public KeyVersionFacts? Newest { get; init; }

    /// <summary>Further versions that somebody depends on, by id.</summary>
    public ImmutableSortedDictionary<string, KeyVersionFacts> Versions { get; init; } = ImmutableSortedDictionary.Create<string, KeyVersionFacts>(StringComparer.OrdinalIgnoreCase);

    /// <summary>When the next version comes by itself; <see langword="null"/> for never.</summary>
    public DateTimeOffset? NextRotation { get; init; }

    /// <summary>A version by its id; the newest for an id without version.</summary>
    public KeyVersionFacts? Of(string id) => Newest is { } newest && (JsonParts.Same(id, newest.Id) || JsonParts.Same(id, Id)) ? newest : Versions.GetValueOrDefault(id);
}

/// <summary>A version of a key.</summary>
internal sealed record KeyVersionFacts(string Id, bool Exists, bool Enabled, DateTimeOffset? Created, DateTimeOffset? Expires);

/// <summary>How one kind of resource deals with its key, as documented.</summary>
/// <param name="What">What it is, in words.</param>
/// <param name="Lost">What happens to it without its key, with the time that takes.</param>
/// <param name="ExpiryBreaks">Whether it stops using a key whose time is over.</param>
internal sealed record DependantKind(string What, string Lost, bool ExpiryBreaks)
{
    public static DependantKind SqlServer { get; } = new("SQL server", "its databases refuse all connections and become Inaccessible within 10 minutes", true);

    public static DependantKind Postgres { get; } = new("PostgreSQL server", "it refuses all connections and becomes Inaccessible within 60 minutes", true);

    public static DependantKind Storage { get; } = new("storage account", "reads and writes are refused as soon as it asks for its key again", false);

    public static DependantKind Scope { get; } = new("encryption scope", "reads and writes through it are refused as soon as its key is asked for again", false);

    public static DependantKind DiskSet { get; } = new("disk encryption set", "virtual machines with its disks shut down, and reading and writing fails, after about an hour", true);
}

/// <summary>A resource that depends on a key. Immutable.</summary>
internal sealed record Dependant
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    public required DependantKind Kind { get; init; }

    /// <summary>The key as it is set, with a version or without.</summary>
    public required string Key { get; init; }

    /// <summary>The version in use, where that is known.</summary>
    public string? InUse { get; init; }

    /// <summary>Whether it takes up a new version by itself.</summary>
    public required bool Follows { get; init; }

    /// <summary>Id of the user-assigned identity by which it reaches the key; <see langword="null"/> for its own.</summary>
    public string? IdentityId { get; init; }

    /// <summary>Object id of that identity; <see langword="null"/> where there is none any more.</summary>
    public string? Principal { get; init; }

    /// <summary>What becomes unreachable with it.</summary>
    public ImmutableArray<string> Also { get; init; } = [];

    /// <summary>Its failover groups.</summary>
    public ImmutableArray<FailoverLink> Groups { get; init; } = [];

    /// <summary>Its name.</summary>
    public string Name => JsonParts.LastPiece(Id);

    /// <summary>The key's id without version.</summary>
    public string KeyId => KeyNames.WithoutVersion(Key);
}

/// <summary>A failover group as one of its servers sees it.</summary>
internal sealed record FailoverLink(string Group, string Partner, bool IsPrimary);

/// <summary>Takes ids of keys apart.</summary>
internal static class KeyNames
{
    /// <summary>The id without version and without slash behind it.</summary>
    public static string WithoutVersion(string id) => id.Split('/') is [var scheme, "", var host, var keys, var name, ..] ? $"{scheme}//{host}/{keys}/{name}" : id.TrimEnd('/');

    /// <summary>Whether it names a version.</summary>
    public static bool IsVersioned(string id) => id.TrimEnd('/').Split('/').Length > 5;

    /// <summary>The host; empty where it is no key's id.</summary>
    public static string HostOf(string id) => Uri.TryCreate(id, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps ? address.Host.ToLowerInvariant() : "";

    /// <summary>The key's name; empty where it is no key's id.</summary>
    public static string NameOf(string id) => id.Split('/') is [_, "", _, "keys", var name, ..] ? name : "";
}
