using System.Globalization;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>Keeps what is needed to ask about a running operation again, after this process is gone.</summary>
internal static class OperationText
{
    public static ReadOnlyMemory<byte> Write(PendingOperation pending)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("url", pending.Url);
            writer.WriteString("status", pending.Status);
            writer.WriteString("retryAfterMs", ((long)pending.RetryAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
            writer.WriteString("token", pending.Token);
            writer.WriteEndObject();
        }

        return CanonicalJson.Of(JsonElement.Parse(stream.ToArray())).Utf8;
    }

    /// <summary>Reads it back; <see langword="null"/> when it is not one.</summary>
    public static PendingOperation? Read(ReadOnlySpan<byte> text)
    {
        if (!CanonicalJson.TryAccept(text, out var json)) return null;
        var element = JournalValue.FromJournal(json!);
        return element.TryGetProperty("url", out var url) && element.TryGetProperty("status", out var status)
            && element.TryGetProperty("retryAfterMs", out var after) && element.TryGetProperty("token", out var token)
            && long.TryParse(after.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? new PendingOperation(url.GetString()!, status.GetString()!, TimeSpan.FromMilliseconds(milliseconds), token.GetString()!)
            : null;
    }
}
