using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Faults;

/// <summary>
/// Faults by call, under names that the caller gives: what a drill breaks that no call to Azure can break. Nobody is asked who
/// they are, and no fault reaches it.
/// </summary>
internal sealed class FaultService(SimulatorCore core) : Service(core)
{
    private const int NameCharactersMax = 200;

    public override ServiceKind Kind => ServiceKind.Faults;

    public override IEnumerable<Operation> Operations =>
    [
        Op("Get fault", "GET", Get),
        Op("Arm fault", "PUT", Arm),
        Op("Remove fault", "DELETE", Remove),
    ];

    public override void Admit(Call call)
    {
        // The faults are the simulator's, and not any tenant's.
    }

    public override Answer NoSuchOperation(Call call, bool knownPath) => Error(call, knownPath ? 405 : 404, knownPath ? "MethodNotAllowed" : "NotFound", "Faults lie at /faults/{name}.");

    public override Answer Malformed(Call call, string why) => Error(call, 400, "BadRequest", why);

    public override Answer Error(Call call, int status, string code, string message) =>
        Answer.Json(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }, code, message);

    private static Operation Op(string name, string method, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.Faults,
        Name = name,
        Method = method,
        Template = "/faults/{name}",
        Handler = handler,
        ReadsOnly = method == "GET",
        Anonymous = true,
    };

    private Answer Get(Call call) => Core.Faults.Find(call.Read(), call.Value("name")) is { } rule
        ? Answer.Json(200, FaultDocument.Write(rule))
        : NotThere(call);

    // Armed twice it is armed once, since when it was first.
    private Answer Arm(Call call)
    {
        var name = call.Value("name");
        if (name.Length > NameCharactersMax)
            return Malformed(call, $"a fault's name has at most {NameCharactersMax} characters");
        FaultRule rule;
        try
        {
            rule = FaultDocument.Parse(call.Json());
        }
        catch (ArgumentException error)
        {
            return Malformed(call, error.Message);
        }
        return call.Write(tx =>
        {
            if (Core.Faults.Find(tx, name) is { } armed)
            {
                return armed with { Id = "", From = null, Until = null, Hits = 0 } == rule
                    ? Answer.Json(200, FaultDocument.Write(armed))
                    : throw new RefusedException(Error(call, 409, "AnotherFault", $"There is another fault of the name \"{name}\"."));
            }
            return Answer.Json(201, FaultDocument.Write(Core.Faults.ArmIn(tx, rule, name)));
        });
    }

    private Answer Remove(Call call) => call.Write(tx => tx.Remove(Tables.Faults, call.Value("name"))
        ? Answer.Empty(204)
        : throw new RefusedException(NotThere(call)));

    private Answer NotThere(Call call) => Error(call, 404, "FaultNotFound", $"There is no fault \"{call.Value("name")}\".");
}
