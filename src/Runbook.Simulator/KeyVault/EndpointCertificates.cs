using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>The RSA certificates with which HSMs and vaults sign what they hand out, one for each, issued by the authority.</summary>
internal sealed class EndpointCertificates(SimulatorCore core)
{
    private readonly ConcurrentDictionary<string, (string Secret, X509Certificate2 Certificate, RSA Key)> _known = new(StringComparer.Ordinal);

    /// <summary>The certificate and key of a store; made when they are first needed.</summary>
    public (X509Certificate2 Certificate, RSA Key) For(KeyStore store)
    {
        var secret = core.Estate.Current.Find(Tables.Stores, store.Key)?.EndpointKey ?? Make(store);
        if (_known.TryGetValue(store.Key, out var known) && known.Secret == secret)
            return (known.Certificate, known.Key);
        var key = RSA.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(secret), out _);
        var certificate = core.Authority.IssueFor(key, store.Host, "*." + store.Host);
        _known[store.Key] = (secret, certificate, key);
        return (certificate, key);
    }

    private string Make(KeyStore store)
    {
        using var made = KeyMaterial.LoadedRsa(2048);
        var secret = Convert.ToBase64String(made.ExportPkcs8PrivateKey());
        return core.Estate.Write(core.Clock.GetUtcNow(), tx =>
        {
            var current = tx.Find(Tables.Stores, store.Key)!;
            if (current.EndpointKey is { } other)
                return other;
            tx.Put(Tables.Stores, store.Key, current with { EndpointKey = secret });
            return secret;
        });
    }
}
