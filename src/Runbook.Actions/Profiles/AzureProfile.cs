using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Runbook.Language;

namespace Runbook.Actions;

/// <summary>
/// Where sessions run, as a YAML file says it: cloud, tenant, subscription, resource group, environment label, credential,
/// and the way through the network. It holds no secret; <c>docs/profiles.md</c> describes it. Immutable.
/// </summary>
public sealed partial record AzureProfile
{
    private static readonly string[] Known = ["cloud", "tenant", "subscription", "resourceGroup", "environment", "credential", "proxy", "authorities"];
    private static readonly string[] KnownOfCredential = ["kind", "clientId", "certificate"];

    private AzureProfile()
    {
    }

    /// <summary>The cloud; public where the file names none.</summary>
    public required AzureCloud Cloud { get; init; }

    /// <summary>The tenant's id.</summary>
    public required string Tenant { get; init; }

    /// <summary>The subscription's id.</summary>
    public required string Subscription { get; init; }

    /// <summary>The group in which a resource that is given by its name alone lies.</summary>
    public required string ResourceGroup { get; init; }

    /// <summary>The environment's label, which a runbook's <c>environments</c> must hold. Never <c>rehearsal</c>.</summary>
    public required string Environment { get; init; }

    /// <summary>Who asks.</summary>
    public required ProfileCredential Credential { get; init; }

    /// <summary>The HTTP proxy that every request takes; <see langword="null"/> for what the system's own variables say.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>A PEM file of certificate authorities that are trusted beside the system's; <see langword="null"/> for none.</summary>
    public string? AuthoritiesFile { get; init; }

