using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Runbook.Simulator.KeyVault;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Identity;

/// <summary>Signs access tokens with the tenant's key, which is made when it is first needed and kept in the estate.</summary>
internal sealed class TokenIssuer(SimulatorCore core)
{
    private const int KeysKept = 64;

    // A key and its certificate never change, and many Azures in one process may have the same estate.
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, (RSA Key, string KeyId, byte[] Certificate)> Loaded = new(StringComparer.Ordinal);

    private readonly Lock _lock = new();

    /// <summary>How long a token of a client holds.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromSeconds(3599);

    /// <summary>How long a token of a managed identity holds.</summary>
    public static TimeSpan ManagedLifetime { get; } = TimeSpan.FromSeconds(86399);

    /// <summary>How long a public client can ask for further tokens without signing in again.</summary>
    private static readonly TimeSpan RefreshLifetime = TimeSpan.FromDays(90);

    private const string RefreshAudience = "urn:runbook:refresh";

    public string KeyId => Current().KeyId;

    /// <summary>DER of the self-signed certificate over the signing key.</summary>
    public byte[] Certificate => Current().Certificate;

    public RSA Key => Current().Key;

    public string IssuerName => $"https://sts.windows.net/{core.Tenant}/";

    /// <summary>
    /// A token for a principal. Its times are the host's, because clients count a token's age on the host's clock: a jump of
    /// the virtual clock must not make tokens expire that every client still holds for good.
    /// </summary>
    public string Issue(Principal principal, string audience, string authentication, TimeSpan lifetime)
    {
        var (key, keyId, _) = Current();
        var now = core.Clock.Host.GetUtcNow() + core.Faults.TokenSkew();
        var isUser = principal.Kind == PrincipalKind.User;
        return Jwt.Sign(
            key,
            header =>
            {
                header.WriteString("typ", "JWT");
                header.WriteString("alg", "RS256");
                header.WriteString("x5t", keyId);
                header.WriteString("kid", keyId);
            },
            claims =>
            {
                claims.WriteString("aud", audience);
                claims.WriteString("iss", IssuerName);
                claims.WriteNumber("iat", now.ToUnixTimeSeconds());
                claims.WriteNumber("nbf", now.ToUnixTimeSeconds());
                claims.WriteNumber("exp", (now + lifetime).ToUnixTimeSeconds());
                claims.WriteString("appid", principal.ApplicationId ?? Assumptions.AzureCliApplicationId);
                claims.WriteString("appidacr", authentication);
                if (principal.Groups is { Count: > 0 } groups)
                {
                    claims.WriteStartArray("groups");
                    foreach (var group in groups)
                        claims.WriteStringValue(group);
                    claims.WriteEndArray();
                }
                claims.WriteString("idp", IssuerName);
                claims.WriteString("idtyp", isUser ? "user" : "app");
                claims.WriteString("oid", principal.ObjectId);
                claims.WriteString("sub", principal.ObjectId);
                claims.WriteString("tid", core.Tenant);
                if (isUser)
                {
                    claims.WriteString("upn", principal.UserPrincipalName);
                    claims.WriteString("name", principal.DisplayName);
                }
                claims.WriteString("uti", Base64Url.Encode(core.NextRequestId().ToByteArray()));
                claims.WriteString("ver", "1.0");
                if (principal.ResourceId is { } resource)
                    claims.WriteString("xms_mirid", resource);
            });
    }

    /// <summary>
    /// A token that says who signed in, for the application that asked; nothing but that application reads it.
    /// </summary>
    public string IssueIdentity(Principal principal, string clientId, string? nonce)
    {
        var (key, keyId, _) = Current();
        var now = core.Clock.Host.GetUtcNow() + core.Faults.TokenSkew();
        return Jwt.Sign(
            key,
            header =>
            {
                header.WriteString("typ", "JWT");
                header.WriteString("alg", "RS256");
                header.WriteString("kid", keyId);
            },
            claims =>
            {
                claims.WriteString("aud", clientId);
                claims.WriteString("iss", $"https://{HostNames.Login}/{core.Tenant}/v2.0");
                claims.WriteNumber("iat", now.ToUnixTimeSeconds());
                claims.WriteNumber("nbf", now.ToUnixTimeSeconds());
                claims.WriteNumber("exp", (now + Lifetime).ToUnixTimeSeconds());
                if (nonce is not null)
                    claims.WriteString("nonce", nonce);
                claims.WriteString("name", principal.DisplayName);
                claims.WriteString("oid", principal.ObjectId);
                claims.WriteString("preferred_username", principal.UserPrincipalName);
                claims.WriteString("sub", principal.ObjectId);
                claims.WriteString("tid", core.Tenant);
                claims.WriteString("ver", "2.0");
            });
    }

    /// <summary>What a public client keeps to ask for further tokens. Its audience is nobody's, so no service takes it.</summary>
    public string IssueRefresh(Principal principal) =>
        Issue(principal, RefreshAudience, "0", RefreshLifetime);

    /// <summary>The user that a refresh token of this issuer is about, or <see langword="null"/>.</summary>
    public string? RefreshedUser(string text)
    {
        if (!Jwt.TryParse(text, out var token) || Jwt.Text(token.Header, "alg") != "RS256" || !token.IsSignedBy(Key)
            || Jwt.Text(token.Payload, "aud") != RefreshAudience || Jwt.Number(token.Payload, "exp") is not { } expires
            || expires <= core.Clock.Host.GetUtcNow().ToUnixTimeSeconds())
            return null;
        return Jwt.Text(token.Payload, "oid");
    }

    private (RSA Key, string KeyId, byte[] Certificate) Current()
    {
        lock (_lock)
        {
            var stored = core.Estate.Current.Find(Tables.Meta, MetaKeys.IssuerKey);
            if (stored?.Hidden is null)
            {
                var made = Convert.ToBase64String(NewKey());
                stored = core.Estate.Write(core.Clock.GetUtcNow(), tx =>
                {
                    var row = tx.Find(Tables.Meta, MetaKeys.IssuerKey) is { Hidden: not null } other ? other : new MetaRow { Hidden = made };
                    tx.Put(Tables.Meta, MetaKeys.IssuerKey, row);
                    return row;
                });
            }
            if (Loaded.Count >= KeysKept)
                Loaded.Clear();
            return Loaded.GetOrAdd(stored.Hidden!, Load);
        }
    }

    private static byte[] NewKey()
    {
        using var key = KeyMaterial.LoadedRsa(2048);
        return key.ExportPkcs8PrivateKey();
    }

    private static (RSA Key, string KeyId, byte[] Certificate) Load(string hidden)
    {
        var key = RSA.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(hidden), out _);
        var (certificate, keyId) = CertificateOf(key);
        return (key, keyId, certificate);
    }

    private static (byte[] Certificate, string KeyId) CertificateOf(RSA key)
    {
        var request = new CertificateRequest("CN=accounts.accesscontrol.windows.net", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var serial = SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..8];
        serial[0] &= 0x7f;
        using var certificate = request.Create(
            new X500DistinguishedName("CN=accounts.accesscontrol.windows.net"),
            X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1),
            DateTimeOffset.UnixEpoch.AddYears(50),
            DateTimeOffset.UnixEpoch.AddYears(100),
            serial);
        return (certificate.RawData, Base64Url.Encode(Convert.FromHexString(certificate.Thumbprint)));
    }

    /// <summary>An opaque value that stands for a secret of the directory, derived from the estate's seed.</summary>
    public static string SecretFrom(EstateTransaction tx) =>
        "sim8Q~" + Base64Url.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(tx.NextHex())))[..34];
}
