using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Runbook.Simulator.Faults;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>The faults that are armed. They are part of the estate: a restart finds them armed.</summary>
public sealed class FaultBoard
{
    private readonly SimulatorCore _core;
    private readonly ConcurrentDictionary<string, long> _matches = new(StringComparer.Ordinal);

    internal FaultBoard(SimulatorCore core) => _core = core;

    /// <summary>The armed faults, oldest first.</summary>
    public IReadOnlyList<FaultRule> Armed
    {
        get
        {
            var now = _core.Clock.GetUtcNow();
            return [.. Rules(_core.Estate.Current).Where(rule => IsOn(rule, now))];
        }
    }

    /// <summary>Arms a fault; it is in force for the next request.</summary>
    /// <param name="rule">What should go wrong. Its <see cref="FaultRule.Id"/> and times are set here.</param>
    /// <returns>The fault as armed.</returns>
    /// <exception cref="ArgumentException">The rule lacks something, or holds a value outside its range.</exception>
    public FaultRule Arm(FaultRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        FaultDocument.Check(rule);
        var now = _core.Clock.GetUtcNow();
        var armed = _core.Estate.Write(now, tx => ArmIn(tx, rule));
        _core.Estate.Save();
        return armed;
    }

    /// <summary>Takes a fault away.</summary>
    /// <param name="id">As <see cref="Arm"/> returned it.</param>
    /// <returns>Whether there was one.</returns>
    public bool Disarm(string id)
    {
        var found = _core.Estate.Write(_core.Clock.GetUtcNow(), tx => tx.Remove(Tables.Faults, id));
        _core.Estate.Save();
        return found;
    }

    /// <summary>Takes every fault away.</summary>
    public void DisarmAll()
    {
        _core.Estate.Write(_core.Clock.GetUtcNow(), tx =>
        {
            foreach (var (key, _) in tx.Scan(Tables.Faults).ToList())
                tx.Remove(Tables.Faults, key);
            return true;
        });
        _core.Estate.Save();
    }

    /// <summary>An armed fault by its id; <see langword="null"/> where none is in force.</summary>
    internal FaultRule? Find(EstateView view, string id) => view.Find(Tables.Faults, id) is { } rule && IsOn(rule, _core.Clock.GetUtcNow()) ? rule : null;

    /// <summary>After a start: faults that need preparation get it.</summary>
    internal void Resume()
    {
        if (_core.Estate.Current.Scan(Tables.Faults).Any(pair => pair.Value.Kind == FaultKind.StaleRead))
            _core.Estate.KeepHistory(null);
    }

    /// <summary>Arms a fault in a transaction.</summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="rule">What should go wrong.</param>
    /// <param name="id">The id that whoever arms it knows it by; <see langword="null"/> for one that is made here.</param>
    internal FaultRule ArmIn(EstateTransaction tx, FaultRule rule, string? id = null)
    {
        if (rule.Kind == FaultKind.StaleRead)
            _core.Estate.KeepHistory(null);
        var number = tx.Count(Tables.Faults);
        var armed = rule with
        {
            Id = id ?? string.Create(CultureInfo.InvariantCulture, $"{tx.Now.UtcTicks:D19}-{number:D4}-{tx.NextHex()[..8]}"),
            From = tx.Now,
            Until = rule.Duration is { } duration ? tx.Now + duration : null,
            Hits = 0,
        };
        tx.Put(Tables.Faults, armed.Id, armed);
        return armed;
    }

    /// <summary>Since when nothing in that region answers; <see langword="null"/> while it is well.</summary>
    internal DateTimeOffset? RegionDownSince(string? region) =>
        region is null ? null : Active(FaultKind.RegionDown).FirstOrDefault(rule => Glob.Matches(rule.Region!, region))?.From;

    internal bool IsRegionDown(string? region) =>
        region is not null && Active(FaultKind.RegionDown).Any(rule => Glob.Matches(rule.Region!, region));

    /// <summary>Whether a service's replica in that region can't be reached by the call, itself or with its whole region.</summary>
    internal bool IsOut(string region, Call call) => IsRegionDown(region)
        || Active(FaultKind.ReplicaDown).Any(rule => rule.Region is { } down && Glob.Matches(down, region) && Matches(rule, call));

