using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>graph.resources.query</c>, <c>directory.objects.list</c>: an estate as a whole, and who is in it.</summary>
internal static class EstateReadingActions
{
    private const int RowsMax = 1000;
    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        yield return Query(site, wire);
        yield return Principals(site, wire);
    }

    private static RequestAction Query(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "graph.resources.query",
        Summary = "Asks Resource Graph about all resources of the subscription at once. It is seconds to minutes behind, shows only what your identity may read, and at most a thousand rows: resultTruncated says whether there were more.",
        Effect = EffectClass.Read,
        With = Shape.Of("""query: {type: string, minLength: 1, maxLength: 16384, description: "The query, in Kusto"}"""),
        Result = Shape.Of("""
            totalRecords: {type: integer}
            count: {type: integer}
            resultTruncated: {type: string, description: "true or false, as text"}
            data: {type: array, items: {type: object, additionalProperties: true} }
            """),
        Permissions = [Needs.Arm("Microsoft.ResourceGraph/resources/read", "the subscription", "Reader")],
        AzCommand = AzRest.Command,
        Errors = Refusals.ResourceManager.AddRange(
            new ActionError("BadRequest", "The query can't be read.", "Nothing changed.", "Read the message, and put the query right."),
            new ActionError("RateLimiting", "Resource Graph is asked too much: 15 queries in 5 seconds are allowed.", "Nothing changed.", "Wait as long as it said.")),
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = (s, _) => s.Arm("/providers/Microsoft.ResourceGraph/resources", "2021-03-01"),
            Says = with => $"Ask Resource Graph: {with.Text("query").ReplaceLineEndings(" ")}",
            Body = (s, with, _) => new JsonObject { ["subscriptions"] = new JsonArray(s.SubscriptionId), ["query"] = with.Node("query"), ["options"] = new JsonObject { ["$top"] = RowsMax, ["resultFormat"] = "objectArray" } },
        });

    private static RequestAction Principals(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "directory.objects.list",
        Summary = "Looks principals up in Entra's directory by their object ids: what each is, and its name. Whoever is not in the answer does not exist any more.",
        Effect = EffectClass.Read,
        With = Shape.Of("""ids: {type: array, minItems: 1, maxItems: 1000, items: {type: string, format: uuid}, description: "Object ids"}"""),
        Result = Shape.Of("""
            value: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, type: {type: string, description: "user, group or servicePrincipal"}, displayName: {type: string} } } }
            """),
        Permissions = [Needs.Data("Microsoft.Graph/Directory.Read.All", "the tenant", "Directory Readers")],
        AzCommand = AzRest.Command.Replace("{resource}", site.Cloud.Directory.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal),
        Errors =
        [
            new("Authorization_RequestDenied", "Your identity may not read the directory.", "Nothing changed.", "Have Directory Readers assigned, or Directory.Read.All consented to."),
            new("TooManyRequests", "The directory is asked too much.", "Nothing changed.", "Wait as long as it said."),
        ],
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = (s, _) => $"{s.Cloud.Directory.GetLeftPart(UriPartial.Authority)}/v1.0/directoryObjects/getByIds",
            Says = with => $"Look up {with.Items("ids")?.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "the"} principals in the directory.",
            Body = (_, with, _) => new JsonObject { ["ids"] = with.Node("ids") },
            Tells = (_, answer) => KnownOf(answer),
        });

    private static JsonObject KnownOf(HttpAnswer answer)
    {
        var known = new JsonArray();
        if (answer.Json is { } json && json.TryGetProperty("value", out var items))
        {
            foreach (var item in items.EnumerateArray())
            {
                var type = Text(item, "@odata.type") ?? "";
                known.Add((JsonNode)Arguments.ObjectOf(("id", Text(item, "id")), ("type", type[(type.LastIndexOf('.') + 1)..]), ("displayName", Text(item, "displayName"))));
            }
        }

        return new JsonObject { ["value"] = known };
    }

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
