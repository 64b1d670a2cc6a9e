using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Runbook.Actions;

/// <summary>
/// Accepts a server's certificate that the system accepts, and one whose chain ends in one of these authorities. The name must
/// be the server's in either case.
/// </summary>
internal sealed class TrustedBeside(X509Certificate2Collection authorities)
{
    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? systemChain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None) return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 server) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (systemChain is not null)
        {
            foreach (var element in systemChain.ChainElements) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(server);
    }
}
