using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Runbook.Simulator.KeyVault;

/// <summary>
/// Loaded private keys, so that a key is parsed once and used often, by all estates of this process that have it: parsing one takes
/// milliseconds, because it is checked. One key object serves one operation at a time; as many are made as work at once.
/// </summary>
internal sealed class KeyRing
{
    private const int KeysKept = 1024;

    private readonly ConcurrentDictionary<string, ConcurrentBag<AsymmetricAlgorithm>> _idle = new(StringComparer.Ordinal);

    private KeyRing()
    {
    }

    /// <summary>The keys of all estates of this process.</summary>
    public static KeyRing OfThisProcess { get; } = new();

    public T WithRsa<T>(KeyVersion version, Func<RSA, T> use) => With(version, static material =>
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(material, out _);
        return rsa;
    }, use);

    public T WithEc<T>(KeyVersion version, Func<ECDsa, T> use) => With(version, static material =>
    {
        var ec = ECDsa.Create();
        ec.ImportPkcs8PrivateKey(material, out _);
        return ec;
    }, use);

    private T With<TKey, T>(KeyVersion version, Func<byte[], TKey> load, Func<TKey, T> use)
        where TKey : AsymmetricAlgorithm
    {
        // By the material alone: a restored key may have an old version's id, and other estates have other keys of the same id.
        var material = version.Material!;
        var bag = _idle.GetOrAdd(material, static _ => []);
        var key = bag.TryTake(out var idle) ? (TKey)idle : load(Convert.FromBase64String(material));
        try
        {
            return use(key);
        }
        finally
        {
            bag.Add(key);
            if (_idle.Count > KeysKept)
                _idle.Clear();
        }
    }
}
