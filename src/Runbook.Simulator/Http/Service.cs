using Runbook.Simulator.State;

namespace Runbook.Simulator.Http;

/// <summary>One Azure service: its operations, and its own way to let callers in, to refuse and to label answers.</summary>
internal abstract class Service(SimulatorCore core)
{
    private RouteTable? _routes;

    protected SimulatorCore Core { get; } = core;

    public abstract ServiceKind Kind { get; }

    public abstract IEnumerable<Operation> Operations { get; }

    public RouteTable Routes
    {
        get
        {
            if (_routes is not null)
                return _routes;
            var routes = new RouteTable();
            foreach (var operation in Operations.Where(operation => operation.Fidelity != Fidelity.None))
                routes.Add(operation);
            return _routes = routes;
        }
    }

    /// <summary>The operation that a call asks for; services whose operations differ by more than method and path look further.</summary>
    public virtual RouteMatch? Route(Call call, out bool knownPath) => Routes.Match(call.Request.Method, call.Target.Segments, out knownPath);

    /// <summary>Whether a server of that name exists now; where not, the name does not resolve.</summary>
    public virtual bool Exists(string host) => true;

    /// <summary>Regions that can answer for that host, the nearest first; empty for global services.</summary>
    public virtual IReadOnlyList<string> RegionsOf(string host) => [];

    /// <summary>Who calls, and may they come in at all. Runs before the path, the version or the body are looked at.</summary>
    /// <exception cref="RefusedException">They may not.</exception>
    public abstract void Admit(Call call);

    /// <summary>Whether the caller may do this; the operation is known and the body has been read.</summary>
    public virtual void Authorize(Call call)
    {
    }

    /// <summary>Refuses versions that the service does not know.</summary>
    public virtual void CheckVersion(Call call)
    {
    }

    /// <summary>Runs the operation; services that do something around all of their operations do it here.</summary>
    public virtual Answer Handle(Call call) => call.Route.Operation.Handler(call);

    /// <summary>What belongs to the record of a change, in the change's own transaction.</summary>
    public virtual void Journal(EstateTransaction tx, Call call, Answer answer)
    {
    }

    /// <summary>The id that ties together what belongs to one request of a client.</summary>
    public virtual string? CorrelationOf(Call call) => call.Request.Headers["x-ms-correlation-request-id"];

    /// <summary>The answer to a path, or to a method, that leads nowhere.</summary>
    public abstract Answer NoSuchOperation(Call call, bool knownPath);

    /// <summary>The answer to a body or target that can't be read.</summary>
    public abstract Answer Malformed(Call call, string why);

    /// <summary>The service's own shape of an error.</summary>
    public abstract Answer Error(Call call, int status, string code, string message);

    /// <summary>Labels every answer, the refusals included.</summary>
    public virtual Answer Finish(Call call, Answer answer) => answer;

    /// <summary>Id of the resource that the call is about, for the log.</summary>
    public virtual string? ResourceOf(Call call) => null;
}
