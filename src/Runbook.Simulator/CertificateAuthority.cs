using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>
/// The certificate authority of this Azure, made when it is first needed and kept in the estate, so that clients trust it
/// across restarts. Its times are the host's: that is whose clock clients check them with.
/// </summary>
internal sealed class CertificateAuthority(SimulatorCore core)
{
    private const int SerialBytes = 12;

    private readonly ConcurrentDictionary<string, X509Certificate2> _leaves = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _lock = new();
    private X509Certificate2? _authority;
    private string? _loaded;

    /// <summary>The authority's certificate with its key.</summary>
    public X509Certificate2 Certificate
    {
        get
        {
            lock (_lock)
            {
                var view = core.Estate.Current;
                var stored = view.Find(Tables.Meta, MetaKeys.AuthorityKey)?.Hidden;
                if (stored is null)
                {
                    stored = Make();
                    core.Estate.Write(core.Clock.GetUtcNow(), tx =>
                    {
                        tx.Put(Tables.Meta, MetaKeys.AuthorityKey, new MetaRow { Hidden = stored });
                        return true;
                    });
                }
                if (_authority is null || _loaded != stored)
                {
                    _authority = X509CertificateLoader.LoadPkcs12(Convert.FromBase64String(stored), null, X509KeyStorageFlags.Exportable);
                    _loaded = stored;
                    _leaves.Clear();
                }
                return _authority;
            }
        }
    }

    /// <summary>A server certificate for a host name, made once.</summary>
    public X509Certificate2 LeafFor(string host)
    {
        var authority = Certificate;
        return _leaves.GetOrAdd(host, name =>
        {
            using var key = GivenCurve.NewKey(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={Common(name)}", key, HashAlgorithmName.SHA256);
            using var leaf = Issue(request, authority, [name]);
            using var withKey = leaf.CopyWithPrivateKey(key);
            return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
        });
    }

    /// <summary>Signs a certificate for an RSA key of the caller's.</summary>
    public X509Certificate2 IssueFor(RSA key, params string[] names)
    {
        var request = new CertificateRequest($"CN={Common(names[0])}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return Issue(request, Certificate, names);
    }

    private X509Certificate2 Issue(CertificateRequest request, X509Certificate2 authority, IReadOnlyList<string> names)
    {
        var subjects = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (System.Net.IPAddress.TryParse(name, out var address))
                subjects.AddIpAddress(address);
            else
                subjects.AddDnsName(name);
        }
        request.CertificateExtensions.Add(subjects.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = core.Clock.Host.GetUtcNow();
        var until = now.AddDays(390) < authority.NotAfter ? now.AddDays(390) : authority.NotAfter.ToUniversalTime();
        // The authority's key is on a curve whatever the key of the certificate is, so it says itself how it signs.
        using var key = authority.GetECDsaPrivateKey()!;
        return request.Create(authority.SubjectName, GivenCurve.Generator(key), now.AddDays(-1), until, SimulatorRandom.Bytes(SerialBytes));
    }

    private string Make()
    {
        using var key = GivenCurve.NewKey(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Runbook embedded Azure authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = core.Clock.Host.GetUtcNow();
        using var bare = request.Create(request.SubjectName, GivenCurve.Generator(key), now.AddDays(-2), now.AddYears(10), SimulatorRandom.Bytes(SerialBytes));
        using var authority = bare.CopyWithPrivateKey(key);
        return Convert.ToBase64String(authority.Export(X509ContentType.Pfx));
    }

    /// <summary>Common names end at 64 characters; the subject alternative name has the whole.</summary>
    private static string Common(string name) => name.Length <= 64 ? name : name[..64];
}
