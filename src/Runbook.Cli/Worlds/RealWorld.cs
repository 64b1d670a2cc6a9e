using Runbook.Actions;
using Runbook.Cli.Sessions;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Cli.Worlds;

/// <summary>A real Azure, as a profile names it.</summary>
internal sealed class RealWorld : IWorld
{
    private readonly AzureEnvironment _environment;

    private RealWorld(AzureEnvironment environment)
    {
        _environment = environment;
        Actions = AzureActions.Create(environment);
        Preflight = new AzurePreflight(environment, Actions, Clock.Time);
        BlastRadius = new AzureBlastRadius(environment);
        Permissions = new AzureUndoPermissions(environment, Actions);
    }

    public string Label => _environment.Label;

    public ActionSet Actions { get; }

    public IPreflight Preflight { get; }

    public IBlastRadius BlastRadius { get; }

    public IUndoPermissions Permissions { get; }

    public ISessionClock Clock { get; } = new RealSessionClock(TimeProvider.System);

    public SessionClock ClockKind => SessionClock.Real;

    public AzurePlace? Azure => PlaceOf(_environment);

    public EmbeddedPlace? Embedded => null;

    /// <summary>Reads a profile.</summary>
    public static RealWorld Open(string profile) => new(Read(profile));

    /// <summary>The place that a profile names.</summary>
    public static AzurePlace PlaceOf(string profile) => PlaceOf(Read(profile));

    /// <summary>The label of a profile's environment.</summary>
    public static string LabelOf(string profile) => Read(profile).Label;

    /// <summary>A cloud by the name that journals and profiles give it.</summary>
    public static AzureCloud CloudNamed(string name) =>
        AzureCloud.All.FirstOrDefault(c => c.Name == name) ?? throw new CliException("RC044", $"there is no cloud \"{name}\".", "nothing was sent.", $"the clouds are {string.Join(", ", AzureCloud.All.Select(c => c.Name))}.");

    public async Task<string> OperatorObjectIdAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await AzureSignIn.ClaimsAsync(_environment, cancellationToken).ConfigureAwait(false))?.ObjectId
                ?? throw new CliException("RC045", "the credential's token names no object id.", "the session has not started; nothing was sent.", "use a credential of a user, a service principal or a managed identity.", ExitCodes.Refused);
        }
        catch (CallNotSentException exception)
        {
            throw new CliException("RC048", exception.Message, "the session has not started; nothing was changed.", "sign in again, or mend the profile's credential or the way to Azure (HTTPS_PROXY, SSL_CERT_FILE).", ExitCodes.Refused, exception);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static AzurePlace PlaceOf(AzureEnvironment environment) => new(InertText.Of(environment.Cloud.Name), InertText.Of(environment.TenantId), InertText.Of(environment.SubscriptionId), InertText.Of(environment.ResourceGroup));

    private static AzureEnvironment Read(string profile)
    {
        if (!File.Exists(profile)) throw new CliException("RC043", $"there is no profile \"{SessionHost.Shown(profile)}\".", "nothing was sent.", "name a YAML file that gives cloud, tenant, subscription, resourceGroup, environment and credential.");
        return AzureProfile.Read(File.ReadAllText(profile), Path.GetFileName(profile)).ToEnvironment();
    }
}
