using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>Readings outside of any step: what must be known before a fault is armed. Never changes anything.</summary>
/// <param name="wire">The way to Azure.</param>
internal sealed class FaultReader(AzureWire wire)
{
    private const int TriesMax = 6;
    private const int PagesMax = 1_000;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>Reads an address; an answer that refuses is an answer.</summary>
    /// <exception cref="FaultUnknownException">There was no answer.</exception>
    public Task<HttpAnswer> GetAsync(string url, ActionContext context, CancellationToken cancellationToken) => AskAsync("GET", url, null, context, cancellationToken);

    /// <summary>Reads a list to its end.</summary>
    /// <param name="url">Its first page.</param>
    /// <param name="what">What is read, for people.</param>
    /// <param name="context">What readings may use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FaultUnknownException">It can't be read, or has no end.</exception>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string url, string what, ActionContext context, CancellationToken cancellationToken)
    {
        var all = new List<JsonElement>();
        var next = new Uri(url);
        for (var page = 0; page < PagesMax; page++)
        {
            var answer = Require(await GetAsync(next.AbsoluteUri, context, cancellationToken).ConfigureAwait(false), what);
            if (answer.Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.Array) all.AddRange(value.EnumerateArray());
            if (answer.NextLink is not { } further) return all;
            next = further;
        }

        throw new FaultUnknownException($"{what} has more than {PagesMax} pages");
    }

    /// <summary>Asks Resource Graph, to the last row.</summary>
    /// <param name="root">Resource Manager's address.</param>
    /// <param name="subscription">The subscription.</param>
    /// <param name="query">The query; its rows have an <c>id</c>.</param>
    /// <param name="context">What readings may use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FaultUnknownException">It can't be read whole.</exception>
    public async Task<IReadOnlyList<JsonElement>> GraphAsync(string root, string subscription, string query, ActionContext context, CancellationToken cancellationToken)
    {
        var rows = new List<JsonElement>();
        string? token = null;
        for (var page = 0; page < PagesMax; page++)
        {
            var options = new JsonObject { ["resultFormat"] = "objectArray" };
            if (token is not null) options["$skipToken"] = token;
            var body = new JsonObject { ["subscriptions"] = new JsonArray(subscription), ["query"] = query, ["options"] = options };
            var answer = Require(await AskAsync("POST", $"{root}/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", Arguments.ToElement(body), context, cancellationToken).ConfigureAwait(false), "Resource Graph");
            if (answer.Json is not { ValueKind: JsonValueKind.Object } json || !json.TryGetProperty("data", out var data)) throw new FaultUnknownException("Resource Graph answered without rows");
            rows.AddRange(data.EnumerateArray());
            token = json.TryGetProperty("$skipToken", out var skip) && skip.ValueKind == JsonValueKind.String ? skip.GetString() : null;
            if (token is not null) continue;
            if (json.TryGetProperty("resultTruncated", out var cut) && cut.ValueKind == JsonValueKind.String && cut.GetString() == "true") throw new FaultUnknownException("Resource Graph cut its answer short");
            return rows;
        }

        throw new FaultUnknownException($"Resource Graph has more than {PagesMax} pages");
    }

    /// <summary>An answer that must be a success.</summary>
    /// <exception cref="FaultUnknownException">It refuses.</exception>
    public static HttpAnswer Require(HttpAnswer answer, string what)
    {
        if (answer.IsSuccess && answer.IsReadable) return answer;
        var (code, message) = answer.ErrorOf();
        throw new FaultUnknownException($"{what} can't be read ({answer.Status} {code}: {message.TrimEnd('.')})");
    }

    private async Task<HttpAnswer> AskAsync(string method, string url, JsonElement? body, ActionContext context, CancellationToken cancellationToken)
    {
        var delay = FirstDelay;
        for (var attempt = 1; ; attempt++, delay *= 2)
        {
            var call = new PlannedCall { Index = 0, Effect = EffectClass.Read, Description = "Look", Target = url, Method = method, Url = url, Body = body };
            var exchange = new Exchange(call, body, context);
            try
            {
                await wire.SendAsync(exchange, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exchange.Answer is null && exception is not OperationCanceledException { CancellationToken.IsCancellationRequested: true })
            {
                if (attempt == TriesMax) throw new FaultUnknownException($"{new Uri(url).Host} does not answer ({exception.Message.TrimEnd('.')})", exception);
                await context.Wait(delay, cancellationToken).ConfigureAwait(false);
                continue;
            }

            var answer = exchange.Answer!;
            if (answer.Status is not (429 or >= 500) || attempt == TriesMax) return answer;
            await context.Wait(answer.RetryAfter is { } asked && asked > delay ? asked : delay, cancellationToken).ConfigureAwait(false);
        }
    }
}
