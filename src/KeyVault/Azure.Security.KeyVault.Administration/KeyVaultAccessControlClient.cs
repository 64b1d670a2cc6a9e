using System.Diagnostics.CodeAnalysis;
using Azure.Core;

namespace Azure.Security.KeyVault.Administration;

/// <summary>A managed HSM's own roles and who holds them.</summary>
/// <remarks>Safe to share between threads. Refusals are <see cref="RequestFailedException"/>.</remarks>
public class KeyVaultAccessControlClient
{
    private const string Assignments = "/providers/Microsoft.Authorization/roleAssignments";
    private const string Definitions = "/providers/Microsoft.Authorization/roleDefinitions";

    private readonly KeyVaultPipeline _pipeline = null!;

    /// <summary>For mocking.</summary>
    protected KeyVaultAccessControlClient()
    {
    }

    /// <summary>A client with default options.</summary>
    public KeyVaultAccessControlClient(Uri vaultUri, TokenCredential credential)
        : this(vaultUri, credential, new KeyVaultAdministrationClientOptions())
    {
    }

    /// <summary>A client.</summary>
    /// <param name="vaultUri">The HSM's address, https.</param>
    /// <param name="credential">Who asks.</param>
    /// <param name="options">How to talk to the service.</param>
    public KeyVaultAccessControlClient(Uri vaultUri, TokenCredential credential, KeyVaultAdministrationClientOptions options) =>
        _pipeline = (options ?? new KeyVaultAdministrationClientOptions()).Pipeline(vaultUri, credential, nameof(KeyVaultAccessControlClient));

    /// <summary>The HSM's address.</summary>
    public virtual Uri VaultUri => _pipeline.Endpoint;

    /// <summary>Gives somebody a role.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The official method makes a random name where none is given.")]
    public virtual Task<Response<KeyVaultRoleAssignment>> CreateRoleAssignmentAsync(KeyVaultRoleScope roleScope, string roleDefinitionId, string principalId, Guid? roleAssignmentName = null, CancellationToken cancellationToken = default)
    {
        Argument.NotEmpty(roleDefinitionId);
        Argument.NotEmpty(principalId);
        var address = AddressOf(roleScope, Assignments, (roleAssignmentName ?? Guid.NewGuid()).ToString());
        return _pipeline.CallAsync("KeyVaultAccessControlClient.CreateRoleAssignment", null, RequestMethod.Put, address, Write, KeyVaultRoleAssignment.Read, cancellationToken);

        void Write(System.Text.Json.Utf8JsonWriter writer)
        {
            writer.WriteStartObject("properties");
            writer.WriteString("roleDefinitionId", roleDefinitionId);
            writer.WriteString("principalId", principalId);
            writer.WriteEndObject();
        }
    }

    /// <summary>Reads an assignment.</summary>
    public virtual Task<Response<KeyVaultRoleAssignment>> GetRoleAssignmentAsync(KeyVaultRoleScope roleScope, string roleAssignmentName, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyVaultAccessControlClient.GetRoleAssignment", null, RequestMethod.Get, AddressOf(roleScope, Assignments, Argument.NotEmpty(roleAssignmentName)), body: null, KeyVaultRoleAssignment.Read, cancellationToken);

    /// <summary>Lists the assignments at a scope.</summary>
    public virtual AsyncPageable<KeyVaultRoleAssignment> GetRoleAssignmentsAsync(KeyVaultRoleScope roleScope, CancellationToken cancellationToken = default) =>
        _pipeline.Pages("KeyVaultAccessControlClient.GetRoleAssignments", AddressOf(roleScope, Assignments, null), KeyVaultRoleAssignment.Read, cancellationToken);

    /// <summary>Takes a role away; one that is not there counts as taken away.</summary>
    public virtual async Task<Response> DeleteRoleAssignmentAsync(KeyVaultRoleScope roleScope, string roleAssignmentName, CancellationToken cancellationToken = default) =>
        await DeleteAsync("KeyVaultAccessControlClient.DeleteRoleAssignment", AddressOf(roleScope, Assignments, Argument.NotEmpty(roleAssignmentName)), cancellationToken).ConfigureAwait(false);

    /// <summary>Makes or changes a role.</summary>
    public virtual Task<Response<KeyVaultRoleDefinition>> CreateOrUpdateRoleDefinitionAsync(CreateOrUpdateRoleDefinitionOptions options, CancellationToken cancellationToken = default)
    {
        Argument.NotNull(options);
        return _pipeline.CallAsync("KeyVaultAccessControlClient.CreateOrUpdateRoleDefinition", null, RequestMethod.Put, AddressOf(options.RoleScope, Definitions, options.RoleDefinitionName.ToString()), options.Write, KeyVaultRoleDefinition.Read, cancellationToken);
    }

    /// <summary>Reads a role.</summary>
    public virtual Task<Response<KeyVaultRoleDefinition>> GetRoleDefinitionAsync(KeyVaultRoleScope roleScope, Guid roleDefinitionName, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyVaultAccessControlClient.GetRoleDefinition", null, RequestMethod.Get, AddressOf(roleScope, Definitions, roleDefinitionName.ToString()), body: null, KeyVaultRoleDefinition.Read, cancellationToken);

    /// <summary>Lists the roles.</summary>
    public virtual AsyncPageable<KeyVaultRoleDefinition> GetRoleDefinitionsAsync(KeyVaultRoleScope roleScope, CancellationToken cancellationToken = default) =>
        _pipeline.Pages("KeyVaultAccessControlClient.GetRoleDefinitions", AddressOf(roleScope, Definitions, null), KeyVaultRoleDefinition.Read, cancellationToken);

    /// <summary>Removes a role; one that is not there counts as removed.</summary>
    public virtual async Task<Response> DeleteRoleDefinitionAsync(KeyVaultRoleScope roleScope, Guid roleDefinitionName, CancellationToken cancellationToken = default) =>
        await DeleteAsync("KeyVaultAccessControlClient.DeleteRoleDefinition", AddressOf(roleScope, Definitions, roleDefinitionName.ToString()), cancellationToken).ConfigureAwait(false);

    private Uri AddressOf(KeyVaultRoleScope scope, string collection, string? name) =>
        _pipeline.UriOf($"{scope.ToString().Trim('/')}{collection}{(name is null ? "" : "/" + name)}".TrimStart('/'));

    private async Task<Response> DeleteAsync(string name, Uri address, CancellationToken cancellationToken)
    {
        using var scope = _pipeline.Scope(name);
        try
        {
            var response = await _pipeline.TryAsync(RequestMethod.Delete, address, cancellationToken).ConfigureAwait(false);
            return response.Status is 200 or 204 or 404 ? response : throw new RequestFailedException(response);
        }
        catch (Exception exception)
        {
            scope.Failed(exception);
            throw;
        }
    }
}
