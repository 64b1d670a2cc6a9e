using System.Text.Json;

namespace Azure.Security.KeyVault.Administration;

/// <summary>The settings of a managed HSM.</summary>
public class GetSettingsResult
{
    private GetSettingsResult(IReadOnlyList<KeyVaultSetting> settings) => Settings = settings;

    /// <summary>The settings.</summary>
    public IReadOnlyList<KeyVaultSetting> Settings { get; }

    internal static GetSettingsResult Read(JsonElement from) => new([.. from.Items("settings").Select(KeyVaultSetting.Read)]);
}