    /// <summary>Time that a grant takes on top of the configured one.</summary>
    internal TimeSpan GrantDelay() =>
        Active(FaultKind.SlowGrants).Select(rule => rule.Delay ?? TimeSpan.Zero).DefaultIfEmpty().Max();

    /// <summary>How far the token issuer's clock is off.</summary>
    internal TimeSpan TokenSkew() => Skew(HostNames.Login);

    /// <summary>How far the services' clocks are off.</summary>
    internal TimeSpan ServiceSkew() => Skew(HostNames.ResourceManager);

    /// <summary>Whether a local role at one key covers no version that came after it.</summary>
    internal bool RolesArePerVersion() => Active(FaultKind.RolesPerVersion).Any();

    internal bool TokensAreDown() => Active(FaultKind.TokenEndpointDown).Any();

    /// <summary>Whether the firewall of that host refuses the call.</summary>
    internal bool DeniesNetwork(Call call)
    {
        if (!Active(FaultKind.NetworkDenied).Any(rule => Matches(rule, call) && Meets(rule)))
            return false;
        call.Fault ??= FaultKind.NetworkDenied.Word();
        return true;
    }

    /// <summary>Whether the subscription has no more room for what the call makes.</summary>
    internal bool ExceedsQuota(Call call)
    {
        if (!Active(FaultKind.QuotaExceeded).Any(rule => Matches(rule, call) && Meets(rule)))
            return false;
        call.Fault ??= FaultKind.QuotaExceeded.Word();
        return true;
    }

    /// <summary>Age of what a reading shows, where a fault makes it stale.</summary>
    internal TimeSpan? Staleness(Call call)
    {
        var age = Active(FaultKind.StaleRead).Where(rule => Matches(rule, call) && Meets(rule)).Select(rule => rule.Delay).FirstOrDefault();
        if (age is not null)
            call.Fault ??= FaultKind.StaleRead.Word();
        return age;
    }

