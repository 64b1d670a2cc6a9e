using System.Text.Json;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Http;

/// <summary>One request on its way through the pipeline, with everything that was found out about it so far.</summary>
internal sealed class Call
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Limits.JsonDepth, AllowDuplicateProperties = false };

    private JsonElement? _json;

    public required SimulatorRequest Request { get; init; }

    public required ServiceKind Service { get; init; }

    public required RequestTarget Target { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required SimulatorCore Core { get; init; }

    /// <summary>Goes back to the caller in every answer, and into error texts.</summary>
    public required Guid RequestId { get; init; }

    public RouteMatch Route { get; set; } = null!;

    public Caller Caller { get; set; } = Caller.Nobody;

    /// <summary>The body, once it was read.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>True once the call's record went into the log together with what it changed.</summary>
    public bool Recorded { get; private set; }

    /// <summary>The estate's newest version that this call looked at; its answer waits until that is durable.</summary>
    public long SeenVersion { get; private set; }

    /// <summary>Fault that bent this call, for the log.</summary>
    public string? Fault { get; set; }

    /// <summary>Region whose replica answers; set by services that live in several.</summary>
    public string? Region { get; set; }

    /// <summary>Age of what this reading shows, where a fault makes it stale.</summary>
    public TimeSpan? StaleBy { get; set; }

    public string Value(string name) => Route.Values[name];

    public string? Parameter(string name) => Target.Parameter(name);

    public string ApiVersion => Parameter("api-version") ?? "";

    /// <summary>The estate as it is now; what a call reads twice may differ, what one snapshot shows never does.</summary>
    public EstateSnapshot Read()
    {
        var snapshot = StaleBy is { } age ? Core.Estate.AsOf(Now - age) : Core.Estate.Current;
        SeenVersion = Math.Max(SeenVersion, snapshot.Version);
        return snapshot;
    }

    /// <summary>
    /// Changes the estate and logs the call in one transaction. A refusal thrown inside drops both; the pipeline then
    /// logs the refusal by itself.
    /// </summary>
    public Answer Write(Func<EstateTransaction, Answer> body)
    {
        var answer = Core.Estate.Write(Now, tx =>
        {
            var made = body(tx);
            Core.Journal(tx, this, made);
            return made;
        }, out var version);
        Recorded = true;
        SeenVersion = Math.Max(SeenVersion, version);
        return answer;
    }

    /// <summary>The body as a JSON object.</summary>
    /// <exception cref="RefusedException">It is none: the service's own words for a malformed body.</exception>
    public JsonElement Json()
    {
        if (_json is { } known)
            return known;
        try
        {
            using var document = JsonDocument.Parse(Body, Reading);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                var element = document.RootElement.Clone();
                _json = element;
                return element;
            }
        }
        catch (JsonException error)
        {
            throw new RefusedException(Core.Malformed(this, error.Message));
        }
        throw new RefusedException(Core.Malformed(this, "the body is not a JSON object"));
    }

    public bool HasBody => Body.Length > 0;

    /// <summary>An answer's body as JSON, copied.</summary>
    public static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Length == 0)
            return null;
        using var document = JsonDocument.Parse(body, Reading);
        return document.RootElement.Clone();
    }

    /// <summary>Puts another body in the place of the one that was sent: what a policy added to it.</summary>
    public void Replace(JsonElement body) => _json = body;

    /// <summary>True once the activity log has an entry of this call.</summary>
    public bool Logged { get; set; }
}
