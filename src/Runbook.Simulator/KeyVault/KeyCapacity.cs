using System.Collections.Concurrent;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>
/// What a managed HSM carries: the documented planning figures for one partition and one key, as buckets of a second each by the
/// host's clock. Only <see cref="SimulatorLimits.ThrottleKeyOperations"/> makes them refuse; services' own calls are not counted.
/// </summary>
internal sealed class KeyCapacity(SimulatorCore core)
{
    private readonly ConcurrentDictionary<(string Target, string Verb), Bucket> _buckets = new();

    /// <summary>Takes what one call costs; <see langword="null"/>, or the seconds to wait.</summary>
    public int? Take(Call call, EstateView view, KeyStore store)
    {
        if (!core.Capacity.ThrottleKeyOperations || call.Caller.ByService)
            return null;
        var verb = VerbOf(call);
        if (verb is null)
            return null;
        var name = call.Route.Values.GetValueOrDefault("key");
        var key = name is null ? null : view.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name));
        if (PerSecond(verb, key is null ? null : view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, key.Name, key.Latest))) is not { } perSecond)
            return null;
        // Keys are made by the HSM as a whole; everything else is counted for each key.
        var target = verb == "create" ? store.Key : $"{store.Key}/{name?.ToLowerInvariant()}";
        var now = core.Clock.Host.GetUtcNow();
        var bucket = _buckets.GetOrAdd((target, verb), _ => new Bucket { Left = perSecond, At = now });
        lock (bucket)
        {
            bucket.Left = Math.Min(perSecond, bucket.Left + ((now - bucket.At).TotalSeconds * perSecond));
            bucket.At = now;
            if (bucket.Left < 1)
                return (int)Math.Ceiling((1 - bucket.Left) / perSecond);
            bucket.Left -= 1;
            return null;
        }
    }

    private static string? VerbOf(Call call) => (call.Request.Method, call.Route.Operation.Template) switch
    {
        ("GET", "/keys/{key}" or "/keys/{key}/{version}") => "get",
        ("DELETE", "/keys/{key}" or "/deletedkeys/{key}") => "delete",
        ("POST", "/keys/restore") => "restore",
        ("POST", var template) when template.StartsWith("/keys/{key}/", StringComparison.Ordinal) => template[(template.LastIndexOf('/') + 1)..],
        _ => null,
    };

    private static double? PerSecond(string verb, KeyVersion? version) => verb switch
    {
        "create" => 1,
        "delete" or "backup" or "restore" => 10,
        "get" => 1100,
        _ when version is null => null,
        "decrypt" or "unwrapkey" when version.BaseType == "RSA" => BySize(version, 1100, 360, 160),
        "sign" when version.BaseType == "RSA" => BySize(version, 900, 340, 150),
        "wrapkey" when version.BaseType == "RSA" => BySize(version, 2200, 1900, 1900),
        "encrypt" when version.BaseType == "RSA" => BySize(version, 2800, 2700, 2300),
        "verify" when version.BaseType == "RSA" => BySize(version, 3400, 3400, 3700),
        "sign" when version.BaseType == "EC" => ByCurve(version, 330, 160, 200),
        "verify" when version.BaseType == "EC" => ByCurve(version, 130, 82, 28),
        "wrapkey" when version.BaseType == "oct" => 2100,
        "unwrapkey" when version.BaseType == "oct" => BySize(version, 1800, 1900, 2200),
        _ => null,
    };

    /// <summary>By the three sizes of an RSA or AES key, the smallest first.</summary>
    private static double BySize(KeyVersion version, double small, double middle, double large) => version.Bits switch
    {
        128 or 2048 => small,
        192 or 3072 => middle,
        _ => large,
    };

    private static double ByCurve(KeyVersion version, double of256, double of384, double of521) => version.Curve switch
    {
        "P-384" => of384,
        "P-521" => of521,
        _ => of256,
    };

    private sealed class Bucket
    {
        public required double Left { get; set; }

        public required DateTimeOffset At { get; set; }
    }
}
