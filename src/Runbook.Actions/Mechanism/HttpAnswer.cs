using System.Globalization;
using System.Text.Json;
using Azure;

namespace Runbook.Actions;

/// <summary>An answer as it came from the network. Immutable.</summary>
internal sealed record HttpAnswer
{
    public required int Status { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    public string? ContentType { get; init; }

    public string? ServiceRequestId { get; init; }

    /// <summary>The error that a header names, as storage does.</summary>
    public string? ErrorCode { get; init; }

    public string? CorrelationId { get; init; }

    public string? Date { get; init; }

    /// <summary>Where a running operation is asked about, by its status.</summary>
    public string? AsyncOperation { get; init; }

    /// <summary>Where a running operation is asked about, by its result.</summary>
    public string? Location { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The body as JSON; <see langword="null"/> when it is none.</summary>
    public JsonElement? Json { get; init; }

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>Whether a success holds what it must: nothing, or JSON that says of itself that it is JSON.</summary>
    public bool IsReadable => Body.IsEmpty || (Json is not null && (ContentType is null || ContentType.Contains("json", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Where a list goes on; <see langword="null"/> at its end, and for what is no list.</summary>
    public Uri? NextLink =>
        Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("nextLink", out var next) && next.ValueKind == JsonValueKind.String && Uri.TryCreate(next.GetString(), UriKind.Absolute, out var address) ? address : null;

    /// <summary>Takes an answer in.</summary>
    /// <param name="response">The answer; its body is given separately, because it was read with a limit.</param>
    /// <param name="body">The whole body.</param>
    /// <param name="now">For a <c>Retry-After</c> that is a date.</param>
    public static HttpAnswer Of(Response response, ReadOnlyMemory<byte> body, DateTimeOffset now) => new()
    {
        Status = response.Status,
        Body = body,
        ContentType = Header(response, "Content-Type"),
        ErrorCode = Header(response, "x-ms-error-code"),
        ServiceRequestId = Header(response, "x-ms-request-id"),
        CorrelationId = Header(response, "x-ms-correlation-request-id"),
        Date = Header(response, "Date"),
        AsyncOperation = Header(response, "Azure-AsyncOperation"),
        Location = Header(response, "Location"),
        RetryAfter = RetryAfterOf(response, now),
        Json = JsonOf(body),
    };

    /// <summary>Azure's error in the body, or what the status says where there is none.</summary>
    public (string Code, string Message) ErrorOf()
    {
        if (Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("error", out var error))
        {
            if (error.ValueKind == JsonValueKind.Object) return (TextOf(error, "code") ?? $"Http{Status}", MessageOf(error));
            if (error.ValueKind == JsonValueKind.String) return (error.GetString()!, Cut(TextOf(json, "error_description") ?? $"The service answered {Status}."));
        }

        // Storage names its error in a header, and explains it in XML.
        if (ErrorCode is { } named) return (named, $"The service answered {Status} {named}.");
        return ($"Http{Status}", $"The service answered {Status} without saying why.");
    }

    private static string MessageOf(JsonElement error)
    {
        var message = TextOf(error, "message") ?? "";
        var inner = error.TryGetProperty("innererror", out var i) && i.ValueKind == JsonValueKind.Object ? TextOf(i, "code") : null;
        return Cut(inner is null ? message : $"{message} ({inner})");
    }

    private static string Cut(string text) => text.Length <= ActionsLimits.ErrorMessageMax ? text : text[..ActionsLimits.ErrorMessageMax];

    private static string? TextOf(JsonElement from, string name) => from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? Header(Response response, string name) => response.Headers.TryGetValue(name, out var value) ? value : null;

    private static TimeSpan? RetryAfterOf(Response response, DateTimeOffset now)
    {
        foreach (var name in (ReadOnlySpan<string>)["retry-after-ms", "x-ms-retry-after-ms"])
        {
            if (response.Headers.TryGetValue(name, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)) return TimeSpan.FromMilliseconds(milliseconds);
        }

        if (Header(response, "Retry-After") is not { } value) return null;
        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return TimeSpan.FromSeconds(seconds);
        if (!DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)) return null;
        return at > now ? at - now : TimeSpan.Zero;
    }

    private static JsonElement? JsonOf(ReadOnlyMemory<byte> body)
    {
        // What a blob holds is looked at as well, again and again: that it is no JSON must not cost an exception each time.
        if (body.Span.TrimStart(" \t\r\n"u8) is not [(byte)'{' or (byte)'[' or (byte)'"' or (byte)'-' or (>= (byte)'0' and <= (byte)'9') or (byte)'t' or (byte)'f' or (byte)'n', ..]) return null;
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // What is no JSON has no error in it either; the caller sees that from IsReadable.
            return null;
        }
    }
}
