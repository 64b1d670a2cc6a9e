using System.Net;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;

namespace Runbook.Simulator;

/// <summary>
/// Calls that one simulated service makes to another, with a resource's identity: the same routes, permissions, firewalls and
/// faults as for everybody else. They happen at a given time and never move it.
/// </summary>
internal sealed class InsideCalls(SimulatorCore core)
{
    private static readonly IPAddress ServiceAddress = new([20, 0, 0, 1]);

    /// <summary>The caller that a managed identity's principal is.</summary>
    public static Caller As(Principal principal) => new()
    {
        ObjectId = principal.ObjectId,
        Groups = principal.Groups ?? [],
        Audience = "",
        ApplicationId = principal.ApplicationId,
        IsApplication = true,
        ByService = true,
    };

    /// <summary>Sends and returns the answer, or <see langword="null"/> where nobody could be reached.</summary>
    public Answer? Send(Caller caller, string method, string url, byte[]? body, DateTimeOffset now, params (string Name, string Value)[] headers)
    {
        var uri = new Uri(url);
        var list = new HeaderList { };
        foreach (var (name, value) in headers)
            list.Add(name, value);
        return core.Dispatcher.DispatchInside(
            new SimulatorRequest
            {
                Method = method,
                Host = uri.Host,
                Authority = uri.Authority,
                Scheme = uri.Scheme,
                Target = uri.PathAndQuery,
                Headers = list,
                Body = new MemoryStream(body ?? []),
                ContentLength = body?.Length ?? 0,
                ClientAddress = ServiceAddress,
            },
            caller,
            body ?? [],
            now);
    }
}
