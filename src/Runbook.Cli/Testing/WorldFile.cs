using System.Collections.Immutable;
using System.Text.Json;

namespace Runbook.Cli.Testing;

/// <summary>
/// The scripted world beside a runbook, <c>NAME.world.yaml</c>: every way through it, what others do meanwhile, and what Azure must be
/// like at the end of each. docs/testing.md says what each member means; <see cref="WorldReader"/> reads it.
/// </summary>
internal sealed record WorldFile
{
    /// <summary>What holds of the estate after every run that completes.</summary>
    public ImmutableArray<EstateFact> Promises { get; init; } = [];

    /// <summary>The ways through; the first is the main path, which needs nothing but the runbook's own rehearsal.</summary>
    public required ImmutableArray<WorldCase> Cases { get; init; }

    /// <summary>Written transitions that no case takes, each with its reason.</summary>
    public ImmutableArray<Untaken> NotTaken { get; init; } = [];

    /// <summary>Ways of lifting a fault that no case shows, each with its reason.</summary>
    public ImmutableArray<Unlifted> NotLifted { get; init; } = [];

    /// <summary>Where the cases that are derived for every runbook come to something else than usual.</summary>
    public ImmutableArray<DerivedExpectation> Derived { get; init; } = [];

    /// <summary>The main path.</summary>
    public WorldCase Main => Cases[0];

    /// <summary>What a derived case comes to, where that is written down.</summary>
    public DerivedExpectation? Expected(DerivedKind kind, string step, AbortMoment? moment = null) =>
        Derived.FirstOrDefault(d => d.Kind == kind && (d.Steps.IsEmpty || d.Steps.Contains(step)) && (d.Moment is null || d.Moment == moment));
}

/// <summary>One way through a runbook.</summary>
internal sealed record WorldCase
{
    /// <summary>What it shows, as a sentence.</summary>
    public required string Name { get; init; }

    /// <summary>How it ends.</summary>
    public required CaseEnd End { get; init; }

    /// <summary>Inputs other than those of the runbook's own rehearsal.</summary>
    public ImmutableDictionary<string, JsonElement> Set { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>Another estate.</summary>
    public string? Estate { get; init; }

    /// <summary>Another scenario; <c>none</c> for none.</summary>
    public string? Scenario { get; init; }

    /// <summary>What the operator picks, by step; of several the first at the first visit, and so on, the last ever after.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Choices { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Answers by the asked value's name, or <c>STEP.NAME</c>; of several the first at the first visit; null for the
    /// rehearsal's own. <c>{by: {PERSON: ANSWER}}</c> for one person's; a file is handed in by <c>{file: PATH}</c>, a path below the
    /// session's files, or by its text.</summary>
    public ImmutableDictionary<string, ImmutableArray<JsonElement>> Answers { get; init; } = ImmutableDictionary<string, ImmutableArray<JsonElement>>.Empty;

    /// <summary>Approvals that are refused, each as often as it stands here.</summary>
    public ImmutableArray<string> Reject { get; init; } = [];

    /// <summary>Steps in which nobody answers until the time is up, each as often as it stands here.</summary>
    public ImmutableArray<string> Silent { get; init; } = [];

    /// <summary>Steps in which the operator aborts, each once.</summary>
    public ImmutableArray<string> Abort { get; init; } = [];

    /// <summary>What others do meanwhile.</summary>
    public ImmutableArray<Meanwhile> Meanwhile { get; init; } = [];

    /// <summary>Steps that must be visited, in this order; others may lie between.</summary>
    public ImmutableArray<string> Through { get; init; } = [];

    /// <summary>Whether its facts stand in the place of the promises, because its inputs make other things.</summary>
    public bool OwnPromises { get; init; }

    /// <summary>What holds of the estate at the end, beside the promises.</summary>
    public ImmutableArray<EstateFact> Facts { get; init; } = [];

    /// <summary>Whether the estate is at the end what it was at the beginning, made-up ids and times aside.</summary>
    public bool Unchanged { get; init; }
}

/// <summary>How a session ends, or why it does not.</summary>
internal enum CaseEnd
{
    Completed,
    Failed,
    Aborted,

    /// <summary>It stands still and needs a person.</summary>
    Paused,
}

/// <summary>Something that happens to Azure from elsewhere before a step is entered for the first time.</summary>
internal sealed record Meanwhile
{
    /// <summary>The step; left out: before the session begins.</summary>
    public string? Before { get; init; }

    /// <summary>A call: method and path at Resource Manager, or method and URL. <c>{group}</c>, <c>{subscription}</c>,
    /// <c>{operator}</c> and <c>{owner}</c> stand for those paths and object ids, <c>{principal:NAME}</c> for the principal of a user-assigned
    /// identity, <c>{version:KEY}</c> for a key's newest version.</summary>
    public string? Call { get; init; }

