using Azure.Core.Pipeline;
using Runbook.Actions;
using Runbook.Cli.Worlds;
using Runbook.Engine.Actions;
using Runbook.Simulator;

namespace Runbook.Cli.Exploring;

/// <summary>What one worker uses for all its runs, one after the other: network, clients, actions, a folder.</summary>
internal sealed class RunBench : IDisposable
{
    private readonly ExploredWire _wire = new();
    private readonly HttpClientTransport _transport;
    private readonly Dictionary<ExploredEstate, Clients> _clients = [];
    private Clients? _turned;

    public RunBench()
    {
        _transport = new HttpClientTransport(_wire);
        Folder = Directory.CreateTempSubdirectory("runbook-explore-").FullName;
    }

    /// <summary>The actions, watched.</summary>
    public ActionSet Actions => _turned!.Actions;

    /// <summary>The actions as they are.</summary>
    public ActionSet Inner => _turned!.Inner;

    /// <summary>A folder for what is carried in and out of the room.</summary>
    public string Folder { get; }

    /// <summary>What is random in runs, and the keys that they share.</summary>
    public static RepeatedRuns Runs { get; } = new("run");

    /// <summary>What depends on what.</summary>
    public IBlastRadius BlastRadius => new AzureBlastRadius(_turned!.Environment);

    /// <summary>Looks at it before a session begins.</summary>
    public AzurePreflight Preflight(TimeProvider time) => new(_turned!.Environment, Actions, time);

    /// <summary>Turns to a run.</summary>
    public void Turn(ExploredWorld world, ExploredRunbook runbook)
    {
        _wire.Turn(world);
        if (!_clients.TryGetValue(runbook.Estate, out _turned)) _clients[runbook.Estate] = _turned = new Clients(runbook.Estate, _wire, _transport);
    }

    public void Dispose()
    {
        _transport.Dispose();
        _wire.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    // Of one estate: they keep tokens, and another estate takes none of them.
    private sealed class Clients
    {
        public Clients(ExploredEstate estate, ExploredWire wire, HttpClientTransport transport)
        {
            var options = new EmbeddedAzureOptions();
            Environment = new AzureEnvironment
            {
                TenantId = options.TenantId.ToString(),
                SubscriptionId = options.SubscriptionId.ToString(),
                ResourceGroup = EmbeddedWorld.ResourceGroup,
                Label = EmbeddedWorld.EnvironmentLabel,
                IsEmbedded = true,
                Credential = new ExploredCredential(estate),
                Transport = transport,
            };
            Inner = AzureActions.Create(Environment);
            Actions = new ActionSet(Inner.Catalogue.All.Select(a => new ExploredAction(Inner.Get(a.Name), wire)));
        }

        public AzureEnvironment Environment { get; }

        public ActionSet Actions { get; }

        public ActionSet Inner { get; }
    }
}
