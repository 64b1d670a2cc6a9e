using System.Collections.Concurrent;
using System.Globalization;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.ResourceManager;

/// <summary>
/// The control plane's token buckets for each caller: what is left goes into every answer, and with
/// <see cref="SimulatorLimits.ThrottleResourceManager"/> an empty bucket refuses.
/// </summary>
internal sealed class ArmThrottle(SimulatorCore core, SimulatorLimits limits)
{
    private readonly ConcurrentDictionary<(string Principal, string Kind), Bucket> _buckets = new();

    /// <summary>Takes one token; <see langword="null"/>, or the seconds to wait.</summary>
    public int? Take(Call call)
    {
        if (call.Caller.ObjectId.Length == 0)
            return null;
        var kind = KindOf(call.Request.Method);
        var (capacity, perSecond) = SizeOf(kind);
        var bucket = _buckets.GetOrAdd((call.Caller.ObjectId, kind), _ => new Bucket { Left = capacity, At = core.Clock.Host.GetUtcNow() });
        lock (bucket)
        {
            var now = core.Clock.Host.GetUtcNow();
            bucket.Left = Math.Min(capacity, bucket.Left + ((now - bucket.At).TotalSeconds * perSecond));
            bucket.At = now;
            if (bucket.Left >= 1)
            {
                bucket.Left -= 1;
                return null;
            }
            return limits.ThrottleResourceManager ? (int)Math.Ceiling((1 - bucket.Left) / perSecond) : null;
        }
    }

    public void Label(Call call, Answer answer)
    {
        var kind = KindOf(call.Request.Method);
        var left = SizeOf(kind).Capacity - 1;
        if (_buckets.TryGetValue((call.Caller.ObjectId, kind), out var bucket))
            lock (bucket)
                left = bucket.Left;
        var text = Math.Max(0, Math.Floor(left)).ToString(CultureInfo.InvariantCulture);
        answer.Headers.Set($"x-ms-ratelimit-remaining-subscription-{kind}", text);
        answer.Headers.Set($"x-ms-ratelimit-remaining-subscription-global-{kind}", text);
    }

    private static string KindOf(string method) => method switch
    {
        "GET" or "HEAD" => "reads",
        "DELETE" => "deletes",
        _ => "writes",
    };

    private static (double Capacity, double PerSecond) SizeOf(string kind) => kind == "reads" ? (250, 25) : (200, 10);

    private sealed class Bucket
    {
        public required double Left { get; set; }

        public required DateTimeOffset At { get; set; }
    }
}
