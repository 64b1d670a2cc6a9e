using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// What the actions on one type of resource share: where it lies, what is told of it, who may, and what may go wrong.
/// </summary>
/// <param name="Site">The environment's names.</param>
/// <param name="Wire">The way to Azure.</param>
/// <param name="Type">The type, such as <c>Microsoft.Storage/storageAccounts</c>.</param>
/// <param name="Version">Version of its provider.</param>
/// <param name="What">In a sentence: storage account.</param>
/// <param name="Role">The built-in role whose holders may change it.</param>
/// <param name="Path">Where it lies, from its slash on.</param>
/// <param name="Result">What is told of it.</param>
internal sealed record ResourceFamily(AzureSite Site, AzureWire? Wire, string Type, string Version, string What, string Role, Func<AzureSite, Arguments, string> Path, string Result)
{
    private static readonly Schema NothingObserved = Shape.Of("");

    /// <summary>Errors that any change may meet, beside those of all of Resource Manager.</summary>
    public ImmutableArray<ActionError> Errors { get; init; } = [];

    /// <summary>What it needs from the roles of the subscription.</summary>
    public ActionPermission Needs(string verb) => Actions.Needs.Arm($"{Type}/{verb}", $"the {What}", verb == "read" ? "Reader" : Role);

    /// <summary>An action that reads.</summary>
    public RequestAction Get(string name, string summary, string with, Func<Arguments, string> says, string? az = null, string path = "", string query = "", string? result = null, string? list = null, ImmutableArray<ImmutableArray<string>> oneOf = default) => new(Site, Wire, new ActionDescriptor
    {
        Name = name,
        Summary = summary,
        Effect = EffectClass.Read,
        With = Shape.Of(with),
        OneOf = oneOf.IsDefault ? [] : oneOf,
        ListMember = list,
        Result = Shape.Of(result ?? Result),
        Permissions = [Needs("read")],
        AzCommand = az ?? AzRest.Command,
        Errors = Refusals.ResourceManager.Add(Refusals.NotThere(What)),
    }, null, new RequestCall { Method = "GET", Url = Address(path, query), Says = says });

    /// <summary>An action that changes something.</summary>
    public RequestAction Change(ResourceChange change)
    {
        var call = new RequestCall
        {
            Method = change.Method,
            Url = (site, with) => site.Arm(Path(site, with) + change.Path, Version, change.Query(with)),
            Says = change.Says,
            Body = change.Body,
            AbsentIsDone = change.Method == "DELETE",
            AsksFirst = change.AsksFirst,
            Settle = change.Settle ?? (change.LooksFirst ? Settling.Created : null),
        };
        ImmutableArray<RequestCall> calls = change.LooksFirst
            ? [new RequestCall { Method = "GET", Url = Address(change.Path, ""), Says = _ => $"See that there is no such {What} yet.", MustBeAbsent = true, Observes = NothingObserved }, call]
            : [call];
        return new RequestAction(Site, Wire, new ActionDescriptor
        {
            Name = change.Name,
            Summary = change.Summary,
            Effect = change.Effect,
            With = Shape.Of(change.With),
            OneOf = change.OneOf,
            ListMember = change.List,
            Result = Shape.Of(change.Result ?? (change.Method is "DELETE" or "POST" ? "" : Result)),
            Permissions = change.LooksFirst ? [Needs("read"), Needs(change.Verb)] : [Needs(change.Verb)],
            AzCommand = change.Az ?? AzRest.Command,
            Settle = new SettlingProbe(change.Settles, change.Quiet) { Tells = !change.NothingTells },
            Inverse = change.Inverse,
            UsuallyTakes = change.Takes,
            Errors = WithoutRepeats([.. change.Errors, .. change.LooksFirst ? [AlreadyThere] : (ActionError[])[], .. Errors, Refusals.NotThere(What), .. Refusals.ResourceManagerWrites]),
        }, change.Undo, calls);
    }

    private ActionError AlreadyThere => new("AlreadyExists", $"There is a {What} of that name in the group already.", "Nothing was sent: the console refuses to write over it.", "Take another name, or go on with the one that is there.");

    private Func<AzureSite, Arguments, string> Address(string below, string query) => (site, with) => site.Arm(Path(site, with) + below, Version, query);

    private static ImmutableArray<ActionError> WithoutRepeats(IEnumerable<ActionError> errors) => [.. errors.DistinctBy(e => e.Code)];
}

/// <summary>One change of a resource, described.</summary>
internal sealed record ResourceChange
{
    /// <summary>The action's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required string Summary { get; init; }

    /// <summary>What repeating it would do.</summary>
    public EffectClass Effect { get; init; } = EffectClass.Idempotent;

    /// <summary>Its arguments.</summary>
    public required string With { get; init; }

    /// <summary>Groups of arguments of which one must be complete.</summary>
    public ImmutableArray<ImmutableArray<string>> OneOf { get; init; } = [];

    /// <summary>The argument that may be a list.</summary>
    public string? List { get; init; }

    /// <summary>The method.</summary>
    public string Method { get; init; } = "PUT";

    /// <summary>What follows the resource's own path.</summary>
    public string Path { get; init; } = "";

    /// <summary>What stands in front of the version, with its <c>&amp;</c>.</summary>
    public Func<Arguments, string> Query { get; init; } = static _ => "";

    /// <summary>What it does, with the names involved.</summary>
    public required Func<Arguments, string> Says { get; init; }

    /// <summary>The body.</summary>
    public Func<AzureSite, Arguments, ImmutableArray<CallAnswer>, JsonNode?>? Body { get; init; }

    /// <summary>What it tells, where that is not the resource.</summary>
    public string? Result { get; init; }

    /// <summary>The last piece of the permission.</summary>
    public string Verb => Method switch { "DELETE" => "delete", "POST" => Path.TrimStart('/') + "/action", _ => "write" };

    /// <summary>The equivalent command.</summary>
    public string? Az { get; init; }

    /// <summary>How a lost answer is settled, in words.</summary>
    public required string Settles { get; init; }

    /// <summary>The same, where the resource itself does not tell by holding what was asked for.</summary>
    public Func<Look, PlannedCall, Task<SettleVerdict>>? Settle { get; init; }

    /// <summary>Whether no reading can settle it.</summary>
    public bool NothingTells { get; init; }

    /// <summary>How long the world gets before "it did not" is believed.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long it usually takes.</summary>
    public TimeSpan Takes { get; init; }

    /// <summary>Whether it is seen first that nothing is there.</summary>
    public bool LooksFirst { get; init; }

    /// <summary>Whether it is seen first if the effect is there already.</summary>
    public bool AsksFirst { get; init; }

    /// <summary>How it is undone.</summary>
    public ActionInverse? Inverse { get; init; }

    /// <summary>The arguments of that.</summary>
    public Func<Arguments, JsonElement?, JsonObject>? Undo { get; init; }

    /// <summary>What its errors mean, beside those that any change may meet.</summary>
    public ImmutableArray<ActionError> Errors { get; init; } = [];
}
