using System.Net;
using System.Text.Json.Nodes;

namespace Runbook.Simulator.Tests.TestKit;

/// <summary>An answer as a test wants to look at it.</summary>
internal sealed class Reply(HttpResponseMessage response, byte[] body)
{
    public int Status { get; } = (int)response.StatusCode;

    public byte[] Bytes { get; } = body;

    public string Text { get; } = System.Text.Encoding.UTF8.GetString(body);

    public JsonNode Json => JsonNode.Parse(Text) ?? throw new InvalidOperationException("The body is null.");

    public string? Header(string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    public string? ErrorCode => (string?)Json["error"]?["code"];

    public string? InnerCode => (string?)Json["error"]?["innererror"]?["code"];

    public string? ErrorText => (string?)Json["error"]?["message"];

    /// <summary>Checks the status, showing the body where it differs.</summary>
    public Reply Expect(int status)
    {
        Assert.True(status == Status, $"{(HttpStatusCode)Status} instead of {status}: {response.RequestMessage?.Method} {response.RequestMessage?.RequestUri}\n{Text}");
        return this;
    }

    /// <summary>Checks status and error code.</summary>
    public Reply Refused(int status, string code)
    {
        Expect(status);
        Assert.Equal(code, ErrorCode);
        return this;
    }
}
