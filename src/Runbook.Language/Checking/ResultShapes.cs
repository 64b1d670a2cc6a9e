using System.Collections.Immutable;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Language.Checking;

/// <summary>The objects that a step's expressions see.</summary>
internal static class ResultShapes
{
    private static readonly Schema Status = new() { Types = JsonTypes.Integer | JsonTypes.Null };

    private static readonly Schema Error = new()
    {
        Types = JsonTypes.Object | JsonTypes.Null,
        OpenEnded = false,
        Members = [new SchemaMember("code", new Schema { Types = JsonTypes.String }, true), new SchemaMember("message", new Schema { Types = JsonTypes.String }, true)],
    };

    private static readonly SchemaMember Elapsed = new("elapsedMs", new Schema { Types = JsonTypes.Integer }, true);

    /// <summary>An object without members: what a step without a result sees.</summary>
    public static Schema Nothing { get; } = new() { Types = JsonTypes.Object, OpenEnded = false };

    /// <summary>What a session itself brings, by variable.</summary>
    public static ImmutableDictionary<string, Schema> Session { get; } = new Dictionary<string, Schema>
    {
        ["operator"] = Object(("person", JsonTypes.String), ("name", JsonTypes.String), ("objectId", JsonTypes.String)),
        ["session"] = Object(("id", JsonTypes.String), ("files", JsonTypes.String)),
        ["environment"] = new Schema { Types = JsonTypes.String },
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>An action's result with the engine's members; of the list form where the block passes a list.</summary>
    public static Schema Of(ActionDescriptor action, Template with)
    {
        var result = action.Result;
        if (action.ListMember is { } list && with.MemberNames.Contains(list))
        {
            var element = result with
            {
                Types = JsonTypes.Object,
                Members = result.Members.AddRange(new SchemaMember("status", Status, true), new SchemaMember("error", Error, true)),
            };
            result = new Schema
            {
                Types = JsonTypes.Object,
                OpenEnded = false,
                Members = [new SchemaMember("value", new Schema { Types = JsonTypes.Array, Items = element }, true)],
            };
        }

        return result with
        {
            Types = JsonTypes.Object,
            Members = result.Members.AddRange(new SchemaMember("status", Status, true), new SchemaMember("error", Error, true), Elapsed),
        };
    }

    /// <summary>What an <c>ask</c>'s expressions see.</summary>
    public static Schema OfAnswers(StepBlock.Ask ask) => new()
    {
        Types = JsonTypes.Object,
        OpenEnded = false,
        Members =
        [
            new SchemaMember("answers", new Schema
            {
                Types = JsonTypes.Array,
                Items = new Schema
                {
                    Types = JsonTypes.Object,
                    OpenEnded = false,
                    Members = [new SchemaMember("person", new Schema { Types = JsonTypes.String }, true), .. ask.Value],
                },
            }, true),
        ],
    };

    private static Schema Object(params (string Name, JsonTypes Types)[] members) => new()
    {
        Types = JsonTypes.Object,
        OpenEnded = false,
        Members = [.. members.Select(m => new SchemaMember(m.Name, new Schema { Types = m.Types }, true))],
    };
}
