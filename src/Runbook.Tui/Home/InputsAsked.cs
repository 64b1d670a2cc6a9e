using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Language.Schemas;

namespace Runbook.Tui;

/// <summary>What a runbook has to be told before it starts.</summary>
/// <param name="Title">The runbook's title.</param>
/// <param name="Members">The inputs that are asked for.</param>
public sealed record InputsAsked(string Title, ImmutableArray<SchemaMember> Members)
{
    /// <summary>What stands in the fields at first, by name; an input without one has its schema's default.</summary>
    public ImmutableDictionary<string, JsonElement> Presets { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>Label of the environment.</summary>
    public required string Environment { get; init; }
}

/// <summary>What a person typed for a runbook's inputs. The terminal has been given back by then. A closed hierarchy.</summary>
public abstract record InputsGiven
{
    private InputsGiven()
    {
    }

    /// <summary>Values that fit their schemas; what was left empty is in neither.</summary>
    /// <param name="Values">By name; secret ones too, which the caller keeps out of everything.</param>
    /// <param name="Files">By name, for inputs that are files.</param>
    public sealed record All(ImmutableDictionary<string, JsonElement> Values, ImmutableDictionary<string, HandedInFile> Files) : InputsGiven;

    /// <summary>The person left: nothing is to be started.</summary>
    public sealed record Leave : InputsGiven;

    /// <summary>A signal ended it: exit with 128 and the signal's number.</summary>
    /// <param name="Signal">The signal's number.</param>
    public sealed record Signalled(int Signal) : InputsGiven;

    /// <summary>There is no terminal to ask on.</summary>
    /// <param name="Reason">Why, in a sentence.</param>
    public sealed record NoTerminal(string Reason) : InputsGiven;
}
