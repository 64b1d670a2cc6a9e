using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// A reading of many: one request finds out what there is, then each of it is read, and so on in rounds; what the last rounds
/// told is put together. Nothing of it being there is an answer like any other.
/// </summary>
internal sealed class ReadEach : AzureAction
{
    private readonly Func<AzureSite, Arguments, ReadOne> _first;
    private readonly ImmutableArray<Func<AzureSite, Arguments, ImmutableArray<CallAnswer>, ImmutableArray<ReadOne>>> _rounds;
    private readonly Func<ImmutableArray<ImmutableArray<CallAnswer>>, JsonObject> _result;

    /// <summary>Makes one.</summary>
    /// <param name="site">The environment's names.</param>
    /// <param name="wire">The way to Azure.</param>
    /// <param name="descriptor">The entry of the catalogue.</param>
    /// <param name="first">The request that finds out what there is.</param>
    /// <param name="result">The result, from the answers round by round.</param>
    /// <param name="rounds">Each round's requests, from the answers of the round before.</param>
    public ReadEach(AzureSite site, AzureWire? wire, ActionDescriptor descriptor, Func<AzureSite, Arguments, ReadOne> first, Func<ImmutableArray<ImmutableArray<CallAnswer>>, JsonObject> result, params ImmutableArray<Func<AzureSite, Arguments, ImmutableArray<CallAnswer>, ImmutableArray<ReadOne>>> rounds)
        : base(site, wire) => (Descriptor, _first, _result, _rounds) = (descriptor, first, result, rounds);

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; }

    /// <summary>What stands in a plan for what each round but the last will have found, in its place.</summary>
    public required ImmutableArray<string> Unknown { get; init; }

    /// <summary>What stands for resources that Resource Graph will find.</summary>
    public static string UnknownOf(string what) => $$$"""{"data":[{"id":"/${{{{what}}}}"}]}""";

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        List<PlannedCall> calls = [Make(0, _first(Site, arguments))];
        foreach (var (round, unknown) in _rounds.Zip(Unknown))
        {
            foreach (var read in round(Site, arguments, [new CallAnswer { Observed = JsonElement.Parse(unknown) }])) calls.Add(Make(calls.Count, read));
        }

        return [.. calls];
    }

    /// <summary>The request to Resource Graph that finds resources of a type.</summary>
    /// <param name="site">The environment's names.</param>
    /// <param name="type">The type, in lower case.</param>
    /// <param name="says">What it does, in a sentence.</param>
    public static ReadOne Resources(AzureSite site, string type, string says) => Query(site, $"Resources | where type =~ '{type}' | project id | order by id asc", says, Found);

    /// <summary>Any request to Resource Graph.</summary>
    /// <param name="site">The environment's names.</param>
    /// <param name="query">The query, of which a column is <c>id</c>.</param>
    /// <param name="says">What it does, in a sentence.</param>
    /// <param name="observes">What of the answer is told on.</param>
    public static ReadOne Query(AzureSite site, string query, string says, Schema observes) => new(says, site.Arm("/providers/Microsoft.ResourceGraph/resources", "2021-03-01"), observes)
    {
        Body = new JsonObject
        {
            ["subscriptions"] = new JsonArray(site.SubscriptionId),
            ["query"] = query,
            ["options"] = new JsonObject { ["$top"] = ActionsLimits.ReadEachMax, ["resultFormat"] = "objectArray" },
        },
    };

    /// <summary>The ids that <see cref="Resources"/> found.</summary>
    public static ImmutableArray<string> IdsIn(ImmutableArray<CallAnswer> found) => [.. ItemsIn(found, "data").Select(row => row.GetProperty("id").GetString()!)];

    /// <summary>The items of lists, one list after the other.</summary>
    public static IEnumerable<JsonElement> ItemsIn(ImmutableArray<CallAnswer> answers, string name = "value") =>
        answers.SelectMany(a => a.Observed.TryGetProperty(name, out var items) ? (IEnumerable<JsonElement>)items.EnumerateArray() : []);

    /// <summary>Everything that the last round's lists held.</summary>
    public static JsonObject AllOf(ImmutableArray<ImmutableArray<CallAnswer>> rounds) => new() { ["value"] = new JsonArray([.. ItemsIn(rounds[^1]).Select(Arguments.ToNode)]) };

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        if (answers.IsEmpty) return Make(0, _first(Site, with));
        var (done, reads, start) = Walk(with, answers);
        return done ? null : Make(answers.Length, reads[answers.Length - start]);
    }

    /// <inheritdoc/>
    protected override JsonElement Result(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var rounds = ImmutableArray.Create(answers[..1]);
        var start = 1;
        foreach (var round in _rounds)
        {
            var count = round(Site, with, rounds[^1]).Length;
            rounds = rounds.Add(answers.Slice(start, count));
            start += count;
        }

        return Arguments.ToElement(_result(rounds));
    }

    /// <inheritdoc/>
    protected override async Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        await Wire.SendAsync(exchange, cancellationToken).ConfigureAwait(false);
        while (exchange.Call.Method == "GET" && exchange.Answer is { IsSuccess: true } answer && answer.NextLink is { } next)
        {
            await Wire.SendAsync(exchange, cancellationToken, next).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context)
    {
        if (answer.IsSuccess && answer.Json is { } json && json.TryGetProperty("resultTruncated", out var cut) && cut.GetString() == "true")
            return Answers.Refused("TooMany", $"There are more than {ActionsLimits.ReadEachMax} of them: they are not read one by one.", answer);
        return exchange.Pages.Count > 1 ? Answers.List(exchange, answer) : Answers.Of(answer, exchange.Tries);
    }

    private static readonly Schema Found = Shape.Of("data: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string} } } }\nresultTruncated: {type: string}");

    // The round that the next request belongs to: whether there is none, its requests, and where its answers begin.
    private (bool Done, ImmutableArray<ReadOne> Reads, int Start) Walk(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var (before, start) = (answers[..1], 1);
        foreach (var round in _rounds)
        {
            var reads = round(Site, with, before);
            if (answers.Length < start + reads.Length) return (false, reads, start);
            (before, start) = (answers.Slice(start, reads.Length), start + reads.Length);
        }

        return (true, [], start);
    }

    private PlannedCall Make(int index, ReadOne read)
    {
        var root = Site.Cloud.ResourceManagerRoot;
        var path = read.Url.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? read.Url[..query] : read.Url;
        return new PlannedCall
        {
            Index = index,
            Effect = EffectClass.Read,
            Description = read.Says,
            Target = path.StartsWith(root, StringComparison.Ordinal) ? path[root.Length..] : path,
            Method = read.Body is null ? "GET" : "POST",
            Url = read.Url,
            Body = read.Body is null ? null : Arguments.ToElement(read.Body),
            Observes = read.Observes,
        };
    }
}

/// <summary>One request of a <see cref="ReadEach"/>.</summary>
/// <param name="Says">What it does, in a sentence.</param>
/// <param name="Url">The whole address.</param>
/// <param name="Observes">What of the answer is journalled, and seen by the next round.</param>
internal sealed record ReadOne(string Says, string Url, Schema Observes)
{
    /// <summary>The body of a question that is asked by POST.</summary>
    public JsonObject? Body { get; init; }
}
