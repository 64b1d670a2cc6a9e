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
    private readonly ExploredCredential _credential = new();
    private readonly AzureEnvironment _environment;
    private readonly HttpClientTransport _transport;

    public RunBench()
    {
        var options = new EmbeddedAzureOptions();
        _transport = new HttpClientTransport(_wire);
        _environment = new AzureEnvironment
        {
            TenantId = options.TenantId.ToString(),
            SubscriptionId = options.SubscriptionId.ToString(),
            ResourceGroup = EmbeddedWorld.ResourceGroup,
            Label = EmbeddedWorld.EnvironmentLabel,
            IsEmbedded = true,
            Credential = _credential,
            Transport = _transport,
        };
        Inner = AzureActions.Create(_environment);
        Actions = new ActionSet(Inner.Catalogue.All.Select(a => new ExploredAction(Inner.Get(a.Name), _wire)));
        Folder = Directory.CreateTempSubdirectory("runbook-explore-").FullName;
    }

    /// <summary>The actions, watched.</summary>
    public ActionSet Actions { get; }

    /// <summary>The actions as they are.</summary>
    public ActionSet Inner { get; }

    /// <summary>A folder for what is carried in and out of the room.</summary>
    public string Folder { get; }

    /// <summary>What is random in runs, and the keys that they share.</summary>
    public static RepeatedRuns Runs { get; } = new("run");

    /// <summary>What depends on what.</summary>
    public IBlastRadius BlastRadius => new AzureBlastRadius(_environment);

    /// <summary>Looks at it before a session begins.</summary>
    public AzurePreflight Preflight(TimeProvider time) => new(_environment, Actions, time);

    /// <summary>Turns to a run.</summary>
    public void Turn(ExploredWorld world, ExploredRunbook runbook)
    {
        _wire.Turn(world);
        _credential.Turn(runbook.Estate);
    }

    public void Dispose()
    {
        _transport.Dispose();
        _wire.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