    /// <summary>What the armed faults do to that call; <see langword="null"/> for nothing.</summary>
    internal BentCall? For(Call call, Service service)
    {
        var snapshot = _core.Estate.Current;

        // Whoever removes a fault must not be kept from it by that fault.
        if (snapshot.Count(Tables.Faults) == 0 || service.Kind == ServiceKind.Faults)
            return null;
        BentCall? bent = null;
        var regions = service.RegionsOf(call.Request.Host);
        var down = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var rule in Rules(snapshot).Where(rule => IsOn(rule, call.Now) && Matches(rule, call)))
        {
            if (!Applies(rule, service, regions, down) || !Meets(rule))
                continue;
            bent ??= new BentCall { Rule = rule };
            Bend(bent, rule, regions);
        }
        if (down.Count > 0 && bent is not null)
        {
            bent.Region = regions.FirstOrDefault(region => !down.Contains(region));
            if (bent.Region is null)
                bent.Unreachable = true;
        }
        return bent;
    }

    private static bool Applies(FaultRule rule, Service service, IReadOnlyList<string> regions, HashSet<string> down)
    {
        switch (rule.Kind)
        {
            case FaultKind.ReplicaDown when rule.Region is not null && service.Kind != ServiceKind.ManagedHsm:
                return false;
            case FaultKind.RegionDown:
            case FaultKind.ReplicaDown when rule.Region is not null:
                var hit = regions.Where(region => Glob.Matches(rule.Region!, region)).ToList();
                down.UnionWith(hit);
                return hit.Count > 0;
            case FaultKind.ReplicaDown:
                return service.Kind == ServiceKind.ManagedHsm;
            case FaultKind.TokenEndpointDown:
                return service.Kind is ServiceKind.Login or ServiceKind.InstanceMetadata;
            case FaultKind.NetworkDenied or FaultKind.StaleRead or FaultKind.SlowGrants or FaultKind.ClockSkew or FaultKind.QuotaExceeded or FaultKind.RolesPerVersion:
                return false;
            default:
                return true;
        }
    }

    private static void Bend(BentCall bent, FaultRule rule, IReadOnlyList<string> regions)
    {
        _ = regions;
        switch (rule.Kind)
        {
            case FaultKind.HostUnreachable:
                bent.Unreachable = true;
                break;
            case FaultKind.Latency:
                bent.Delay = (bent.Delay ?? TimeSpan.Zero) + (rule.Delay ?? TimeSpan.Zero);
                break;
            case FaultKind.LostResponse:
                bent.LosesAnswer = true;
                break;
            case FaultKind.Throttle:
                bent.Instead ??= (call, service) => WithRetry(
                    service.Error(call, 429, ThrottleCode(service), "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"), rule.RetryAfter ?? 1);
                break;
            case FaultKind.ServerError:
                bent.Instead ??= (call, service) => WithRetry(
                    service.Error(call, rule.Status ?? 500, rule.Status == 503 ? "ServiceUnavailable" : "InternalServerError", "The server encountered an internal error."), rule.RetryAfter);
                break;
            case FaultKind.ReplicaDown when rule.Region is null:
                bent.Instead ??= (call, service) => WithRetry(service.Error(call, 503, "ServiceUnavailable", "The service is temporarily unavailable."), rule.RetryAfter ?? 1);
                break;
            case FaultKind.TokenEndpointDown:
                bent.Instead ??= (call, service) => service.Error(call, 503, "temporarily_unavailable", "AADSTS90033: A transient error has occurred. Please try again.");
                break;
            default:
                break;
        }
    }

    private static string ThrottleCode(Service service) => service.Kind switch
    {
        ServiceKind.ManagedHsm or ServiceKind.Vault => "Throttled",
        ServiceKind.ResourceManager => "TooManyRequests",
        ServiceKind.Blob => "ServerBusy",
        _ => "TooManyRequests",
    };

    private static Answer WithRetry(Answer answer, int? seconds) =>
        seconds is { } wait ? answer.With("Retry-After", wait.ToString(CultureInfo.InvariantCulture)) : answer;

    private TimeSpan Skew(string host) => Active(FaultKind.ClockSkew)
        .Where(rule => rule.Host is null ? host == HostNames.Login : Glob.Matches(rule.Host, host))
        .Select(rule => rule.Delay ?? TimeSpan.Zero)
        .FirstOrDefault();

    private IEnumerable<FaultRule> Active(FaultKind kind)
    {
        var snapshot = _core.Estate.Current;
        if (snapshot.Count(Tables.Faults) == 0)
            return [];
        var now = _core.Clock.GetUtcNow();
        return Rules(snapshot).Where(rule => rule.Kind == kind && IsOn(rule, now));
    }

    private static IEnumerable<FaultRule> Rules(EstateSnapshot snapshot) => snapshot.Scan(Tables.Faults).Select(pair => pair.Value);

    private static bool IsOn(FaultRule rule, DateTimeOffset now) =>
        (rule.Until is null || now < rule.Until) && (rule.Count is null || rule.Hits < rule.Count);

    private static bool Matches(FaultRule rule, Call call) =>
        (rule.Host is null || Glob.Matches(rule.Host, call.Request.Host))
        && (rule.Method is null || string.Equals(rule.Method, call.Request.Method, StringComparison.OrdinalIgnoreCase))
        && (rule.Path is null || Glob.Matches(rule.Path, call.Target.Path));

    /// <summary>Whether this matching request is one of those that the rate and the count let through to the fault.</summary>
    private bool Meets(FaultRule rule)
    {
        var number = _matches.AddOrUpdate(rule.Id, 1, static (_, before) => before + 1);
        if (rule.Kind == FaultKind.ReplicaDown && rule.Region is null && rule.Rate is null && number % 3 != 0)
            return false;
        if (rule.Rate is { } rate && Draw(rule.Id, number) >= rate)
            return false;
        if (rule.Count is null)
            return true;
        return _core.Estate.Write(_core.Clock.GetUtcNow(), tx =>
        {
            if (tx.Find(Tables.Faults, rule.Id) is not { } current || current.Hits >= current.Count)
                return false;
            tx.Put(Tables.Faults, rule.Id, current with { Hits = current.Hits + 1 });
            return true;
        });
    }

    /// <summary>A number from 0 to below 1 that follows from the seed, the fault and how many requests matched it.</summary>
    private double Draw(string id, long number)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{_core.Estate.Seed}\n{id}\n{number}"));
        return BitConverter.ToUInt32(digest, 0) / 4294967296.0;
    }
}
