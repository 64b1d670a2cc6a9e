using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Attestation;

/// <summary>
/// The processors of this Azure: a vendor's root, an intermediate, and one chip that signs reports. Made when first needed; the
/// providers here trust this root and no other. All three keys are of P-384, where the real root and intermediate are RSA.
/// </summary>
internal sealed class TestHardware(SimulatorCore core)
{
    private const int SerialBytes = 12;

    private readonly Lock _lock = new();

    /// <summary>The body of an attest request: a report about the guest, with runtime data that it vouches for.</summary>
    public string Evidence(SnpGuest guest, ReadOnlySpan<byte> runtimeData)
    {
        if (guest.Measurement.Length != 48 || guest.HostData.Length != 32)
            throw new ArgumentException("a measurement has 48 bytes and host data 32", nameof(guest));
        var (_, chip, chain) = Parts();
        using var key = chip.GetECDsaPrivateKey()!;
        Span<byte> data = stackalloc byte[64];
        data.Clear();
        SHA256.HashData(runtimeData, data);
        var report = SnpReport.Sign(key, guest, data);
        var inner = new JsonObject { ["SnpReport"] = Base64Url.Encode(report.Bytes), ["VcekCertChain"] = Base64Url.Encode(System.Text.Encoding.ASCII.GetBytes(chain)) };
        return new JsonObject
        {
            ["report"] = Base64Url.Encode(Answer.Serialize(inner)),
            ["runtimeData"] = new JsonObject { ["data"] = Base64Url.Encode(runtimeData), ["dataType"] = "JSON" },
        }.ToJsonString();
    }

    /// <summary>Whether a chain leads from a chip to the vendor's root.</summary>
    public bool Trusts(X509Certificate2Collection certificates)
    {
        var (root, _, _) = Parts();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = core.Clock.Host.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        foreach (var certificate in certificates.Skip(1))
            chain.ChainPolicy.ExtraStore.Add(certificate);
        // A leaf alone or a root as its own chip is no chain.
        return chain.Build(certificates[0]) && chain.ChainElements.Count == 3;
    }

    private (X509Certificate2 Root, X509Certificate2 Chip, string Chain) Parts()
    {
        lock (_lock)
        {
            var stored = core.Estate.Current.Find(Tables.Meta, MetaKeys.Hardware);
            if (stored is null)
            {
                stored = Make();
                core.Estate.Write(core.Clock.GetUtcNow(), tx =>
                {
                    tx.Put(Tables.Meta, MetaKeys.Hardware, stored);
                    return true;
                });
            }
            var (pfx, text) = (stored.Hidden!.Split('\n', 2)[0], stored.Hidden.Split('\n', 2)[1]);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(text);
            return (chain[^1], X509CertificateLoader.LoadPkcs12(Convert.FromBase64String(pfx), null, X509KeyStorageFlags.Exportable), text);
        }
    }

    private MetaRow Make()
    {
        var now = core.Clock.Host.GetUtcNow();
        using var rootKey = GivenCurve.NewKey(ECCurve.NamedCurves.nistP384);
        using var middleKey = GivenCurve.NewKey(ECCurve.NamedCurves.nistP384);
        using var chipKey = GivenCurve.NewKey(ECCurve.NamedCurves.nistP384);
        var rootRequest = new CertificateRequest("CN=ARK-Rehearsal, O=Runbook embedded Azure", rootKey, HashAlgorithmName.SHA384);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        rootRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(rootRequest.PublicKey, false));
        using var root = rootRequest.Create(rootRequest.SubjectName, GivenCurve.Generator(rootKey), now.AddDays(-1), now.AddYears(20), SimulatorRandom.Bytes(SerialBytes));
        var middleRequest = new CertificateRequest("CN=SEV-Rehearsal, O=Runbook embedded Azure", middleKey, HashAlgorithmName.SHA384);
        middleRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        middleRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(middleRequest.PublicKey, false));
        using var middle = middleRequest.Create(root.SubjectName, GivenCurve.Generator(rootKey), now.AddDays(-1), now.AddYears(19), SimulatorRandom.Bytes(SerialBytes));
        var chipRequest = new CertificateRequest("CN=SEV-VCEK, O=Runbook embedded Azure", chipKey, HashAlgorithmName.SHA384);
        using var chip = chipRequest.Create(middle.SubjectName, GivenCurve.Generator(middleKey), now.AddDays(-1), now.AddYears(18), SimulatorRandom.Bytes(SerialBytes));
        using var chipWithKey = chip.CopyWithPrivateKey(chipKey);
        // The chip's key and, behind it, the chain: both are random, and neither is part of what makes two estates equal.
        return new MetaRow
        {
            Hidden = string.Join('\n', Convert.ToBase64String(chipWithKey.Export(X509ContentType.Pfx)), chip.ExportCertificatePem(), middle.ExportCertificatePem(), root.ExportCertificatePem()) + "\n",
        };
    }
}
