using System.Globalization;
using System.Text;

namespace Runbook.Simulator.Server;

/// <summary>Writes what points a client at a server: an environment file with certificate bundles beside it.</summary>
internal static class EnvironmentFile
{
    private static readonly string[] SystemBundles =
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

    /// <summary>The file appears whole or not at all.</summary>
    public static void Write(string path, SimulatorServer server, EmbeddedAzure azure)
    {
        var full = Path.GetFullPath(path);
        var authority = full + ".ca.pem";
        var bundle = full + ".bundle.pem";
        File.WriteAllText(authority, server.AuthorityPem);
        File.WriteAllText(bundle, SystemAuthorities() + server.AuthorityPem);
        var text = new StringBuilder();
        foreach (var (name, value) in Variables(server, azure, authority, bundle))
            text.Append(CultureInfo.InvariantCulture, $"{name}={value}\n");
        var partial = full + ".partial";
        File.WriteAllText(partial, text.ToString());
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(partial, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(partial, full, overwrite: true);
    }

    private static IEnumerable<(string Name, string Value)> Variables(SimulatorServer server, EmbeddedAzure azure, string authority, string bundle) =>
    [
        ("HTTPS_PROXY", $"http://{server.EndPoint}"),
        ("NO_PROXY", "127.0.0.1,localhost"),
        ("SSL_CERT_FILE", bundle),
        ("REQUESTS_CA_BUNDLE", bundle),
        ("NODE_EXTRA_CA_CERTS", authority),
        ("AZURE_TENANT_ID", azure.TenantId),
        ("AZURE_CLIENT_ID", azure.Owner.ClientId!),
        ("AZURE_CLIENT_SECRET", azure.Owner.Secret!),
        ("AZURE_SUBSCRIPTION_ID", azure.SubscriptionId),
        ("RUNBOOK_SIMULATOR_ADMIN", server.AdminAddress.ToString().TrimEnd('/')),
    ];

    private static string SystemAuthorities()
    {
        var chosen = Environment.GetEnvironmentVariable("SSL_CERT_FILE") is { Length: > 0 } given && File.Exists(given)
            ? given
            : SystemBundles.FirstOrDefault(File.Exists);
        return chosen is null ? "" : File.ReadAllText(chosen).TrimEnd() + "\n";
    }
}
