using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>Whether a permission is there.</summary>
public enum NeedState
{
    /// <summary>It is held.</summary>
    Held,

    /// <summary>It is held only through an assignment that something foreseeable takes away.</summary>
    AtRisk,

    /// <summary>It is not held yet; a step before gives it.</summary>
    GivenByStep,

    /// <summary>It is missing.</summary>
    Missing,

    /// <summary>It is missing, and a session may go as intended without the steps that need it.</summary>
    MissingForDetour,

    /// <summary>It could not be found out.</summary>
    Unjudged,
}

/// <summary>What repairs a finding: by hand, and with the catalogue.</summary>
/// <param name="Says">What it does, in a sentence.</param>
/// <param name="Az">The command, ready to be pasted; <see langword="null"/> where there is none.</param>
/// <param name="Use">The action; <see langword="null"/> where the catalogue has none.</param>
/// <param name="With">Its arguments.</param>
public sealed record PreflightRepair(string Says, string? Az, string? Use = null, JsonElement? With = null);

/// <summary>A permission that steps need.</summary>
public sealed record PreflightNeed
{
    /// <summary>Where it is granted.</summary>
    public required PermissionPlane Plane { get; init; }

    /// <summary>The operation as Azure spells it.</summary>
    public required string Operation { get; init; }

    /// <summary>A resource id, or a scope inside <see cref="Store"/>.</summary>
    public required string Scope { get; init; }

    /// <summary>Host of the HSM whose own roles grant it; <see langword="null"/> for Resource Manager's.</summary>
    public string? Store { get; init; }

    /// <summary>The narrowest built-in role that holds it.</summary>
    public required string Role { get; init; }

    /// <summary>The steps that need it.</summary>
    public required ImmutableArray<string> Steps { get; init; }

    /// <summary>How it stands.</summary>
    public required NeedState State { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Why { get; init; }

    /// <summary>What gives it, or makes it last; empty where it is held.</summary>
    public ImmutableArray<PreflightRepair> Repairs { get; init; } = [];
}

/// <summary>Something that is not as it should be, though no step needs it.</summary>
/// <param name="Code">What kind: <c>orphaned-assignment</c>, <c>made-by-leaver</c>, …</param>
/// <param name="About">The resource, assignment or key.</param>
/// <param name="Says">What is so, and what comes of it.</param>
/// <param name="Repairs">What repairs it.</param>
public sealed record PreflightFinding(string Code, string About, string Says, ImmutableArray<PreflightRepair> Repairs);

/// <summary>Whether a failover group keeps its databases within reach.</summary>
/// <param name="Group">The group's id.</param>
/// <param name="Partner">The other server's id.</param>
/// <param name="Helps">Whether the partner keeps the key.</param>
/// <param name="Says">Why, in a sentence.</param>
public sealed record FailoverHelp(string Group, string Partner, bool Helps, string Says);

/// <summary>A resource that loses its key: when, by what, and what prevents it.</summary>
public sealed record PredictedOutage
{
    /// <summary>The resource's id.</summary>
    public required string Resource { get; init; }

    /// <summary>What becomes unreachable with it: databases, disks.</summary>
    public ImmutableArray<string> Also { get; init; } = [];

    /// <summary>The key, without a version, or the version that is meant.</summary>
    public required string Key { get; init; }

    /// <summary>What takes it away: <c>grant</c>, <c>identity</c>, <c>network</c>, <c>key-disabled</c>, <c>key-missing</c>, <c>key-expired</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>The step of the plan that does it; <see langword="null"/> where it happens without one.</summary>
    public string? Step { get; init; }

    /// <summary>When it happens by itself; <see langword="null"/> for now, or with <see cref="Step"/>.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The next rotation of the key, which it does not take part in; <see langword="null"/> where none is due.</summary>
    public DateTimeOffset? Rotation { get; init; }

    /// <summary>What happens and why, in sentences.</summary>
    public required string Says { get; init; }

    /// <summary>What a failover group does for it; <see langword="null"/> where it is in none.</summary>
    public FailoverHelp? Failover { get; init; }

    /// <summary>What prevents it.</summary>
    public ImmutableArray<PreflightRepair> Repairs { get; init; } = [];
}

/// <summary>Who asks.</summary>
/// <param name="ObjectId">Object id, from the token.</param>
/// <param name="Name">A name for people.</param>
/// <param name="Groups">Object ids of the groups that the token names.</param>
public sealed record PreflightCaller(string ObjectId, string Name, ImmutableArray<string> Groups);

/// <summary>What was found before anything was sent. A moment's picture: nobody signs it, and the journal keeps it.</summary>
public sealed record PreflightReport
{
    /// <summary>When it was looked.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who asks; <see langword="null"/> where no token could be had.</summary>
    public PreflightCaller? Caller { get; init; }

    /// <summary>The permissions.</summary>
    public ImmutableArray<PreflightNeed> Needs { get; init; } = [];

    /// <summary>What else is not as it should be.</summary>
    public ImmutableArray<PreflightFinding> Findings { get; init; } = [];

    /// <summary>What would lose its key.</summary>
    public ImmutableArray<PredictedOutage> Outages { get; init; } = [];

    /// <summary>What could not be looked at, in sentences.</summary>
    public ImmutableArray<string> Unchecked { get; init; } = [];

    /// <summary>The permissions without which no session goes as intended.</summary>
    public IEnumerable<PreflightNeed> Missing => Needs.Where(n => n.State == NeedState.Missing);

    /// <summary>The report as the journal keeps it.</summary>
    public CanonicalJson ToJson() => PreflightJson.Write(this);
}
