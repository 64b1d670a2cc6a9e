using System.Collections.Concurrent;
using Runbook.Simulator.KeyVault;

namespace Runbook.Simulator;

/// <summary>
/// RSA key pairs that are made on another thread before an estate of this process asks for one: to make one takes a processor up to
/// some seconds. Each is given out once.
/// </summary>
public static class KeysAhead
{
    private static readonly ConcurrentDictionary<int, ConcurrentQueue<Lazy<KeyMaterial>>> Waiting = new();

    /// <summary>Begins to make keys, one after the other, and returns at once. One that nobody asks for was made in vain.</summary>
    /// <param name="bits">Their size.</param>
    /// <param name="count">How many.</param>
    public static void Begin(int bits, int count)
    {
        // Where keys lie ready, nobody asks for these.
        if (count == 0 || RehearsalKeys.LieReady) return;
        var keys = Enumerable.Range(0, count).Select(_ => new Lazy<KeyMaterial>(() => KeyMaterial.NewRsa(bits))).ToList();
        var waiting = Waiting.GetOrAdd(bits, static _ => new ConcurrentQueue<Lazy<KeyMaterial>>());
        foreach (var key in keys) waiting.Enqueue(key);
        _ = Task.Run(() =>
        {
            foreach (var key in keys) _ = key.Value;
        });
    }

    /// <summary>One of them, for whose end is waited where it is being made; <see langword="null"/> where there is none.</summary>
    internal static KeyMaterial? Take(int bits) => Waiting.TryGetValue(bits, out var keys) && keys.TryDequeue(out var key) ? key.Value : null;
}
