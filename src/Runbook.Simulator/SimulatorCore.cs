using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>Everything that the services share: the estate, the clock, the log, faults, identity, and each other.</summary>
internal sealed class SimulatorCore : IDisposable
{
    private readonly Dictionary<ServiceKind, Service> _services = [];
    private readonly byte[] _requestSeed;
    private readonly List<IDisposable> _owned = [];
    private long _requests;

    public SimulatorCore(Estate estate, SimulatorClock clock, EmbeddedAzureOptions options, bool pollsMove)
    {
        Estate = estate;
        Clock = clock;
        Timings = options.Timings;
        Choices = options.Choices;
        Capacity = options.Limits;
        Throttle = new ArmThrottle(this, options.Limits);
        Faults = new FaultBoard(this);
        Polls = new PollBook(clock, pollsMove && clock.Mode == ClockMode.Standing);
        Issuer = new TokenIssuer(this);
        Authority = new CertificateAuthority(this);
        Tokens = new TokenChecker(this);
        Work = new DueWork(this);
        Hardware = new Attestation.TestHardware(this);
        Dispatcher = new Dispatcher(this);
        Inside = new InsideCalls(this);
        KeyLinks = new KeyLinkBook(this);
        var boots = estate.Write(clock.GetUtcNow(), tx =>
        {
            var number = (tx.Find(Tables.Meta, MetaKeys.Boots)?.Number ?? 0) + 1;
            tx.Put(Tables.Meta, MetaKeys.Boots, new MetaRow { Number = number });
            return number;
        });
        _requestSeed = SHA256.HashData(Encoding.UTF8.GetBytes($"{estate.Seed}\nrequests\n{boots}"));
    }

    public Estate Estate { get; }

    public SimulatorClock Clock { get; }

    public SimulatorTimings Timings { get; }

    public SimulatorChoices Choices { get; }

    public SimulatorLimits Capacity { get; }

    public CallLog Calls { get; } = new();

    public ArmThrottle Throttle { get; }

    public FaultBoard Faults { get; }

    public PollBook Polls { get; }

    public TokenIssuer Issuer { get; }

    public CertificateAuthority Authority { get; }

    public TokenChecker Tokens { get; }

    public DueWork Work { get; }

    public Attestation.TestHardware Hardware { get; }

    public Dispatcher Dispatcher { get; }

    public InsideCalls Inside { get; }

    /// <summary>Which resources depend on which keys.</summary>
    public KeyLinkBook KeyLinks { get; }

    /// <summary>Exceptions that were the simulator's own bugs; tests look here.</summary>
    public ConcurrentBag<Exception> Failures { get; } = [];

    public string Tenant => Estate.Current.Find(Tables.Meta, MetaKeys.Tenant)!.Text!;

    public string Subscription => Estate.Current.Find(Tables.Meta, MetaKeys.Subscription)!.Text!;

    /// <summary>Keys with which an attestation authority signs: one of this Azure, or one that was registered.</summary>
    public IEnumerable<System.Security.Cryptography.RSA> AttestationKeys(string issuer, string? keyId) =>
        OutsideKeys.Of(Estate.Current, issuer, keyId).Concat(OwnAttestationKeys?.Invoke(issuer) ?? []);

    /// <summary>Set by the attestation service: its keys for a provider's URL.</summary>
    public Func<string, IEnumerable<System.Security.Cryptography.RSA>>? OwnAttestationKeys { get; set; }

    /// <summary>Ends with the simulator, before its estate is closed.</summary>
    public void Own(IDisposable owned) => _owned.Add(owned);

    public void Add(Service service) => _services.Add(service.Kind, service);

    public IEnumerable<Service> Services => _services.Values;

    public T Get<T>(ServiceKind kind)
        where T : Service => (T)_services[kind];

    /// <summary>The service that a host name belongs to, or <see langword="null"/> for a name that Azure does not have.</summary>
    public Service? ServiceFor(string host) => HostNames.KindOf(host) is { } kind ? _services.GetValueOrDefault(kind) : null;

    /// <summary>Ids of requests come from a source of their own: reading changes nothing in the estate.</summary>
    public Guid NextRequestId()
    {
        Span<byte> input = stackalloc byte[40];
        _requestSeed.CopyTo(input);
        BinaryPrimitives.WriteInt64BigEndian(input[32..], Interlocked.Increment(ref _requests));
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(input, digest);
        digest[6] = (byte)((digest[6] & 0x0f) | 0x40);
        digest[8] = (byte)((digest[8] & 0x3f) | 0x80);
        return new Guid(digest[..16], bigEndian: true);
    }

    public Answer Malformed(Call call, string why) => _services[call.Service].Malformed(call, why);

    /// <summary>Puts a call's record next to what the call changed.</summary>
    public void Journal(EstateTransaction tx, Call call, Answer answer)
    {
        var service = _services[call.Service];
        service.Journal(tx, call, answer);
        Record(call, service, answer.Status, answer.ErrorCode, answer.ErrorText);
    }

    public void Record(Call call, Service service, int status, string? errorCode, string? errorText) =>
        Calls.Append(CallRecords.Of(call, service, status, errorCode, errorText), Estate);

    /// <summary>Lets a call take time: a standing clock moves by it, others really wait.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up meanwhile.</exception>
    public async ValueTask WaitAsync(TimeSpan delay, bool isRemote, CancellationToken cancellationToken)
    {
        if (Clock.Mode != ClockMode.Standing)
        {
            await Task.Delay(delay, Clock, cancellationToken).ConfigureAwait(false);
            return;
        }

        var fired = Clock.TimersFired;
        Clock.Advance(delay);

        // Whose time ran out in these minutes of no time hangs up, and nothing is done for him. Over a connection that is seen later.
        if (isRemote && Clock.TimersFired != fired)
            await Task.Delay(Limits.HangUp, Clock.Host, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        Clock.Stop();
        foreach (var owned in _owned)
            owned.Dispose();
        Estate.Dispose();
    }
}
