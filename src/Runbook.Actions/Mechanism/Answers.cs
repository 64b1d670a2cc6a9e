using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>Turns what came from the network into what an action answers.</summary>
internal static class Answers
{
    /// <summary>Stands for "nothing is there", and for "it is gone": what an action that wants that answers.</summary>
    public const int NothingThere = 204;

    /// <summary><c>{}</c>.</summary>
    public static JsonElement Nothing { get; } = JsonElement.Parse("{}");

    /// <summary>An answer as it came: a success with its body, a refusal with Azure's error.</summary>
    public static CallAnswer Of(HttpAnswer answer, int tries = 1)
    {
        if (answer.IsSuccess) return From(answer, tries) with { Observed = answer.Json is { ValueKind: JsonValueKind.Object } json ? json : Nothing };
        var (code, message) = answer.Status is >= 300 and < 400
            ? ("Redirected", $"The service answered {answer.Status} and named another place; redirects are not followed.")
            : answer.ErrorOf();
        return From(answer, tries) with { Error = new CallError(code, message) };
    }

    /// <summary>A success that tells something else than its body.</summary>
    public static CallAnswer With(HttpAnswer answer, JsonNode observed, int tries = 1) => From(answer, tries) with { Observed = Arguments.ToElement(observed) };

    /// <summary>What was to be gone or absent is.</summary>
    public static CallAnswer Absent(HttpAnswer answer, int tries = 1) => From(answer, tries) with { Status = NothingThere };

    /// <summary>This computer refuses, or an operation that was accepted failed: no HTTP status says so.</summary>
    public static CallAnswer Refused(string code, string message, HttpAnswer? seen = null) =>
        (seen is null ? new CallAnswer { Observed = Nothing } : From(seen, 1)) with { Status = null, Error = new CallError(code, message) };

    /// <summary>What was done on this computer.</summary>
    public static CallAnswer Local(JsonNode observed) => new() { Status = 200, Observed = Arguments.ToElement(observed) };

    /// <summary>A reading without an answer.</summary>
    public static CallAnswer Unanswered(string word, string message) => new() { Observed = Nothing, Error = new CallError(word, message) };

    /// <summary>The pages of a list as one answer: <c>value</c> with everything that they hold.</summary>
    public static CallAnswer List(Exchange exchange, HttpAnswer last)
    {
        if (!last.IsSuccess) return Of(last, exchange.Tries);
        var all = new JsonArray();
        foreach (var page in exchange.Pages)
        {
            if (page.Json is not { } json || !json.TryGetProperty("value", out var items)) continue;
            foreach (var item in items.EnumerateArray()) all.Add(Arguments.ToNode(item));
        }

        return With(last, new JsonObject { ["value"] = all }, exchange.Tries);
    }

    private static CallAnswer From(HttpAnswer answer, int tries) => new()
    {
        Status = answer.Status,
        Observed = Nothing,
        ServiceRequestId = answer.ServiceRequestId,
        CorrelationId = answer.CorrelationId,
        Date = answer.Date,
        Body = answer.Body,
        RetryAfter = answer.RetryAfter,
        Tries = tries,
    };
}
