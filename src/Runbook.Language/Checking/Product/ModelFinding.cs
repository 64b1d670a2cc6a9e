using System.Collections.Immutable;

namespace Runbook.Language;

/// <summary>A rule that the model check found broken, with a shortest way on which it breaks.</summary>
public sealed record ModelFinding
{
    /// <summary>The rule.</summary>
    public required Rule Rule { get; init; }

    /// <summary>Path of the step that it is about: its slug, behind those of the calls that lead to it.</summary>
    public required string Step { get; init; }

    /// <summary>The trigger that is to blame; <see langword="null"/> where no single one is.</summary>
    public string? Trigger { get; init; }

    /// <summary>One sentence: what is wrong.</summary>
    public required string Message { get; init; }

    /// <summary>What to write instead.</summary>
    public required string Fix { get; init; }

    /// <summary>
    /// Steps and triggers in turn, from the first step on. Besides the machine's triggers there are <c>start</c>, from a call
    /// to the first step of what it calls, and <c>guard</c>, where the guard lifts a fault.
    /// </summary>
    public required ImmutableArray<string> Path { get; init; }

    internal SourceSpan Span { get; init; }

    /// <summary>The step of the root that it is about or that calls what it is about.</summary>
    internal string RootStep => Step.Split('/')[0];
}
