using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Administration;
using Azure.Security.KeyVault.Keys;
using Azure.Security.KeyVault.Keys.Cryptography;

namespace Runbook.KeyVault.Tests;

/// <summary>Clients of a scripted managed HSM; each has a host of its own, because what a host asks for is remembered.</summary>
internal sealed class Hsm
{
    private static int _hosts;

    public Hsm() => Address = new Uri($"https://hsm-{Interlocked.Increment(ref _hosts)}.managedhsm.azure.net/");

    public ScriptedHandler Network { get; } = new();

    public FixedCredential Credential { get; } = new();

    public Uri Address { get; }

    public KeyClient Keys(Action<KeyClientOptions>? configure = null)
    {
        var options = new KeyClientOptions { Transport = new HttpClientTransport(Network) };
        options.Retry.Delay = TimeSpan.Zero;
        configure?.Invoke(options);
        return new KeyClient(Address, Credential, options);
    }

    public CryptographyClient Crypto(string path) =>
        new(new Uri(Address, path), Credential, new CryptographyClientOptions { Transport = new HttpClientTransport(Network) });

    public KeyVaultAdministrationClientOptions AdministrationOptions() => new() { Transport = new HttpClientTransport(Network) };

    public string KeyJson(string name = "k", string version = "7071fabc480c0ca186f786a9b78c9456", string more = "") =>
        $$"""{"key":{"kid":"{{Address}}keys/{{name}}/{{version}}","kty":"RSA-HSM","key_ops":["wrapKey","unwrapKey"],"n":"AQAB","e":"AQAB"},"attributes":{"enabled":true,"created":1746685312,"recoverableDays":7}{{more}}}""";
}
