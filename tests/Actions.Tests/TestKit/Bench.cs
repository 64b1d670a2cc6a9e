using System.Text.Json;
using Azure.Core.Pipeline;
using Runbook.Engine.Actions;
using Runbook.TestKit;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>The actions over a scripted network, in an environment of fixed names.</summary>
internal sealed class Bench : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public Bench(FixedCredential? credential = null)
    {
        Credential = credential ?? new FixedCredential();
        Actions = AzureActions.Create(EnvironmentOf(Credential, new HttpClientTransport(Network)));
        Context = ContextIn(_folder.Path, TimeProvider.System);
    }

    public const string Subscription = "20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202";

    public const string Group = "rg-runbook";

    /// <summary>The resource group's id.</summary>
    public const string GroupId = $"/subscriptions/{Subscription}/resourceGroups/{Group}";

    public ScriptedNetwork Network { get; } = new();

    public FixedCredential Credential { get; }

    public ActionSet Actions { get; }

    public ActionContext Context { get; }

    /// <summary>The session's folder.</summary>
    public ScratchFolder Files => _folder;

    /// <summary>Actions that can render, and have no network.</summary>
    public static ActionSet Rendering { get; } = AzureActions.Create(EnvironmentOf(new FixedCredential(), new HttpClientTransport(new ScriptedNetwork())));

    /// <summary>Arguments as YAML would give them, written as JSON.</summary>
    public static JsonElement With(string json) => JsonElement.Parse(json);

    /// <summary>The first call of an action.</summary>
    public PlannedCall Call(string action, string with) => Runs.First(Actions.Get(action), With(with));

    /// <summary>Sends the first call of an action that makes one.</summary>
    public Task<CallAnswer> SendAsync(string action, string with) => Runs.SendAsync(Actions.Get(action), Call(action, with), Context);

    /// <summary>The last call of an action's plan: the one that changes something.</summary>
    public PlannedCall Write(string action, string with) => Actions.Get(action).Plan(With(with))[^1];

    /// <summary>Asks the settling probe about a call.</summary>
    public Task<SettleVerdict> SettleAsync(string action, PlannedCall call) => Actions.Get(action).SettleAsync(call, Context, TestContext.Current.CancellationToken);

    public static ActionContext ContextIn(string folder, TimeProvider time) => new()
    {
        ClientRequestId = "c0ffee00-0000-4000-8000-000000000001",
        Time = time,
        FilesFolder = folder,
        OpenArtifact = digest => File.Exists(Path.Combine(folder, digest[7..])) ? File.OpenRead(Path.Combine(folder, digest[7..])) : null,
    };

    public void Dispose() => _folder.Dispose();

    private static AzureEnvironment EnvironmentOf(FixedCredential credential, HttpPipelineTransport transport) => new()
    {
        TenantId = "10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101",
        SubscriptionId = Subscription,
        ResourceGroup = Group,
        Label = "test",
        Credential = credential,
        Transport = transport,
    };
}
