using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>Reads an address outside of any call.</summary>
/// <param name="url">The address.</param>
/// <exception cref="CallNotAnsweredException">No answer, for whatever reason.</exception>
internal delegate Task<HttpAnswer> Look(string url);

/// <summary>
/// One request of a <see cref="RequestAction"/>, described. Every function is pure, and gets arguments in which a value that
/// is not known yet is the text <c>${name}</c>, and the answers so far, of which a plan has none.
/// </summary>
internal sealed record RequestCall
{
    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The whole address.</summary>
    public required Func<AzureSite, Arguments, string> Url { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required Func<Arguments, string> Says { get; init; }

    /// <summary>Headers that say what it does, beside those that every request has.</summary>
    public Func<Arguments, ImmutableSortedDictionary<string, string>>? Headers { get; init; }

    /// <summary>
    /// The body. A text <c>${file:text REF}</c>, <c>${file:line REF}</c>, <c>${file:base64url REF}</c> or <c>${file:json REF}</c>
    /// in it is a file's content when it leaves.
    /// </summary>
    public Func<AzureSite, Arguments, ImmutableArray<CallAnswer>, JsonNode?>? Body { get; init; }

    /// <summary>Class of this request, where that is neither a reading nor the action's own.</summary>
    public EffectClass? Effect { get; init; }

    /// <summary>Whether it looks that nothing is there yet: what it finds is left as it is, and nothing else is sent.</summary>
    public bool MustBeAbsent { get; init; }

    /// <summary>Whether "there is no such thing" is what was wanted.</summary>
    public bool AbsentIsDone { get; init; }

    /// <summary>Whether it is asked first if its effect is there already; then nothing is sent, and it counts as done.</summary>
    public bool AsksFirst { get; init; }

    /// <summary>What of the answer is journalled, where that is not the whole result.</summary>
    public Schema? Observes { get; init; }

    /// <summary>Finds out what became of it; <see langword="null"/> for <see cref="Settling.Resource"/>.</summary>
    public Func<Look, PlannedCall, Task<SettleVerdict>>? Settle { get; init; }

    /// <summary>What a success tells, where that is not its body.</summary>
    public Func<Exchange, HttpAnswer, JsonNode>? Tells { get; init; }

    /// <summary>What the end of an operation tells, where that is not its body.</summary>
    public Func<HttpAnswer, JsonNode>? TellsAtTheEnd { get; init; }

    /// <summary>Whether the answer's body holds a secret: nothing of it is handed on but what <see cref="Tells"/> says.</summary>
    public bool HidesAnswer { get; init; }

    /// <summary>The file of the session's folder that a success is written to, as the arguments name it.</summary>
    public string? FileMember { get; init; }

    /// <summary>What is written to it.</summary>
    public Func<HttpAnswer, byte[]>? Writes { get; init; }

    /// <summary>What the settling probe needs to know of the answers before, kept with the call.</summary>
    public Func<Arguments, ImmutableArray<CallAnswer>, JsonObject>? Remembers { get; init; }
}
