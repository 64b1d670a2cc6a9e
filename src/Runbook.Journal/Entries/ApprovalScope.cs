using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>What people are asked to agree to: one or more things, written with one space between them.</summary>
/// <remarks><c>session-key</c>, <c>roster</c>, <c>plan</c>, <c>step:&lt;slug&gt;</c>, <c>result:&lt;slug&gt;</c>,
/// <c>in-doubt:&lt;effect&gt;</c>, <c>handover</c>, <c>close</c>. Compared as text.</remarks>
public readonly record struct ApprovalScope
{
    private static readonly string[] Plain = ["session-key", "roster", "plan", "handover", "close"];
    private static readonly string[] Named = ["step:", "result:", "in-doubt:"];

    private readonly string? _text;

    private ApprovalScope(string text) => _text = text;

    /// <summary>The endorsement of an epoch's session key.</summary>
    public static ApprovalScope SessionKey { get; } = new("session-key");

    /// <summary>A changed roster.</summary>
    public static ApprovalScope Roster { get; } = new("roster");

    /// <summary>All that is to come.</summary>
    public static ApprovalScope Plan { get; } = new("plan");

    /// <summary>A change of the operator on duty.</summary>
    public static ApprovalScope Handover { get; } = new("handover");

    /// <summary>The session up to here.</summary>
    public static ApprovalScope Close { get; } = new("close");

    /// <summary>The things one by one.</summary>
    public ImmutableArray<string> Items => [.. ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>One visit of a step.</summary>
    /// <param name="step">Path of the step's slug.</param>
    public static ApprovalScope Step(string step) => Parse("step:" + step);

    /// <summary>What a step came to.</summary>
    /// <param name="step">Path of the step's slug.</param>
    public static ApprovalScope Result(string step) => Parse("result:" + step);

    /// <summary>What became of an effect that no probe can tell.</summary>
    /// <param name="effect">The effect.</param>
    public static ApprovalScope InDoubt(EffectId effect) => Parse("in-doubt:" + effect);

    /// <summary>Several things in one approval.</summary>
    /// <param name="scopes">At least one; the order stays.</param>
    public static ApprovalScope All(params IEnumerable<ApprovalScope> scopes) => Parse(string.Join(' ', scopes));

    /// <summary>Reads a scope.</summary>
    /// <param name="text">The text.</param>
    /// <param name="scope">The scope, or the default where the text is none.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out ApprovalScope scope)
    {
        scope = default;
        foreach (var part in text.Split(' '))
            if (!IsItem(text[part]))
                return false;
        scope = new ApprovalScope(text.ToString());
        return true;
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static ApprovalScope Parse(string text)
        => TryParse(text, out var scope) ? scope : throw new FormatException($"\"{text}\" is nothing that can be approved.");

    /// <summary>Whether one of the things is <paramref name="item"/>.</summary>
    /// <param name="item">One thing, such as <c>plan</c> or <c>step:rotate</c>.</param>
    public bool Covers(string item) => Items.Contains(item, StringComparer.Ordinal);

    /// <summary>Whether the scope permits a visit of a step.</summary>
    /// <param name="step">Path of the step's slug.</param>
    public bool CoversStep(string step) => Covers("plan") || Covers("step:" + step);

    /// <summary>The things with one space between them.</summary>
    public override string ToString() => _text ?? "";

    private static bool IsItem(ReadOnlySpan<char> item)
    {
        if (item.IsEmpty || item.IndexOfAny("\n\t") >= 0) return false;
        foreach (var plain in Plain)
            if (item.SequenceEqual(plain))
                return true;
        foreach (var prefix in Named)
            if (item.StartsWith(prefix, StringComparison.Ordinal) && item.Length > prefix.Length)
                return !prefix.StartsWith("in-doubt", StringComparison.Ordinal) || EffectId.TryParse(item[prefix.Length..], out _);
        return false;
    }
}