    /// <summary>Reads a profile.</summary>
    /// <param name="text">The YAML, at most 64 KiB.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <exception cref="ProfileException">It is no profile; the first thing that is wrong with it.</exception>
    public static AzureProfile Read(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > ActionsLimits.ProfileLengthMax) throw new ProfileException(ActionCodes.ProfileUnreadable, $"the profile \"{name}\" has more than {ActionsLimits.ProfileLengthMax} characters.", "keep to the members that a profile has.");
        var (values, problems) = YamlValues.Read(text, name);
        if (problems.Count > 0) throw new ProfileException(ActionCodes.ProfileUnreadable, problems[0], "write one 'name: value' a line.");
        return new ProfileReader(name).Read(values);
    }

    /// <summary>
    /// The environment: how requests travel and who asks. Nothing is called until a token is needed.
    /// </summary>
    /// <exception cref="ProfileException">A file that the profile names can't be used.</exception>
    public AzureEnvironment ToEnvironment()
    {
        var transport = Transport();
        return new AzureEnvironment
        {
            Cloud = Cloud,
            TenantId = Tenant,
            SubscriptionId = Subscription,
            ResourceGroup = ResourceGroup,
            Label = Environment,
            Credential = ToTokenCredential(transport),
            Transport = transport,
        };
    }

    private TokenCredential ToTokenCredential(HttpPipelineTransport transport)
    {
        var authority = Cloud.AuthorityHost;
        switch (Credential.Kind)
        {
            case CredentialKind.Az:
                return new AzureCliCredential(new AzureCliCredentialOptions { TenantId = Tenant });
            case CredentialKind.Environment:
                return new EnvironmentCredential(new EnvironmentCredentialOptions { AuthorityHost = authority, Transport = transport });
            case CredentialKind.WorkloadIdentity:
                return new WorkloadIdentityCredential(new WorkloadIdentityCredentialOptions { AuthorityHost = authority, Transport = transport, TenantId = Tenant, ClientId = Credential.ClientId ?? System.Environment.GetEnvironmentVariable("AZURE_CLIENT_ID") });
            case CredentialKind.ManagedIdentity:
                var id = Credential.ClientId is { } client ? ManagedIdentityId.FromUserAssignedClientId(client) : ManagedIdentityId.SystemAssigned;
                // The machine's own identity endpoint is on the machine: no proxy leads there.
                return new ManagedIdentityCredential(new ManagedIdentityCredentialOptions(id) { AuthorityHost = authority });
            case CredentialKind.Certificate:
                return new ClientCertificateCredential(Tenant, Credential.ClientId, LoadCertificate(Credential.CertificateFile!), new ClientCertificateCredentialOptions { AuthorityHost = authority, Transport = transport });
            default:
                return new DefaultAzureCredential(new DefaultAzureCredentialOptions { AuthorityHost = authority, Transport = transport, TenantId = Tenant, ManagedIdentityClientId = Credential.ClientId, ExcludeInteractiveBrowserCredential = true });
        }
    }

    private static X509Certificate2 LoadCertificate(string file)
    {
        try
        {
            return X509Certificate2.GetCertContentType(file) == X509ContentType.Pkcs12
                ? X509CertificateLoader.LoadPkcs12FromFile(file, null)
                : X509Certificate2.CreateFromPemFile(file);
        }
        catch (Exception exception) when (exception is System.Security.Cryptography.CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ProfileException(ActionCodes.ProfileValue, $"the credential's certificate \"{file}\" can't be used: {exception.Message}", "name a PEM file that holds certificate and private key, or a PKCS#12 file without a password, readable by you alone.", exception);
        }
    }

    private HttpPipelineTransport Transport()
    {
        if (Proxy is null && AuthoritiesFile is null) return AzureEnvironment.DefaultTransport;
        var handler = AzureEnvironment.NewHandler();
        if (Proxy is not null) (handler.Proxy, handler.UseProxy) = (new System.Net.WebProxy(Proxy), true);
        if (AuthoritiesFile is not null) handler.SslOptions.RemoteCertificateValidationCallback = new TrustedBeside(LoadAuthorities(AuthoritiesFile)).Accepts;
        return new HttpClientTransport(handler);
    }

    private static X509Certificate2Collection LoadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception exception) when (exception is System.Security.Cryptography.CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ProfileException(ActionCodes.ProfileValue, $"the authorities \"{file}\" can't be used: {exception.Message}", "name a PEM file of certificates.", exception);
        }

        return authorities.Count > 0 ? authorities : throw new ProfileException(ActionCodes.ProfileValue, $"\"{file}\" holds no certificate.", "name a PEM file of certificates.");
    }

    private sealed partial class ProfileReader(string name)
    {
        public AzureProfile Read(Dictionary<string, JsonElement> values)
        {
            RefuseUnknown(values.Keys, Known, "");
            var cloud = Text(values, "cloud") ?? AzureCloud.Public.Name;
            if (!values.ContainsKey("environment")) throw new ProfileException(ActionCodes.ProfileUnlabelled, $"the profile \"{name}\" lacks \"environment\": nobody could tell whether a runbook may run there.", "label it, as runbooks list it under 'environments': environment: test");
            var environment = Required(values, "environment");
            if (!Label().IsMatch(environment) || environment == "rehearsal") throw Wrong("environment", $"\"{environment}\" is no label of a real environment", "use lower-case letters, digits and hyphens; \"rehearsal\" is the embedded Azure's.");
            return new AzureProfile
            {
                Cloud = AzureCloud.All.FirstOrDefault(c => c.Name == cloud) ?? throw Wrong("cloud", $"there is no cloud \"{cloud}\"", $"the clouds are {string.Join(", ", AzureCloud.All.Select(c => c.Name))}."),
                Tenant = Id(values, "tenant"),
                Subscription = Id(values, "subscription"),
                ResourceGroup = GroupName().IsMatch(Required(values, "resourceGroup")) ? Required(values, "resourceGroup") : throw Wrong("resourceGroup", $"\"{Required(values, "resourceGroup")}\" is no name of a resource group", "use 1 to 90 letters, digits, and -_.()."),
                Environment = environment,
                Credential = ReadCredential(values),
                Proxy = ReadProxy(values),
                AuthoritiesFile = Text(values, "authorities"),
            };
        }

        private ProfileCredential ReadCredential(Dictionary<string, JsonElement> values)
        {
            if (!values.TryGetValue("credential", out var given)) throw Missing("credential");
            if (given.ValueKind == JsonValueKind.String) return Complete(new ProfileCredential(Kind(given.GetString()!), null, null));
            if (given.ValueKind != JsonValueKind.Object) throw Wrong("credential", "it is neither a word nor a mapping", "write 'credential: default', or a mapping with 'kind'.");
            var members = given.EnumerateObject().ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal);
            RefuseUnknown(members.Keys, KnownOfCredential, "credential.");
            var kind = Kind(Text(members, "kind") ?? throw Missing("credential.kind"));
            return Complete(new ProfileCredential(kind, members.ContainsKey("clientId") ? Id(members, "clientId") : null, Text(members, "certificate")));
        }

        private ProfileCredential Complete(ProfileCredential credential)
        {
            if (credential.Kind != CredentialKind.Certificate) return credential.CertificateFile is null ? credential : throw Wrong("credential.certificate", "it goes with the kind certificate only", "leave it out, or write 'kind: certificate'.");
            if (credential.ClientId is null) throw Missing("credential.clientId");
            return credential.CertificateFile is null ? throw Missing("credential.certificate") : credential;
        }

        private ProfileException Missing(string member) => new(ActionCodes.ProfileMissingMember, $"the profile \"{name}\" lacks \"{member}\".", $"add it: {member}: …");

        private CredentialKind Kind(string word) => word switch
        {
            "default" => CredentialKind.Default,
            "az" => CredentialKind.Az,
            "environment" => CredentialKind.Environment,
            "workload-identity" => CredentialKind.WorkloadIdentity,
            "managed-identity" => CredentialKind.ManagedIdentity,
            "certificate" => CredentialKind.Certificate,
            _ => throw Wrong("credential", $"there is no credential \"{word}\"", "the kinds are default, az, environment, workload-identity, managed-identity, certificate."),
        };

        private Uri? ReadProxy(Dictionary<string, JsonElement> values)
        {
            if (Text(values, "proxy") is not { } text) return null;
            return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme == Uri.UriSchemeHttp && proxy.UserInfo.Length == 0
                ? proxy
                : throw Wrong("proxy", $"\"{text}\" is no address of an HTTP proxy", "write http://HOST:PORT; a password does not belong into a profile.");
        }

        private string Id(Dictionary<string, JsonElement> values, string member) =>
            Guid.TryParseExact(Required(values, member), "D", out var id) ? id.ToString("D") : throw Wrong(member, $"\"{Required(values, member)}\" is no id", "write it as 00000000-0000-0000-0000-000000000000.");

        private string Required(Dictionary<string, JsonElement> values, string member) => Text(values, member) ?? throw Missing(member);

        private string? Text(Dictionary<string, JsonElement> values, string member)
        {
            if (!values.TryGetValue(member, out var value)) return null;
            return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw Wrong(member, "it is no text", "write a text.");
        }

        private void RefuseUnknown(IEnumerable<string> given, string[] known, string before)
        {
            if (given.FirstOrDefault(g => !known.Contains(g)) is { } unknown) throw new ProfileException(ActionCodes.ProfileUnknownMember, $"the profile \"{name}\" has a member \"{before}{unknown}\", which no profile has.", $"its members are {string.Join(", ", known.Select(k => before + k))}.");
        }

        private ProfileException Wrong(string member, string why, string next) => new(ActionCodes.ProfileValue, $"in the profile \"{name}\", \"{member}\" can't be used: {why}.", next);

        [GeneratedRegex("^[a-z][a-z0-9-]{0,31}$", RegexOptions.CultureInvariant)]
        private static partial Regex Label();

        [GeneratedRegex(@"^[A-Za-z0-9_.()-]{0,89}[A-Za-z0-9_()-]$", RegexOptions.CultureInvariant)]
        private static partial Regex GroupName();
    }
}
