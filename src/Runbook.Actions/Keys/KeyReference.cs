namespace Runbook.Actions;

/// <summary>A key as arguments name it: <c>{hsm, name}</c> for its newest version, or <c>{id}</c>. Values may be <c>${holes}</c>.</summary>
/// <param name="Id">Its id, with version or without, without slash behind it.</param>
internal sealed record KeyReference(string Id)
{
    /// <summary>Arguments that name a key, for descriptors.</summary>
    public const string ArgumentText = $$"""
        hsm?: {{{ResultText.HsmArgument}}}
        name?: {type: string, pattern: '^[0-9a-zA-Z-]{1,127}$', description: "Name of the key; its newest version is meant"}
        id?: {type: string, pattern: '^https://[^/?#]+/keys/[0-9a-zA-Z-]{1,127}(/[0-9a-f]{32})?$', description: "Id of the key, or of one of its versions"}
        """;

    /// <summary>The key's name and version as addresses need them: <c>/keys/name/version</c>, with a slash behind the name of a versionless one.</summary>
    public string ReadAddress => IsVersioned ? Id : Id + "/";

    /// <summary>Whether the id names a version.</summary>
    public bool IsVersioned => !Id.StartsWith("${", StringComparison.Ordinal) && Id.Split('/').Length > 5;

    /// <summary>The key that the arguments name.</summary>
    public static KeyReference Of(AzureSite site, Arguments with) => with.TextOrNull("id") is { } id
        ? new KeyReference(id.TrimEnd('/'))
        : new KeyReference($"{site.HsmHost(with.Text("hsm"))}/keys/{with.Text("name")}");
}
