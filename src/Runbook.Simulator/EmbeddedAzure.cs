using System.Net;
using Runbook.Simulator.Faults;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>
/// An Azure in this process: Entra ID, Resource Manager, Managed HSM and what depends on keys, reached over HTTP messages as
/// the real one is.
/// </summary>
/// <remarks>
/// Everything that was answered is in the state file before the answer leaves, where there is a file. Long-running operations,
/// faults and the clock's position are part of the estate: a process that is killed and started again on the same file goes on
/// where it was. Safe to use from many threads.
/// </remarks>
public sealed class EmbeddedAzure : IAsyncDisposable
{
    private const string ScenarioWork = "scenario-fault";

    private readonly SimulatorCore _core;
    private readonly PeriodicSave _saving;

    private EmbeddedAzure(SimulatorCore core)
    {
        _core = core;
        State = new EstateArchive(core);
        Principals = new PrincipalDirectory(core);
        _saving = new PeriodicSave(core);
    }

    /// <summary>The time of this Azure; sessions and tests use the same object.</summary>
    public SimulatorClock Clock => _core.Clock;

    /// <summary>The whole estate as a document.</summary>
    public EstateArchive State { get; }

    /// <summary>What was asked, in order.</summary>
    public CallLog Calls => _core.Calls;

    /// <summary>What goes wrong on purpose.</summary>
    public FaultBoard Faults => _core.Faults;

    /// <summary>The directory's principals.</summary>
    public PrincipalDirectory Principals { get; }

    /// <summary>Tenant id, a GUID.</summary>
    public string TenantId => _core.Tenant;

    /// <summary>Subscription id, a GUID.</summary>
    public string SubscriptionId => _core.Subscription;

    /// <summary>
    /// The service principal that is Owner of the subscription and initial administrator of nothing. Every estate has one.
    /// </summary>
    public PrincipalCredential Owner => Principals.Find(OwnerName)!;

    /// <summary>Exceptions that were bugs of the simulator itself; each was answered with a 500. Empty in a healthy run.</summary>
    public IReadOnlyCollection<Exception> OwnFailures => _core.Failures;

    internal const string OwnerName = "owner";

    internal SimulatorCore Core => _core;

