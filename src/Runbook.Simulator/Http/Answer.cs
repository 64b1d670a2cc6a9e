using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Simulator.Http;

/// <summary>One HTTP response, whatever carries it.</summary>
internal sealed class Answer
{
    public const string JsonType = "application/json; charset=utf-8";

    private const int KeptBytesMax = 1 << 18;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // One of each for a thread: every answer of every service is written here.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public required int Status { get; init; }

    public HeaderList Headers { get; } = [];

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The <c>error.code</c> of a refusal, for the call log; <see langword="null"/> for a success.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The refusal's words, for the call log.</summary>
    public string? ErrorText { get; init; }

    public static Answer Empty(int status) => new() { Status = status };

    public static Answer Bytes(int status, ReadOnlyMemory<byte> body, string contentType)
    {
        var answer = new Answer { Status = status, Body = body };
        answer.Headers.Add("Content-Type", contentType);
        return answer;
    }

    public static Answer Text(int status, string body, string contentType) => Bytes(status, Encoding.UTF8.GetBytes(body), contentType);

    public static Answer Json(int status, JsonNode body, string? errorCode = null, string? errorText = null)
    {
        var answer = new Answer { Status = status, Body = Serialize(body), ErrorCode = errorCode, ErrorText = errorText };
        answer.Headers.Add("Content-Type", JsonType);
        return answer;
    }

    public Answer With(string header, string value)
    {
        Headers.Set(header, value);
        return this;
    }

    public static byte[] Serialize(JsonNode body)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(4096);
        var writer = _writer ??= new Utf8JsonWriter(buffer, Writing);
        buffer.ResetWrittenCount();
        writer.Reset();
        body.WriteTo(writer);
        writer.Flush();
        var bytes = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > KeptBytesMax)
            (_buffer, _writer) = (null, null);
        return bytes;
    }
}
