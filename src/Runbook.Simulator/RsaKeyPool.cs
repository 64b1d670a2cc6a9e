using System.Collections.Concurrent;
using Runbook.Simulator.KeyVault;

namespace Runbook.Simulator;

/// <summary>
/// RSA keys that are made once and given out again: many runs that each make keys then wait for none. Two keys of one run are
/// never the same; the same key of two runs is. For rehearsals that are thrown away; nothing that is kept may use it.
/// </summary>
public sealed class RsaKeyPool
{
    private static readonly AsyncLocal<Run?> Current = new();

    private readonly ConcurrentDictionary<string, byte[]> _unwrapped = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(int Bits, int Number), Lazy<KeyMaterial>> _made = new();

    /// <summary>Begins a run: until it is disposed, every embedded Azure that this flow of control uses makes its RSA keys here.</summary>
    /// <returns>Ends the run.</returns>
    public IDisposable Begin() => Current.Value = new Run(this);

    /// <summary>The next key of the run that this flow of control is in, PKCS#8.</summary>
    /// <param name="bits">Its size.</param>
    /// <exception cref="InvalidOperationException">It is in none.</exception>
    public static byte[] NextPkcs8(int bits) => Convert.FromBase64String((Next(bits) ?? throw new InvalidOperationException("No run has begun.")).Secret);

    internal static KeyMaterial? Next(int bits) => Current.Value?.Next(bits);

    /// <summary>What was unwrapped in any run, where this flow of control is in one: the same keys unwrap the same values there again and again.</summary>
    internal static ConcurrentDictionary<string, byte[]>? Unwrapped => Current.Value?.Pool._unwrapped;

    private sealed class Run(RsaKeyPool pool) : IDisposable
    {
        private readonly ConcurrentDictionary<int, int> _taken = new();

        public RsaKeyPool Pool => pool;

        public KeyMaterial Next(int bits) =>
            pool._made.GetOrAdd((bits, _taken.AddOrUpdate(bits, 1, static (_, before) => before + 1)), static key => new Lazy<KeyMaterial>(() => RehearsalKeys.At(key.Bits, key.Number, "pool-") ?? KeyMaterial.NewRsa(key.Bits))).Value;

        public void Dispose() => Current.Value = null;
    }
}