    /// <summary>Starts an embedded Azure, or goes on with the one that the state file holds.</summary>
    /// <param name="options">Where its state is, how its time goes and what it starts from.</param>
    /// <param name="cancellationToken">Gives up starting; nothing is left running.</param>
    /// <returns>Ready to answer.</returns>
    /// <exception cref="StateFileException"><c>RS202</c>, <c>RS203</c>: the state file can't be used; <c>RS204</c>: the estate or
    /// scenario can't. Nothing was changed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The speed is out of range.</exception>
    public static Task<EmbeddedAzure> StartAsync(EmbeddedAzureOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Speed is not (> 0 and <= 100_000))
            throw new ArgumentOutOfRangeException(nameof(options), options.Speed, "The speed must be more than 0 and at most 100,000.");
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Start(options));
    }

    private static EmbeddedAzure Start(EmbeddedAzureOptions options)
    {
        var from = options.Estate is { } text ? PreparedEstate.Read(text) : options.Prepared;
        var scenario = options.Scenario is { } faults ? ScenarioDocument.Parse(faults) : null;
        var store = options.StateFile is { } file ? SqliteStore.Open(file) : null;
        SimulatorCore? core = null;
        try
        {
            var estate = new Estate(store, options.Seed);
            var isNew = !estate.Current.Has(Tables.Meta, MetaKeys.Tenant);
            if (isNew && from is not null)
                estate.Replace(from.Tables);
            var clock = new SimulatorClock(options.Clock, StartTime(options, estate, isNew ? from?.Clock : null), options.HostClock, options.Speed);
            core = new SimulatorCore(estate, clock, options, options.PollsMoveClock);
            if (!estate.Current.Has(Tables.Meta, MetaKeys.Tenant))
                Found(core, options);
            Wiring.Plug(core);
            core.Work.OnChange(ScenarioWork, (tx, item) => core.Faults.ArmIn(tx, ScenarioFault(item.Detail!)));
            if (isNew && scenario is not null)
                Plan(core, scenario);
            core.Faults.Resume();
            core.Calls.Restore(estate.SavedCalls());
            clock.Attach(core.Work);
            core.Work.KeepPosition(clock.GetUtcNow(), options.HostClock.GetUtcNow());
            return new EmbeddedAzure(core);
        }
        catch
        {
            if (core is not null)
                core.Dispose();
            else
                store?.Dispose();
            throw;
        }
    }

    private static DateTimeOffset StartTime(EmbeddedAzureOptions options, Estate estate, DateTimeOffset? fromDocument)
    {
        var hostNow = options.HostClock.GetUtcNow();
        var kept = estate.Current.Find(Tables.Meta, MetaKeys.Clock);
        if (kept?.Time is { } position && kept.HostTime is { } at)
        {
            // A standing clock waited; the others went on while nobody looked.
            return options.Clock == ClockMode.Standing ? position : position + ((hostNow - at) * options.Speed);
        }
        return options.Clock == ClockMode.Real ? hostNow : options.StartAt ?? fromDocument ?? hostNow;
    }

    /// <summary>A new estate: a tenant, a subscription and its owner.</summary>
    private static void Found(SimulatorCore core, EmbeddedAzureOptions options) => core.Estate.Write(core.Clock.GetUtcNow(), tx =>
    {
        tx.Put(Tables.Meta, MetaKeys.Seed, new MetaRow { Text = options.Seed });
        tx.Put(Tables.Meta, MetaKeys.Tenant, new MetaRow { Text = options.TenantId.ToString() });
        tx.Put(Tables.Meta, MetaKeys.Subscription, new MetaRow { Text = options.SubscriptionId.ToString() });
        var owner = PrincipalDirectory.Make(tx, PrincipalKind.ServicePrincipal, OwnerName, tx.NextGuid().ToString());
        var assignment = new RoleAssignment
        {
            Name = tx.NextGuid().ToString(),
            Scope = $"/subscriptions/{options.SubscriptionId}",
            Role = ArmRoles.Owner,
            PrincipalId = owner.ObjectId,
            PrincipalType = "ServicePrincipal",
            Created = tx.Now,
            CreatedBy = owner.ObjectId,
            From = tx.Now,
        };
        tx.Put(Tables.RoleAssignments, assignment.Name, assignment);
        return true;
    });

    private static void Plan(SimulatorCore core, ScenarioDocument scenario) => core.Estate.Write(core.Clock.GetUtcNow(), tx =>
    {
        foreach (var (at, fault) in scenario.Faults)
            tx.Schedule(tx.Now + at, ScenarioWork, "scenario", Answer.Serialize(FaultDocument.Write(fault)) is var bytes ? System.Text.Encoding.UTF8.GetString(bytes) : "");
        return true;
    });

    private static FaultRule ScenarioFault(string json)
    {
        var node = System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject();
        node.Remove("id");
        node.Remove("hits");
        return FaultDocument.Parse(node.ToElement());
    }

    /// <summary>
    /// A transport to this Azure for an HTTP client, for instance under the <c>HttpClientTransport</c> of an Azure client. Names
    /// that Azure does not have fail to resolve, as they would.
    /// </summary>
    /// <param name="clientAddress">Address that calls come from; firewalls look at it. Absent: 127.0.0.1.</param>
    /// <returns>A handler that many clients may share; the caller disposes it.</returns>
    public HttpMessageHandler CreateHandler(IPAddress? clientAddress = null) => new InProcessHandler(_core, clientAddress ?? IPAddress.Loopback);

    /// <summary>
    /// Trusts an issuer outside this Azure: for federated credentials, and as an attestation authority for key release.
    /// </summary>
    /// <param name="issuer">Its URL, exactly as its tokens' <c>iss</c> says, a trailing slash aside.</param>
    /// <param name="keySet">Its public keys: a JSON Web Key Set (RFC 7517).</param>
    /// <exception cref="ArgumentException">The key set is none.</exception>
    public void TrustIssuer(string issuer, string keySet)
    {
        ArgumentException.ThrowIfNullOrEmpty(issuer);
        try
        {
            using var document = System.Text.Json.JsonDocument.Parse(keySet);
            _ = document.RootElement.GetProperty("keys").GetArrayLength();
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ArgumentException($"The key set can't be read: {error.Message}", nameof(keySet), error);
        }
        _core.Estate.Write(_core.Clock.GetUtcNow(), tx =>
        {
            tx.Put(Tables.OutsideIssuers, issuer.TrimEnd('/'), new MetaRow { Text = keySet });
            return true;
        });
        _core.Estate.Save();
    }

    /// <summary>
    /// Makes the body of a request to an attestation provider's <c>/attest/SevSnpVm</c>: a report by this Azure's own processors, with
    /// runtime data that it vouches for. The providers of this Azure accept it, and no others do.
    /// </summary>
    /// <param name="guest">What the report says about the guest.</param>
    /// <param name="runtimeData">A JSON object, such as <c>{"keys":[…]}</c> with the key that a release is wrapped to.</param>
    /// <returns>JSON.</returns>
    /// <exception cref="ArgumentException">A measurement or host data has the wrong length.</exception>
    public string MakeEvidence(SnpGuest guest, ReadOnlySpan<byte> runtimeData)
    {
        ArgumentNullException.ThrowIfNull(guest);
        return _core.Hardware.Evidence(guest, runtimeData);
    }

    /// <summary>Every operation of every service: how it is reached, and how much of it is there.</summary>
    public IReadOnlyList<SimulatedOperation> Operations => [.. _core.Services.SelectMany(service => service.Operations).Select(SimulatedOperation.Of)];

    /// <summary>Writes what waits and ends. What was acknowledged is on disk already.</summary>
    /// <returns>Done once the file is closed.</returns>
    public ValueTask DisposeAsync()
    {
        _saving.Dispose();
        _core.Work.KeepPosition(_core.Clock.GetUtcNow(), _core.Clock.Host.GetUtcNow());
        _core.Dispose();
        return ValueTask.CompletedTask;
    }
}
