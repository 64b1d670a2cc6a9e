using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Sql;

/// <summary>Azure SQL Database on the control plane: its types, and what their operations have in common.</summary>
internal sealed class SqlProvider
{
    public const string Namespace = "Microsoft.Sql";

    public SqlProvider(SimulatorCore core, ArmService arm, AsyncOperations operations, GenericResources resources)
    {
        Core = core;
        Arm = arm;
        Operations = operations;
        Resources = resources;
        Servers = new ResourceKind(core, arm, Namespace + "/servers", "server");
        Administrators = new ResourceKind(core, arm, Namespace + "/servers/administrators", "server", "administrator");
        ServerKeys = new ResourceKind(core, arm, Namespace + "/servers/keys", "server", "key");
        Protectors = new ResourceKind(core, arm, Namespace + "/servers/encryptionProtector", "server", "protector");
        Databases = new ResourceKind(core, arm, Namespace + "/servers/databases", "server", "database");
        Encryption = new ResourceKind(core, arm, Namespace + "/servers/databases/transparentDataEncryption", "server", "database", "encryption");
        FailoverGroups = new ResourceKind(core, arm, Namespace + "/servers/failoverGroups", "server", "failoverGroup");
    }

    public SimulatorCore Core { get; }

    public ArmService Arm { get; }

    public AsyncOperations Operations { get; }

    public GenericResources Resources { get; }

    public ResourceKind Servers { get; }

    public ResourceKind Administrators { get; }

    public ResourceKind ServerKeys { get; }

    public ResourceKind Protectors { get; }

    public ResourceKind Databases { get; }

    public ResourceKind Encryption { get; }

    public ResourceKind FailoverGroups { get; }

    /// <summary>Set once, while the services are put together.</summary>
    public SqlKeys Keys { get; set; } = null!;

    /// <summary>Set once, while the services are put together.</summary>
    public SqlWatch Watch { get; set; } = null!;

    /// <summary>Set once, while the services are put together.</summary>
    public SqlReplication Replication { get; set; } = null!;

    /// <summary>Azure SQL's own refusals: they come from the provider, not from the gateway.</summary>
    public static RefusedException Refuse(Call call, int status, string code, string message)
    {
        _ = call;
        return new(Answer.Json(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }, code, message));
    }

    public static void RequireIdle(Call call, EstateView view, string id)
    {
        if (AsyncOperations.Running(view, id) is not null)
            throw Refuse(call, 409, "ConflictingServerOperation", $"An operation is currently in progress for the server or database '{id[(id.LastIndexOf('/') + 1)..]}'. Please wait until it is completed.");
    }

    /// <summary>Plans an operation and gives its first answer: 202 with a status and a result URL.</summary>
    public Answer Start(EstateTransaction tx, Call call, string kind, string words, string id, string location, JsonObject? input = null, int? emptyStatus = null)
    {
        var operation = AsyncOperations.Start(tx, call, kind, id, Core.Timings.Operation, input?.ToElement(), emptyStatus);
        var answer = Answer.Json(202, new JsonObject { ["operation"] = words, ["startTime"] = Shapes.Time(tx.Now) });
        return Operations.Announce(answer, call, operation, Namespace, location, status: true, result: true);
    }

    public static Resource ServerOf(EstateView view, string id)
    {
        var cut = id.IndexOf("/servers/", StringComparison.OrdinalIgnoreCase) + "/servers/".Length;
        var end = id.IndexOf('/', cut);
        return view.Find(Tables.Resources, ArmId.Key(end < 0 ? id : id[..end])) ?? throw new InvalidDataException($"\"{id}\" has no server.");
    }

    /// <summary>A resource on its way through a running operation.</summary>
    public static JsonNode Pack(Resource resource) => JsonSerializer.SerializeToNode(resource, EstateJson.Default.Resource)!;

    public static Resource Unpack(JsonElement packed) => packed.Deserialize(EstateJson.Default.Resource)!;
}
