using Runbook.Actions.Tests.TestKit;
using Runbook.TestKit;

namespace Runbook.Actions.Tests;

public sealed class ProfileTests
{
    private const string Good = """
        cloud: public
        tenant: 10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101
        subscription: 20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202
        resourceGroup: rg-keys
        environment: production
        credential: az
        """;

    [Fact]
    public void A_profile_is_read_as_it_is_written()
    {
        var profile = AzureProfile.Read(Good + "\nproxy: http://proxy.example:8080\nauthorities: ca.pem\n", "prod.yaml");

        Assert.Equal(AzureCloud.Public, profile.Cloud);
        Assert.Equal("10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101", profile.Tenant);
        Assert.Equal("20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202", profile.Subscription);
        Assert.Equal(("rg-keys", "production"), (profile.ResourceGroup, profile.Environment));
        Assert.Equal(new ProfileCredential(CredentialKind.Az, null, null), profile.Credential);
        Assert.Equal(new Uri("http://proxy.example:8080"), profile.Proxy);
        Assert.Equal("ca.pem", profile.AuthoritiesFile);
    }

    [Fact]
    public void What_a_profile_need_not_say_has_a_value()
    {
        var profile = AzureProfile.Read(Good.Replace("cloud: public\n", "", StringComparison.Ordinal), "prod.yaml");

        Assert.Equal(AzureCloud.Public, profile.Cloud);
        Assert.Null(profile.Proxy);
        Assert.Null(profile.AuthoritiesFile);
        Assert.Same(AzureEnvironment.DefaultTransport, profile.ToEnvironment().Transport);
    }

    [Theory]
    [InlineData("public", "https://login.microsoftonline.com/", "https://management.azure.com", "managedhsm.azure.net")]
    [InlineData("us-government", "https://login.microsoftonline.us/", "https://management.usgovcloudapi.net", "managedhsm.usgovcloudapi.net")]
    [InlineData("china", "https://login.chinacloudapi.cn/", "https://management.chinacloudapi.cn", "managedhsm.azure.cn")]
    public void Each_cloud_has_its_own_addresses(string name, string authority, string arm, string hsm)
    {
        var cloud = AzureProfile.Read(Good.Replace("cloud: public", $"cloud: {name}", StringComparison.Ordinal), "p").ToEnvironment().Cloud;

        Assert.Equal((authority, arm, hsm), (cloud.AuthorityHost.ToString(), cloud.ResourceManager.ToString().TrimEnd('/'), cloud.ManagedHsmDomain));
    }

