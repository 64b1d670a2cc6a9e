using System.Text.Json;
using Azure.Core;

namespace Azure.Security.KeyVault.Administration;

/// <summary>Full backups of a managed HSM, and their restoration.</summary>
/// <remarks>
/// Without a SAS token the HSM's own managed identity is used. Safe to share between threads. Refusals are
/// <see cref="RequestFailedException"/>.
/// </remarks>
public class KeyVaultBackupClient
{
    private readonly KeyVaultPipeline _pipeline = null!;

    /// <summary>For mocking.</summary>
    protected KeyVaultBackupClient()
    {
    }

    /// <summary>A client with default options.</summary>
    public KeyVaultBackupClient(Uri vaultUri, TokenCredential credential)
        : this(vaultUri, credential, new KeyVaultAdministrationClientOptions())
    {
    }

    /// <summary>A client.</summary>
    public KeyVaultBackupClient(Uri vaultUri, TokenCredential credential, KeyVaultAdministrationClientOptions options) =>
        _pipeline = (options ?? new KeyVaultAdministrationClientOptions()).Pipeline(vaultUri, credential, nameof(KeyVaultBackupClient));

    /// <summary>The HSM's address.</summary>
    public virtual Uri VaultUri => _pipeline.Endpoint;

    internal KeyVaultPipeline Pipeline => _pipeline;

    /// <summary>Backs the whole HSM up into a container.</summary>
    public virtual async Task<KeyVaultBackupOperation> StartBackupAsync(Uri blobStorageUri, string? sasToken = null, CancellationToken cancellationToken = default) =>
        new(await BackupAsync("StartBackup", "backup", blobStorageUri, sasToken, cancellationToken).ConfigureAwait(false));

    /// <summary>Checks whether a backup would go through.</summary>
    public virtual async Task<KeyVaultBackupOperation> StartPreBackupAsync(Uri blobStorageUri, string? sasToken = null, CancellationToken cancellationToken = default) =>
        new(await BackupAsync("StartPreBackup", "prebackup", blobStorageUri, sasToken, cancellationToken).ConfigureAwait(false));

    /// <summary>Restores the whole HSM from a backup's folder: it replaces all keys and roles.</summary>
    public virtual async Task<KeyVaultRestoreOperation> StartRestoreAsync(Uri folderUri, string? sasToken = null, CancellationToken cancellationToken = default) =>
        new(await RestoreAsync("StartRestore", "restore", folderUri, sasToken, "folderToRestore", cancellationToken).ConfigureAwait(false));

    /// <summary>Checks whether a restoration would go through.</summary>
    public virtual async Task<KeyVaultRestoreOperation> StartPreRestoreAsync(Uri folderUri, string? sasToken = null, CancellationToken cancellationToken = default) =>
        new(await RestoreAsync("StartPreRestore", "prerestore", folderUri, sasToken, "folderToRestore", cancellationToken).ConfigureAwait(false));

    /// <summary>Restores one key with all its versions from a backup's folder.</summary>
    public virtual async Task<KeyVaultSelectiveKeyRestoreOperation> StartSelectiveKeyRestoreAsync(string keyName, Uri folderUri, string? sasToken = null, CancellationToken cancellationToken = default) =>
        new(await RestoreAsync("StartSelectiveKeyRestore", $"keys/{Argument.NotEmpty(keyName)}/restore", folderUri, sasToken, "folder", cancellationToken).ConfigureAwait(false));

    private Task<HsmJob> BackupAsync(string name, string path, Uri blobStorageUri, string? sasToken, CancellationToken cancellationToken)
    {
        Argument.NotNull(blobStorageUri);
        return HsmJob.StartAsync(_pipeline, $"KeyVaultBackupClient.{name}", "backup", RequestMethod.Post, path, w => WriteStorage(w, blobStorageUri.AbsoluteUri, sasToken), cancellationToken);
    }

    private Task<HsmJob> RestoreAsync(string name, string path, Uri folderUri, string? sasToken, string folderMember, CancellationToken cancellationToken)
    {
        var address = Argument.NotNull(folderUri).AbsoluteUri.TrimEnd('/');
        var slash = address.LastIndexOf('/');
        return HsmJob.StartAsync(_pipeline, $"KeyVaultBackupClient.{name}", "restore", RequestMethod.Put, path, Write, cancellationToken);

        void Write(Utf8JsonWriter writer)
        {
            writer.WriteStartObject("sasTokenParameters");
            WriteStorage(writer, address[..slash], sasToken);
            writer.WriteEndObject();
            writer.WriteString(folderMember, address[(slash + 1)..]);
        }
    }

    private static void WriteStorage(Utf8JsonWriter writer, string storage, string? sasToken)
    {
        writer.WriteString("storageResourceUri", storage);
        writer.WriteText("token", sasToken);
        writer.WriteBoolean("useManagedIdentity", sasToken is null);
    }
}