    /// <summary>Its body.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>Name of the principal who makes it; the subscription's owner if left out.</summary>
    public string As { get; init; } = "owner";

    /// <summary>Time that passes, ISO 8601; after the call.</summary>
    public string? Passes { get; init; }

    /// <summary>A fault that is armed, as scenario files write it.</summary>
    public JsonElement? Fault { get; init; }

    /// <summary>Whether every fault is taken away.</summary>
    public bool Heals { get; init; }

    /// <summary>Whether the console is gone at that moment, and the guards of what is armed undo it before somebody resumes the session.</summary>
    public bool ConsoleGone { get; init; }

    /// <summary>Takes every role of one plane from the operator.</summary>
    public RolePlane? RolesGone { get; init; }

    /// <summary>Takes every local role from a user-assigned identity, as a clean-up job does.</summary>
    public string? RolesGoneFrom { get; init; }
}

/// <summary>Whose roles: there are two kinds, and neither is the other.</summary>
internal enum RolePlane
{
    /// <summary>Roles of Resource Manager.</summary>
    Subscription,

    /// <summary>Local roles of managed HSMs.</summary>
    Hsm,
}

/// <summary>A sentence about the estate: an expression over what the simulator's state file holds, or over what it answers.</summary>
internal sealed record EstateFact
{
    /// <summary>A table of the state (<c>keys</c>), whose rows are a list, each with its key as <c>_id</c>; or what is asked
    /// (<c>GET {group}/providers/…</c>), answered by a simulator that was started again on the state file.</summary>
    public required string Of { get; init; }

    /// <summary>JMESPath; true where the fact holds. An answer is seen as <c>{status, body}</c>, a table as a list.</summary>
    public required string Holds { get; init; }

    /// <summary>Who asks.</summary>
    public string As { get; init; } = "owner";
}

/// <summary>A written transition that no case takes.</summary>
/// <param name="From">The step.</param>
/// <param name="By">The trigger's word.</param>
/// <param name="To">Where it leads.</param>
/// <param name="Because">Why it can't be taken here.</param>
internal sealed record Untaken(string From, string By, string To, string Because);

/// <summary>A way of lifting a fault that no case shows.</summary>
/// <param name="Fault">The fault's step.</param>
/// <param name="By">The way.</param>
/// <param name="Because">Why it can't be shown here.</param>
internal sealed record Unlifted(string Fault, LiftedBy By, string Because);

/// <summary>The kinds of cases that every runbook gets without a word.</summary>
internal enum DerivedKind
{
    /// <summary>The operator aborts in a step.</summary>
    Abort,

    /// <summary>The answer to a call with an effect is lost.</summary>
    LostAnswer,

    /// <summary>Azure throttles everything for a minute, from a call with an effect on.</summary>
    Throttle,

    /// <summary>Azure fails with 500 at a call with an effect, once, and did nothing.</summary>
    ServerError,

    /// <summary>The operator has no role on the subscription, or none on the HSM.</summary>
    NoRole,

    /// <summary>The subscription is not registered for a provider that is asked to make or change something.</summary>
    Unregistered,

    /// <summary>The subscription's quota has no room for a resource that is to be made.</summary>
    Quota,

    /// <summary>Somebody else's key or resource, another than is needed, has a name that is to be given.</summary>
    NameTaken,

    /// <summary>A deleted key holds a name that is to be given.</summary>
    DeletedTwin,
}

/// <summary>What a derived case comes to, where it is not the usual.</summary>
internal sealed record DerivedExpectation
{
    /// <summary>The kind.</summary>
    public required DerivedKind Kind { get; init; }

    /// <summary>The steps; for <see cref="DerivedKind.NoRole"/> the plane, for <see cref="DerivedKind.Unregistered"/> the provider; every one if left out.</summary>
    public ImmutableArray<string> Steps { get; init; } = [];

    /// <summary>For <see cref="DerivedKind.Abort"/> the moment; both if left out.</summary>
    public AbortMoment? Moment { get; init; }

    /// <summary>How it ends; <see langword="null"/>: as usual.</summary>
    public CaseEnd? End { get; init; }

    /// <summary>How a second run on what it left ends.</summary>
    public CaseEnd Again { get; init; } = CaseEnd.Completed;

    /// <summary>Inputs of the second run.</summary>
    public ImmutableDictionary<string, JsonElement> Set { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>Choices of the second run.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Choices { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Why.</summary>
    public required string Because { get; init; }
}
