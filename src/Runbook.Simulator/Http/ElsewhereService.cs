using System.Text.Json.Nodes;

namespace Runbook.Simulator.Http;

/// <summary>Hosts that clients ask in passing; they answer with a plain 404, which every client shrugs off.</summary>
internal sealed class ElsewhereService(SimulatorCore core) : Service(core)
{
    public override ServiceKind Kind => ServiceKind.Elsewhere;

    public override IEnumerable<Operation> Operations => [];

    public override void Admit(Call call)
    {
        // Nobody is asked who they are.
    }

    public override Answer NoSuchOperation(Call call, bool knownPath) => Answer.Text(404, "not found\n", "text/plain; charset=utf-8");

    public override Answer Malformed(Call call, string why) => Error(call, 400, "BadRequest", why);

    public override Answer Error(Call call, int status, string code, string message) =>
        Answer.Json(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }, code, message);
}
