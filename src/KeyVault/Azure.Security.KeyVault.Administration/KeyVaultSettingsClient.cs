using Azure.Core;

namespace Azure.Security.KeyVault.Administration;

/// <summary>A managed HSM's settings.</summary>
/// <remarks>Safe to share between threads. Refusals are <see cref="RequestFailedException"/>.</remarks>
public class KeyVaultSettingsClient
{
    private readonly KeyVaultPipeline _pipeline = null!;

    /// <summary>For mocking.</summary>
    protected KeyVaultSettingsClient()
    {
    }

    /// <summary>A client with default options.</summary>
    public KeyVaultSettingsClient(Uri vaultUri, TokenCredential credential)
        : this(vaultUri, credential, new KeyVaultAdministrationClientOptions())
    {
    }

    /// <summary>A client.</summary>
    public KeyVaultSettingsClient(Uri vaultUri, TokenCredential credential, KeyVaultAdministrationClientOptions options) =>
        _pipeline = (options ?? new KeyVaultAdministrationClientOptions()).Pipeline(vaultUri, credential, nameof(KeyVaultSettingsClient));

    /// <summary>The HSM's address.</summary>
    public virtual Uri VaultUri => _pipeline.Endpoint;

    /// <summary>Reads a setting.</summary>
    public virtual Task<Response<KeyVaultSetting>> GetSettingAsync(string name, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyVaultSettingsClient.GetSetting", null, RequestMethod.Get, _pipeline.UriOf($"settings/{Argument.NotEmpty(name)}"), body: null, KeyVaultSetting.Read, cancellationToken);

    /// <summary>Reads all settings.</summary>
    public virtual Task<Response<GetSettingsResult>> GetSettingsAsync(CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyVaultSettingsClient.GetSettings", null, RequestMethod.Get, _pipeline.UriOf("settings"), body: null, GetSettingsResult.Read, cancellationToken);

    /// <summary>Changes a setting.</summary>
    public virtual Task<Response<KeyVaultSetting>> UpdateSettingAsync(KeyVaultSetting setting, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyVaultSettingsClient.UpdateSetting", null, RequestMethod.Patch, _pipeline.UriOf($"settings/{Argument.NotNull(setting).Name}"), w => w.WriteString("value", setting.Value.ToString()), KeyVaultSetting.Read, cancellationToken);
}