    [Theory]
    [InlineData("cloud: public", "cloud: moon", "RA104", "there is no cloud \"moon\"")]
    [InlineData("tenant: 10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101", "tenant: contoso", "RA104", "\"contoso\" is no id")]
    [InlineData("tenant: 10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101", "", "RA103", "lacks \"tenant\"")]
    [InlineData("subscription: 20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202", "subscription: '{20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202}'", "RA104", "is no id")]
    [InlineData("subscription: 20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202", "", "RA103", "lacks \"subscription\"")]
    [InlineData("resourceGroup: rg-keys", "resourceGroup: rg/keys", "RA104", "is no name of a resource group")]
    [InlineData("resourceGroup: rg-keys", "resourceGroup: rg.", "RA104", "is no name of a resource group")]
    [InlineData("resourceGroup: rg-keys", "resourceGroup: [a]", "RA104", "it is no text")]
    [InlineData("resourceGroup: rg-keys", "", "RA103", "lacks \"resourceGroup\"")]
    [InlineData("environment: production", "environment: rehearsal", "RA104", "no label of a real environment")]
    [InlineData("environment: production", "environment: Production", "RA104", "no label of a real environment")]
    [InlineData("environment: production", "", "RA105", "lacks \"environment\"")]
    [InlineData("credential: az", "", "RA103", "lacks \"credential\"")]
    [InlineData("credential: az", "credential: password", "RA104", "there is no credential \"password\"")]
    [InlineData("credential: az", "credential: [az]", "RA104", "neither a word nor a mapping")]
    [InlineData("credential: az", "credential: {clientId: 10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101}", "RA103", "lacks \"credential.kind\"")]
    [InlineData("credential: az", "credential: {kind: az, secret: x}", "RA102", "a member \"credential.secret\"")]
    [InlineData("credential: az", "credential: {kind: az, certificate: x.pem}", "RA104", "goes with the kind certificate only")]
    [InlineData("credential: az", "credential: {kind: certificate, certificate: x.pem}", "RA103", "lacks \"credential.clientId\"")]
    [InlineData("credential: az", "credential: {kind: certificate, clientId: 10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101}", "RA103", "lacks \"credential.certificate\"")]
    [InlineData("credential: az", "credential: {kind: managed-identity, clientId: me}", "RA104", "\"me\" is no id")]
    [InlineData("credential: az", "credential: az\nproxy: proxy.example:8080", "RA104", "no address of an HTTP proxy")]
    [InlineData("credential: az", "credential: az\nproxy: https://proxy.example", "RA104", "no address of an HTTP proxy")]
    [InlineData("credential: az", "credential: az\nproxy: http://me:secret@proxy.example", "RA104", "no address of an HTTP proxy")]
    [InlineData("credential: az", "credential: az\nauthorities: 5", "RA104", "it is no text")]
    [InlineData("credential: az", "credential: az\nregion: eastus2", "RA102", "a member \"region\"")]
    [InlineData("credential: az", "credential: az\ncredential: az", "RA101", "")]
    [InlineData("credential: az", "credential: &a az", "RA101", "")]
    [InlineData("credential: az", "\tcredential: az", "RA101", "")]
    public void Each_wrong_line_is_refused_with_what_to_write_instead(string line, string instead, string code, string words)
    {
        var refused = Assert.Throws<ProfileException>(() => AzureProfile.Read(Good.Replace(line, instead, StringComparison.Ordinal), "prod.yaml"));

        Assert.Equal(code, refused.Code);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Next);
    }

    [Fact]
    public void A_profile_beyond_the_limit_is_not_parsed()
    {
        var refused = Assert.Throws<ProfileException>(() => AzureProfile.Read(Good + "\n#" + new string('x', ActionsLimits.ProfileLengthMax), "p"));

        Assert.Equal(ActionCodes.ProfileUnreadable, refused.Code);
    }

    [Theory]
    [InlineData("default")]
    [InlineData("az")]
    [InlineData("environment")]
    [InlineData("managed-identity")]
    public void A_credential_of_each_kind_is_made_without_asking_anybody(string kind) =>
        Assert.NotNull(AzureProfile.Read(Good.Replace("credential: az", $"credential: {kind}", StringComparison.Ordinal), "p").ToEnvironment().Credential);

    [Fact]
    public void A_certificate_that_is_not_there_or_is_none_is_refused_when_it_is_needed()
    {
        using var folder = new ScratchFolder();
        foreach (var file in (string[])[folder.In("missing.pem"), folder.Write("none.pem", "hello"u8)])
        {
            var profile = AzureProfile.Read(Good.Replace("credential: az", $"credential: {{kind: certificate, clientId: 10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101, certificate: '{file}'}}", StringComparison.Ordinal), "p");
            var refused = Assert.Throws<ProfileException>(profile.ToEnvironment);
            Assert.Contains(Path.GetFileName(file), refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_certificate_with_its_key_is_taken()
    {
        using var folder = new ScratchFolder();
        var pem = System.Text.Encoding.ASCII.GetString(Holders.Certificate(1)) + "\n" + Holders.Key(1).ExportPkcs8PrivateKeyPem();
        var file = folder.Write("app.pem", System.Text.Encoding.ASCII.GetBytes(pem));

        var environment = AzureProfile.Read(Good.Replace("credential: az", $"credential: {{kind: certificate, clientId: 10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101, certificate: '{file}'}}", StringComparison.Ordinal), "p").ToEnvironment();

        Assert.IsType<global::Azure.Identity.ClientCertificateCredential>(environment.Credential);
    }

    [Fact]
    public void Authorities_that_are_not_there_or_none_are_refused()
    {
        using var folder = new ScratchFolder();
        foreach (var file in (string[])[folder.In("missing.pem"), folder.Write("empty.pem", "nothing"u8)])
            Assert.Contains(Path.GetFileName(file), Assert.Throws<ProfileException>(AzureProfile.Read(Good + $"\nauthorities: '{file}'", "p").ToEnvironment).Message, StringComparison.Ordinal);
    }
}
