using System.Collections.Immutable;
using Runbook.Language.Schemas;

namespace Runbook.Language.Actions;

/// <summary>Which of Azure's two planes a permission belongs to, or this computer.</summary>
public enum PermissionPlane
{
    /// <summary>Resource Manager: roles on the subscription, group or resource.</summary>
    ResourceManager,

    /// <summary>The HSM's or vault's own data plane: local roles.</summary>
    DataPlane,
}

/// <summary>One permission that an action needs.</summary>
/// <param name="Plane">Where it is granted.</param>
/// <param name="Operation">The operation as Azure spells it, such as <c>Microsoft.KeyVault/managedHSMs/write</c>.</param>
/// <param name="Scope">Where it must hold, in words or as a path with <c>{member}</c> of the action's arguments.</param>
/// <param name="Role">The narrowest built-in role that holds it.</param>
public sealed record ActionPermission(PermissionPlane Plane, string Operation, string Scope, string Role);

/// <summary>How to find out what became of a call that was not answered.</summary>
/// <param name="Reading">What is read, in words.</param>
/// <param name="Quiet">
/// How long the world gets to settle before "it did not take effect" is believed; asked twice this far apart.
/// </param>
public sealed record SettlingProbe(string Reading, TimeSpan Quiet)
{
    /// <summary>Whether any reading can tell; where none can, such a call is made again, and nothing says when it has done what it should.</summary>
    public bool Tells { get; init; } = true;
}

/// <summary>How an action is undone.</summary>
/// <param name="Action">The action that undoes it.</param>
/// <param name="Reading">The action that is read before, because undoing needs what it tells; or <see langword="null"/>.</param>
/// <param name="Note">What to know about it, in a sentence.</param>
public sealed record ActionInverse(string Action, string? Reading, string Note);

/// <summary>
/// Something that an action works through, or takes away while its effect lasts, so that the checker can see a revert that
/// would have to work through what a fault took away.
/// </summary>
/// <param name="Thing">What it is, one word for one thing across the catalogue: <c>hsm-network</c>, <c>hsm-role</c>.</param>
/// <param name="Member">The argument that says which one; <see langword="null"/> where <paramref name="Text"/> or nothing does.</param>
/// <param name="Text">Which one, as a runbook writes it, where it is always the same: <c>${operator.objectId}</c>.</param>
public sealed record ActionReliance(string Thing, string? Member = null, string? Text = null);

/// <summary>What an error code of Azure means for this action.</summary>
/// <param name="Code">Azure's code.</param>
/// <param name="Happened">What happened.</param>
/// <param name="State">What state it left.</param>
/// <param name="Next">What to do next.</param>
public sealed record ActionError(string Code, string Happened, string State, string Next);

/// <summary>
/// One entry of the catalogue as data: everything that the checker, the plan and a reader need to know of an action
/// without being able to call it.
/// </summary>
public sealed record ActionDescriptor
{
    /// <summary><c>&lt;service&gt;.&lt;resource&gt;.&lt;verb&gt;</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>What repeating it would do.</summary>
    public required EffectClass Effect { get; init; }

    /// <summary>Schema of <c>with</c>: a closed object.</summary>
    public required Schema With { get; init; }

    /// <summary>
    /// Groups of members of <c>with</c> of which exactly one must be complete; empty where <see cref="With"/> says it
    /// all. A member of a group is optional in <see cref="With"/>.
    /// </summary>
    public ImmutableArray<ImmutableArray<string>> OneOf { get; init; } = [];

    /// <summary>
    /// The member of <c>with</c> that may be a list, for each element of which a request is made in order; the result is
    /// then <c>value</c>. <see langword="null"/> for an action that makes one.
    /// </summary>
    public string? ListMember { get; init; }

    /// <summary>
    /// Schema of the result as Azure names it, without the engine's own <c>status</c>, <c>error</c> and <c>elapsedMs</c>.
    /// Only declared members are journalled.
    /// </summary>
    public required Schema Result { get; init; }

    /// <summary>The permissions that it needs, on both planes.</summary>
    public ImmutableArray<ActionPermission> Permissions { get; init; } = [];

    /// <summary>The equivalent <c>az</c> command with <c>{member}</c> of the arguments, or <see langword="null"/>.</summary>
    public string? AzCommand { get; init; }

    /// <summary>Why there is no <see cref="AzCommand"/>, where there is none.</summary>
    public string? NoAzCommand { get; init; }

    /// <summary>How an unanswered call is settled; <see langword="null"/> for readings.</summary>
    public SettlingProbe? Settle { get; init; }

    /// <summary>How it is undone; <see langword="null"/> where nothing undoes it.</summary>
    public ActionInverse? Inverse { get; init; }

    /// <summary>What it works through, as far as a fault could take that away.</summary>
    public ImmutableArray<ActionReliance> Needs { get; init; } = [];

    /// <summary>What it takes away while its effect lasts, on which other actions may rely.</summary>
    public ImmutableArray<ActionReliance> Breaks { get; init; } = [];

    /// <summary>Whether it exists on the embedded Azure only.</summary>
    public bool EmbeddedOnly { get; init; }

    /// <summary>Whether it is done on this computer and calls nothing.</summary>
    public bool Local { get; init; }

    /// <summary>How long it usually takes; zero for seconds.</summary>
    public TimeSpan UsuallyTakes { get; init; }

    /// <summary>What its errors mean.</summary>
    public ImmutableArray<ActionError> Errors { get; init; } = [];
}
