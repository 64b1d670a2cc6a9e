using System.Net;

namespace Runbook.Simulator.Http;

/// <summary>One HTTP request, whatever carried it.</summary>
internal sealed class SimulatorRequest
{
    /// <summary>Upper case.</summary>
    public required string Method { get; init; }

    /// <summary>Host name in lower case, without the port.</summary>
    public required string Host { get; init; }

    /// <summary>Host with the port where it is not the scheme's own; key ids are built from it.</summary>
    public required string Authority { get; init; }

    public required string Scheme { get; init; }

    /// <summary>Path and query exactly as they were sent, beginning with a slash.</summary>
    public required string Target { get; init; }

    public required HeaderList Headers { get; init; }

    /// <summary>The body, not read yet.</summary>
    public required Stream Body { get; init; }

    /// <summary>What the client announced; <see langword="null"/> where it announced nothing (chunked).</summary>
    public long? ContentLength { get; init; }

    public required IPAddress ClientAddress { get; init; }

    /// <summary>Whether it came over a connection, on which a caller that gives up is seen a moment later.</summary>
    public bool IsRemote { get; init; }

    public string Url => $"{Scheme}://{Authority}{Target}";
}
