using System.Text.Json;

namespace Azure.Security.KeyVault.Administration;

/// <summary>What a role permits.</summary>
public class KeyVaultPermission
{
    /// <summary>A permission for nothing yet.</summary>
    public KeyVaultPermission()
    {
    }

    /// <summary>Actions permitted.</summary>
    public IList<string> Actions { get; } = [];

    /// <summary>Actions taken out again.</summary>
    public IList<string> NotActions { get; } = [];

    /// <summary>Data actions permitted.</summary>
    public IList<KeyVaultDataAction> DataActions { get; } = [];

    /// <summary>Data actions taken out again.</summary>
    public IList<KeyVaultDataAction> NotDataActions { get; } = [];

    internal static KeyVaultPermission Read(JsonElement from)
    {
        var permission = new KeyVaultPermission();
        foreach (var text in Texts("actions")) permission.Actions.Add(text);
        foreach (var text in Texts("notActions")) permission.NotActions.Add(text);
        foreach (var text in Texts("dataActions")) permission.DataActions.Add(text);
        foreach (var text in Texts("notDataActions")) permission.NotDataActions.Add(text);
        return permission;

        IEnumerable<string> Texts(string name) => from.Items(name).Select(i => i.GetString() ?? "");
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteTexts("actions", Actions);
        writer.WriteTexts("notActions", NotActions);
        writer.WriteTexts("dataActions", DataActions.Select(a => a.ToString()));
        writer.WriteTexts("notDataActions", NotDataActions.Select(a => a.ToString()));
        writer.WriteEndObject();
    }
}
