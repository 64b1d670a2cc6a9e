using Azure;
using Azure.Security.KeyVault.Administration;

namespace Runbook.KeyVault.Tests;

public sealed class AdministrationTests
{
    private const string Name = "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9";
    private const string Role = "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/", "providers/Microsoft.Authorization/roleAssignments/")]
    [InlineData("/keys", "keys/providers/Microsoft.Authorization/roleAssignments/")]
    [InlineData("/keys/k", "keys/k/providers/Microsoft.Authorization/roleAssignments/")]
    public async Task An_assignment_stands_below_its_scope(string scope, string path)
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(201, $$$"""{"id":"{{{scope}}}/x","name":"{{{Name}}}","type":"Microsoft.Authorization/roleAssignments","properties":{"principalId":"p","roleDefinitionId":"{{{Role}}}","scope":"{{{scope}}}"}}""");

        var made = (await Roles(hsm).CreateRoleAssignmentAsync(scope, Role, "p", Guid.Parse(Name), Token)).Value;

        Assert.Equal(("PUT", $"{hsm.Address}{path}{Name}?api-version=7.6"), (hsm.Network.Seen[1].Method, hsm.Network.Seen[1].Url));
        Assert.Equal($$$"""{"properties":{"roleDefinitionId":"{{{Role}}}","principalId":"p"}}""", hsm.Network.Seen[1].Body);
        Assert.Equal(("p", new KeyVaultRoleScope(scope)), (made.Properties!.PrincipalId, made.Properties.Scope));
    }

    [Fact]
    public async Task Taking_away_what_is_not_there_is_no_error()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(404, """{"error":{"code":"RoleAssignmentNotFound","message":"no"}}""").Answer(403, """{"error":{"code":"AccessDenied","message":"no"}}""");
        var roles = Roles(hsm);

        Assert.Equal(404, (await roles.DeleteRoleAssignmentAsync(KeyVaultRoleScope.Global, Name, Token)).Status);
        await Assert.ThrowsAsync<RequestFailedException>(() => roles.DeleteRoleAssignmentAsync(KeyVaultRoleScope.Global, Name, Token));
    }

    [Fact]
    public async Task A_custom_role_is_sent_and_read()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(201, $$$"""{"id":"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/{{{Name}}}","name":"{{{Name}}}","properties":{"roleName":"Unwrap only","type":"CustomRole","assignableScopes":["/"],"permissions":[{"actions":[],"notActions":[],"dataActions":["Microsoft.KeyVault/managedHsm/keys/unwrap/action"],"notDataActions":[]}]},"type":"Microsoft.Authorization/roleDefinitions"}""");
        var options = new CreateOrUpdateRoleDefinitionOptions(KeyVaultRoleScope.Global, Guid.Parse(Name)) { RoleName = "Unwrap only", Permissions = { new KeyVaultPermission { DataActions = { KeyVaultDataAction.UnwrapHsmKey } } } };

        var role = (await Roles(hsm).CreateOrUpdateRoleDefinitionAsync(options, Token)).Value;

        Assert.Equal("""{"properties":{"roleName":"Unwrap only","type":"CustomRole","permissions":[{"actions":[],"notActions":[],"dataActions":["Microsoft.KeyVault/managedHsm/keys/unwrap/action"],"notDataActions":[]}]}}""", hsm.Network.Seen[1].Body);
        Assert.Equal((KeyVaultRoleType.CustomRole, KeyVaultDataAction.UnwrapHsmKey), (role.RoleType, role.Permissions[0].DataActions[0]));
    }

    [Fact]
    public async Task A_backup_without_token_uses_the_hsm_s_identity_and_is_followed_by_its_job()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(202, """{"status":"InProgress","jobId":"2fd6","startTime":1619644465,"endTime":null,"error":{"code":null,"message":null}}""")
            .Answer(200, """{"status":"Succeeded","jobId":"2fd6","startTime":1619644465,"endTime":1619644475,"error":null,"azureStorageBlobContainerUri":"https://acct.blob.core.windows.net/c/mhsm-x"}""");
        var client = new KeyVaultBackupClient(hsm.Address, hsm.Credential, hsm.AdministrationOptions());

        var operation = await client.StartBackupAsync(new Uri("https://acct.blob.core.windows.net/c"), cancellationToken: Token);
        Assert.False(operation.HasCompleted);
        var done = await operation.WaitForCompletionAsync(Token);

        Assert.Equal("""{"storageResourceUri":"https://acct.blob.core.windows.net/c","useManagedIdentity":true}""", hsm.Network.Seen[1].Body);
        Assert.Equal($"{hsm.Address}backup/2fd6/pending?api-version=7.6", hsm.Network.Seen[2].Url);
        Assert.Equal("https://acct.blob.core.windows.net/c/mhsm-x", done.Value.FolderUri.AbsoluteUri);
    }

    [Fact]
    public async Task A_restoration_that_fails_says_why_although_the_status_is_200()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, """{"status":"Failed","jobId":"77","error":{"code":"SecurityDomainMismatch","message":"another domain"}}""");
        var operation = new KeyVaultRestoreOperation(new KeyVaultBackupClient(hsm.Address, hsm.Credential, hsm.AdministrationOptions()), "77");

        var failed = await Assert.ThrowsAsync<RequestFailedException>(async () => await operation.UpdateStatusAsync(Token));

        Assert.Equal(("SecurityDomainMismatch", false), (failed.ErrorCode, operation.HasValue));
    }

    [Fact]
    public async Task A_restoration_splits_the_folder_from_its_container()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(202, """{"status":"InProgress","jobId":"77"}""").Answer(202, """{"status":"InProgress","jobId":"78"}""");
        var client = new KeyVaultBackupClient(hsm.Address, hsm.Credential, hsm.AdministrationOptions());

        await client.StartRestoreAsync(new Uri("https://acct.blob.core.windows.net/c/mhsm-x"), "sas", Token);
        await client.StartSelectiveKeyRestoreAsync("k", new Uri("https://acct.blob.core.windows.net/c/mhsm-x"), "sas", Token);

        Assert.Equal("""{"sasTokenParameters":{"storageResourceUri":"https://acct.blob.core.windows.net/c","token":"sas","useManagedIdentity":false},"folderToRestore":"mhsm-x"}""", hsm.Network.Seen[1].Body);
        Assert.Equal($"{hsm.Address}keys/k/restore?api-version=7.6", hsm.Network.Seen[2].Url);
        Assert.Contains("\"folder\":\"mhsm-x\"", hsm.Network.Seen[2].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_travel_as_text()
    {
        var hsm = new Hsm();
        hsm.Network.Challenge().Answer(200, """{"settings":[{"name":"AllowKeyManagementOperationsThroughARM","type":"boolean","value":"false"}]}""")
            .Answer(200, """{"name":"AllowKeyManagementOperationsThroughARM","type":"boolean","value":"true"}""");
        var client = new KeyVaultSettingsClient(hsm.Address, hsm.Credential, hsm.AdministrationOptions());

        var setting = Assert.Single((await client.GetSettingsAsync(Token)).Value.Settings);
        var changed = (await client.UpdateSettingAsync(new KeyVaultSetting(setting.Name, true), Token)).Value;

        Assert.False(setting.Value.AsBoolean());
        Assert.True(changed.Value.AsBoolean());
        Assert.Equal("""{"value":"true"}""", hsm.Network.Seen[2].Body);
    }

    private static KeyVaultAccessControlClient Roles(Hsm hsm) => new(hsm.Address, hsm.Credential, hsm.AdministrationOptions());
}
