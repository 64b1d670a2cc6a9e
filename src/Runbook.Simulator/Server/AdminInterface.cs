using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Faults;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Server;

/// <summary>The admin interface: time, the call log, faults, principals and the estate, as JSON over plain HTTP on the loopback.</summary>
internal sealed class AdminInterface(EmbeddedAzure azure)
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 128, AllowDuplicateProperties = false };

    /// <summary>Answers one request. Wrong ones get a 400 with the reason in words.</summary>
    public Answer Handle(string method, RequestTarget target, ReadOnlyMemory<byte> body)
    {
        try
        {
            return (method, target.Segments.ToArray()) switch
            {
                ("GET", ["clock"]) => Clock(),
                ("POST", ["clock", "advance"]) => Advance(Parse(body)),
                ("GET", ["calls"]) => Calls(target),
                ("GET", ["faults"]) => Faults(),
                ("POST", ["faults"]) => Answer.Json(201, FaultDocument.Write(azure.Faults.Arm(FaultDocument.Parse(Parse(body))))),
                ("DELETE", ["faults"]) => DisarmAll(),
                ("DELETE", ["faults", var id]) => azure.Faults.Disarm(id) ? Answer.Empty(204) : Refuse(404, $"there is no fault \"{id}\""),
                ("POST", ["principals"]) => CreatePrincipal(Parse(body)),
                ("POST", ["principals", var id, "certificates"]) => AddCertificate(id, Parse(body)),
                ("PUT", ["issuers"]) => PutIssuer(Parse(body)),
                ("GET", ["identity"]) => Identity(),
                ("GET", ["operations"]) => Operations(),
                ("POST", ["evidence"]) => Evidence(Parse(body)),
                ("GET", ["state"]) => State(target),
                ("PUT", ["state"]) => PutState(body),
                _ => Refuse(404, "the admin interface has /clock, /clock/advance, /calls, /faults, /principals, /issuers, /identity, /operations, /evidence and /state"),
            };
        }
        catch (Exception error) when (error is ArgumentException or JsonException or InvalidOperationException or StateFileException or FormatException)
        {
            return Refuse(400, error.Message);
        }
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, Reading);
        return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw new ArgumentException("the body must be a JSON object");
    }

    private static Answer Refuse(int status, string why) => Answer.Json(status, new JsonObject { ["error"] = why });

    private Answer Clock() => Answer.Json(200, new JsonObject
    {
        ["now"] = azure.Clock.GetUtcNow().UtcDateTime,
        ["mode"] = azure.Clock.Mode == ClockMode.Real ? "real" : "virtual",
    });

    private Answer Advance(JsonElement body)
    {
        if (!IsoDuration.TryParse(body.Member("by").Text(), out var by) || by < TimeSpan.Zero)
            throw new ArgumentException("\"by\" must be an ISO 8601 duration such as PT30M, not negative");
        azure.Clock.Advance(by);
        return Clock();
    }

    private Answer Calls(RequestTarget target)
    {
        var since = long.Parse(target.Parameter("since") ?? "0", CultureInfo.InvariantCulture);
        var list = new JsonArray();
        var records = azure.Calls.Since(since);
        foreach (var call in records)
            list.Add(JsonSerializer.SerializeToNode(call, EstateJson.Default.CallRecord));
        return Answer.Json(200, new JsonObject { ["calls"] = list, ["last"] = records is [.., var newest] ? newest.Sequence : azure.Calls.Last });
    }

    private Answer Faults()
    {
        var list = new JsonArray();
        foreach (var fault in azure.Faults.Armed)
            list.Add((JsonNode)FaultDocument.Write(fault));
        return Answer.Json(200, new JsonObject { ["faults"] = list });
    }

    private Answer DisarmAll()
    {
        azure.Faults.DisarmAll();
        return Answer.Empty(204);
    }

    private Answer CreatePrincipal(JsonElement body)
    {
        var kind = body.Member("kind").Text() switch
        {
            "servicePrincipal" => PrincipalKind.ServicePrincipal,
            "managedIdentity" => PrincipalKind.ManagedIdentity,
            "user" => PrincipalKind.User,
            "group" => PrincipalKind.Group,
            _ => throw new ArgumentException("\"kind\" must be servicePrincipal, managedIdentity, user or group"),
        };
        var made = azure.Principals.Create(kind, body.Member("name").Text() ?? throw new ArgumentException("\"name\" is missing"), body.Member("objectId").Text());
        foreach (var group in body.Member("groups").Texts() ?? [])
            azure.Principals.AddToGroup(made.ObjectId, group);
        return Answer.Json(201, new JsonObject { ["clientId"] = made.ClientId, ["objectId"] = made.ObjectId, ["secret"] = made.Secret });
    }

    private Answer AddCertificate(string id, JsonElement body)
    {
        azure.Principals.AddCertificate(id, Convert.FromBase64String(body.Member("der").Text() ?? throw new ArgumentException("\"der\" is missing")));
        return Answer.Empty(204);
    }

    private Answer PutIssuer(JsonElement body)
    {
        azure.TrustIssuer(
            body.Member("issuer").Text() ?? throw new ArgumentException("\"issuer\" is missing"),
            body.Member("keys")?.GetRawText() is { } keys ? $"{{\"keys\":{keys}}}" : throw new ArgumentException("\"keys\" is missing"));
        return Answer.Empty(204);
    }

    private Answer Identity() => Answer.Json(200, new JsonObject
    {
        ["header"] = azure.Core.Get<MetadataService>(ServiceKind.InstanceMetadata).AppServiceHeader,
        ["path"] = "/msi/token",
    });

    private Answer Operations()
    {
        var list = new JsonArray();
        foreach (var operation in azure.Operations)
        {
            var json = new JsonObject
            {
                ["service"] = operation.Service,
                ["method"] = operation.Method,
                ["template"] = operation.Template,
                ["name"] = operation.Name,
                ["simulated"] = operation.Fidelity,
            };
            if (operation.Note is not null)
                json["note"] = operation.Note;
            list.Add((JsonNode)json);
        }
        return Answer.Json(200, new JsonObject { ["operations"] = list });
    }

    private Answer Evidence(JsonElement body)
    {
        var guest = new SnpGuest
        {
            Measurement = Convert.FromHexString(body.Member("measurement").Text() ?? new string('0', 96)),
            HostData = Convert.FromHexString(body.Member("hostData").Text() ?? new string('0', 64)),
            Debuggable = body.Member("debuggable").Flag() ?? false,
        };
        return Base64Url.TryDecode(body.Member("runtimeData").Text(), out var runtime)
            ? Answer.Text(200, azure.MakeEvidence(guest, runtime), Answer.JsonType)
            : throw new ArgumentException("\"runtimeData\" must be base64url");
    }

    private Answer State(RequestTarget target)
    {
        var secrets = target.Parameter("secrets") switch
        {
            null or "included" => EstateSecrets.Included,
            "left-out" => EstateSecrets.LeftOut,
            "repeatable" => EstateSecrets.Repeatable,
            _ => throw new ArgumentException("\"secrets\" must be included, left-out or repeatable"),
        };
        return Answer.Text(200, azure.State.Export(secrets), Answer.JsonType);
    }

    private Answer PutState(ReadOnlyMemory<byte> body)
    {
        azure.State.Import(Encoding.UTF8.GetString(body.Span));
        return Answer.Empty(204);
    }
}
