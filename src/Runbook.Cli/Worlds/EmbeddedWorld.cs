using System.Globalization;
using System.Net;
using Azure.Core.Pipeline;
using Azure.Identity;
using Runbook.Actions;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Simulator;

namespace Runbook.Cli.Worlds;

/// <summary>The embedded Azure: in this process, its state in a folder beside the session's directory.</summary>
internal sealed class EmbeddedWorld : IWorld
{
    /// <summary>The label of its environment.</summary>
    public const string EnvironmentLabel = "rehearsal";

    /// <summary>The resource group that every estate has.</summary>
    public const string ResourceGroup = "rg-runbook";
    private const string OperatorName = "operator";
    private const long Seed = 1;

    /// <summary>The public address that the console's calls come from: what runbooks let through a firewall in a rehearsal (RFC 5737).</summary>
    public static IPAddress OperatorAddress { get; } = new([203, 0, 113, 7]);

    private readonly EmbeddedAzure _azure;
    private readonly string _operatorObjectId;

    private EmbeddedWorld(EmbeddedAzure azure, bool isReal)
    {
        _azure = azure;
        var who = azure.Principals.Find(OperatorName)
            ?? throw new CliException("RC040", "the estate has no principal named \"operator\".", "nothing was sent.", "start from an estate that has one, such as estates/empty.json.", ExitCodes.Refused);
        _operatorObjectId = who.ObjectId;
        var environment = EnvironmentOf(azure, who);
        Actions = AzureActions.Create(environment);
        Preflight = new AzurePreflight(environment, Actions, azure.Clock);
        BlastRadius = new AzureBlastRadius(environment);
        Permissions = new AzureUndoPermissions(environment, Actions);
        Clock = isReal ? new RealSessionClock(azure.Clock) : new VirtualSessionClock(azure.Clock);
        ClockKind = isReal ? SessionClock.Real : SessionClock.Virtual;
    }

    public string Label => EnvironmentLabel;

    public ActionSet Actions { get; }

    public IPreflight Preflight { get; }

    public IBlastRadius BlastRadius { get; }

    public IUndoPermissions Permissions { get; }

    public ISessionClock Clock { get; }

    public SessionClock ClockKind { get; }

    public AzurePlace? Azure => null;

    public EmbeddedPlace? Embedded => new(typeof(EmbeddedAzure).Assembly.GetName().Version!.ToString(3), Seed);

    /// <summary>Where somebody's actions are carried out: on an embedded Azure in this process.</summary>
    /// <param name="azure">It.</param>
    /// <param name="who">Somebody of its directory.</param>
    public static AzureEnvironment EnvironmentOf(EmbeddedAzure azure, PrincipalCredential who)
    {
        var transport = new HttpClientTransport(azure.CreateHandler(OperatorAddress));
        return new AzureEnvironment
        {
            TenantId = azure.TenantId,
            SubscriptionId = azure.SubscriptionId,
            ResourceGroup = ResourceGroup,
            Label = EnvironmentLabel,
            IsEmbedded = true,
            Credential = new ClientSecretCredential(azure.TenantId, who.ClientId, who.Secret, new ClientSecretCredentialOptions { Transport = transport }),
            Transport = transport,
        };
    }

    /// <summary>The folder that holds its state during a session.</summary>
    public static string FolderOf(string sessionDirectory) => Path.TrimEndingDirectorySeparator(sessionDirectory) + ".azure";

    /// <summary>Starts it, from an estate for a new session, from what lies in its folder for one that is gone on with.</summary>
    /// <param name="sessionDirectory">The session's directory.</param>
    /// <param name="estate">The estate's text; <see langword="null"/> to go on.</param>
    /// <param name="scenario">The scenario's text, if there is one.</param>
    /// <param name="realClock">Whether its clock is the real one.</param>
    /// <param name="speed">How many times faster it goes.</param>
    /// <param name="startAt">Where a virtual clock begins; the estate's own time if left out. Keys of real people count from the
    /// day on which they were enrolled, so a session with such people begins today.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static async Task<EmbeddedWorld> StartAsync(string sessionDirectory, string? estate, string? scenario, bool realClock, double speed, DateTimeOffset? startAt, CancellationToken cancellationToken)
    {
        var folder = FolderOf(sessionDirectory);
        if (estate is null && !Directory.Exists(folder))
        {
            throw new CliException("RC041", $"the embedded Azure of this session is gone: there is no \"{folder}\".", "the session stands where it stood; nothing was sent.", "bring the folder back from where the session's directory came from.", ExitCodes.Refused);
        }

        Directory.CreateDirectory(folder);
        var azure = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions
        {
            StateFile = Path.Combine(folder, "estate.db"),
            Clock = realClock ? ClockMode.Real : ClockMode.Virtual,
            Speed = speed,
            StartAt = startAt,
            Estate = estate,
            Scenario = scenario,
            Seed = Seed.ToString(CultureInfo.InvariantCulture),
        }, cancellationToken).ConfigureAwait(false);
        return new EmbeddedWorld(azure, realClock);
    }

    /// <summary>Starts it for a look: what is done to it is kept nowhere.</summary>
    /// <param name="estate">The estate.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static async Task<EmbeddedWorld> StartForLookAsync(string estate, CancellationToken cancellationToken) =>
        new(await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Virtual, Estate = estate, Seed = Seed.ToString(CultureInfo.InvariantCulture) }, cancellationToken).ConfigureAwait(false), isReal: false);

    /// <summary>Removes the state of a session that did not begin.</summary>
    public static void RemoveUnused(string sessionDirectory)
    {
        var folder = FolderOf(sessionDirectory);
        if (!File.Exists(Path.Combine(sessionDirectory, SessionDirectory.JournalName)) && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    public Task<string> OperatorObjectIdAsync(CancellationToken cancellationToken) => Task.FromResult(_operatorObjectId);

    public ValueTask DisposeAsync() => _azure.DisposeAsync();
}

/// <summary>A clock on which waiting for Azure takes no time, and waiting for people takes theirs.</summary>
internal sealed class VirtualSessionClock(SimulatorClock clock) : ISessionClock
{
    public TimeProvider Time => clock;

    public Task WaitForAzureAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        clock.Advance(delay);
        return Task.CompletedTask;
    }

    public Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, clock.Host, cancellationToken);
}
