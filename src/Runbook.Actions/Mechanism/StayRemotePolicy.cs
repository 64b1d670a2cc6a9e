using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Runbook.Actions;

/// <summary>
/// Keeps a <c>CryptographyClient</c> from working on this computer: what was planned is a call to the HSM.
/// </summary>
/// <remarks>
/// The client reads its key first, and does with the public half what can be done with it. Whoever may not read the key is
/// answered 403, and the client then leaves everything to the service; so its reading is answered here with that 403, and
/// never leaves.
/// </remarks>
internal sealed class StayRemotePolicy : HttpPipelinePolicy
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (message.Request.Method == RequestMethod.Get) message.Response = new NotForYou();
        else ProcessNext(message, pipeline);
    }

    public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (message.Request.Method != RequestMethod.Get) return ProcessNextAsync(message, pipeline);
        message.Response = new NotForYou();
        return default;
    }

    private sealed class NotForYou : Response
    {
        public override int Status => 403;

        public override string ReasonPhrase => "Forbidden";

        public override Stream? ContentStream { get; set; } = new MemoryStream("{}"u8.ToArray(), writable: false);

        public override string ClientRequestId { get; set; } = "";

        public override bool IsError => true;

        public override void Dispose() => ContentStream?.Dispose();

        protected override bool ContainsHeader(string name) => false;

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => [];

        protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
        {
            value = null;
            return false;
        }

        protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
        {
            values = null;
            return false;
        }
    }
}
