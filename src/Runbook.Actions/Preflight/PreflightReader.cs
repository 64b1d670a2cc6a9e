using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>What a reading told.</summary>
/// <param name="Status">HTTP status; 0 where no answer came.</param>
/// <param name="Pages">The bodies, page by page; empty where it was refused.</param>
/// <param name="Code">The error's code; empty for a success.</param>
/// <param name="Message">The error's message.</param>
internal sealed record Reading(int Status, ImmutableArray<JsonElement> Pages, string Code, string Message)
{
    public bool IsGood => Status is >= 200 and < 300 && !Pages.IsEmpty;

    /// <summary>Whether there is no such thing.</summary>
    public bool IsMissing => Status is 404 or 204;

    /// <summary>Whether a firewall turned us away, rather than a missing role.</summary>
    public bool IsFirewall => Status == 403 && (Message.Contains("ForbiddenByFirewall", StringComparison.Ordinal) || Message.Contains("ForbiddenByConnection", StringComparison.Ordinal) || Code is "ForbiddenByFirewall" or "ForbiddenByConnection");

    public JsonElement Body => Pages.IsEmpty ? default : Pages[0];

    /// <summary>The items of a list, over all pages.</summary>
    public IEnumerable<JsonElement> Items => Pages.SelectMany(p => p.List("value"));

    /// <summary>In words, why it told nothing.</summary>
    public string WhyNot => Status == 0 ? Code : $"{Status} {Code}";
}

/// <summary>Reads for a preflight: GET, and the queries that are POST. Changes nothing, and throws nothing but a cancellation.</summary>
internal sealed class PreflightReader(AzureWire wire, TimeProvider time)
{
    // The same for all readings of a preflight, so that the cloud's log finds them together.
    private readonly string _clientRequestId = new Guid(Randomness.Bytes(16)).ToString("D");

    /// <summary>Reads an address, with the further pages of a list.</summary>
    public Task<Reading> GetAsync(string url, CancellationToken cancellationToken) => SendAsync("GET", url, null, cancellationToken);

    /// <summary>Asks a query.</summary>
    public Task<Reading> QueryAsync(string url, JsonObject body, CancellationToken cancellationToken) => SendAsync("POST", url, Arguments.ToElement(body), cancellationToken);

    private async Task<Reading> SendAsync(string method, string url, JsonElement? body, CancellationToken cancellationToken)
    {
        var call = new PlannedCall { Index = 0, Effect = EffectClass.Read, Description = "Look", Target = url, Method = method, Url = url, Body = body };
        var exchange = new Exchange(call, body, new ActionContext { ClientRequestId = _clientRequestId, Time = time, FilesFolder = "", OpenArtifact = _ => null });
        try
        {
            await wire.SendAsync(exchange, cancellationToken).ConfigureAwait(false);
            while (method == "GET" && exchange.Answer is { IsSuccess: true } answer && answer.NextLink is { } next && exchange.Pages.Count < ActionsLimits.ListPagesMax)
            {
                await wire.SendAsync(exchange, cancellationToken, next).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A list of which a page is lost is no list.
            return new Reading(0, [], NetworkFailure.WordOf(exception), exception.Message);
        }

        return Of(exchange);
    }

    private static Reading Of(Exchange exchange)
    {
        var answer = exchange.Answer!;
        if (answer.IsSuccess && answer.IsReadable) return new Reading(answer.Status, [.. exchange.Pages.Select(p => p.Json).OfType<JsonElement>()], "", "");
        var (code, message) = answer.IsSuccess ? (NetworkFailure.NoAnswer, "What answered does not speak as Azure does.") : answer.ErrorOf();
        return new Reading(answer.IsSuccess ? 0 : answer.Status, [], code, message);
    }
}
