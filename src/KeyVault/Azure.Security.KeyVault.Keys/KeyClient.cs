using System.Text.Json;
using Azure.Core;
using Azure.Security.KeyVault.Keys.Cryptography;

namespace Azure.Security.KeyVault.Keys;

/// <summary>The keys of one vault or managed HSM.</summary>
/// <remarks>Safe to share between threads. Refusals are <see cref="RequestFailedException"/>.</remarks>
public class KeyClient
{
    private const string ListSize = "25";

    private readonly KeyVaultPipeline _pipeline = null!;

    /// <summary>For mocking.</summary>
    protected KeyClient()
    {
    }

    /// <summary>A client with default options.</summary>
    public KeyClient(Uri vaultUri, TokenCredential credential)
        : this(vaultUri, credential, new KeyClientOptions())
    {
    }

    /// <summary>A client.</summary>
    /// <param name="vaultUri">The vault's or HSM's address, https.</param>
    /// <param name="credential">Who asks.</param>
    /// <param name="options">How to talk to the service.</param>
    public KeyClient(Uri vaultUri, TokenCredential credential, KeyClientOptions options)
    {
        options ??= new KeyClientOptions();
        _pipeline = new KeyVaultPipeline(
            Argument.NotNull(vaultUri), options.VersionText, Argument.NotNull(credential), options.DisableChallengeResourceVerification, options, "Azure.Security.KeyVault.Keys.KeyClient");
    }

    /// <summary>The vault's or HSM's address.</summary>
    public virtual Uri VaultUri => _pipeline.Endpoint;

    /// <summary>Makes a key, or a new version of one.</summary>
    public virtual Task<Response<KeyVaultKey>> CreateKeyAsync(string name, KeyType keyType, CreateKeyOptions? keyOptions = null, CancellationToken cancellationToken = default) =>
        CreateAsync("CreateKey", Argument.NotEmpty(name), w => (keyOptions ?? new CreateKeyOptions()).Write(w, keyType, null, null, null), cancellationToken);

    /// <summary>Makes an RSA key, or a new version of one.</summary>
    public virtual Task<Response<KeyVaultKey>> CreateRsaKeyAsync(CreateRsaKeyOptions rsaKeyOptions, CancellationToken cancellationToken = default) =>
        CreateAsync("CreateRsaKey", Argument.NotNull(rsaKeyOptions).Name, w => rsaKeyOptions.Write(w, rsaKeyOptions.KeyType, rsaKeyOptions.KeySize, null, rsaKeyOptions.PublicExponent), cancellationToken);

    /// <summary>Makes an elliptic-curve key, or a new version of one.</summary>
    public virtual Task<Response<KeyVaultKey>> CreateEcKeyAsync(CreateEcKeyOptions ecKeyOptions, CancellationToken cancellationToken = default) =>
        CreateAsync("CreateEcKey", Argument.NotNull(ecKeyOptions).Name, w => ecKeyOptions.Write(w, ecKeyOptions.KeyType, null, ecKeyOptions.CurveName, null), cancellationToken);

    /// <summary>Makes a symmetric key, or a new version of one.</summary>
    public virtual Task<Response<KeyVaultKey>> CreateOctKeyAsync(CreateOctKeyOptions octKeyOptions, CancellationToken cancellationToken = default) =>
        CreateAsync("CreateOctKey", Argument.NotNull(octKeyOptions).Name, w => octKeyOptions.Write(w, octKeyOptions.KeyType, octKeyOptions.KeySize, null, null), cancellationToken);

    /// <summary>Imports a key.</summary>
    public virtual Task<Response<KeyVaultKey>> ImportKeyAsync(string name, JsonWebKey keyMaterial, CancellationToken cancellationToken = default) =>
        ImportKeyAsync(new ImportKeyOptions(name, keyMaterial), cancellationToken);

    /// <summary>Imports a key.</summary>
    public virtual Task<Response<KeyVaultKey>> ImportKeyAsync(ImportKeyOptions importKeyOptions, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyClient.ImportKey", Argument.NotNull(importKeyOptions).Name, RequestMethod.Put, _pipeline.UriOf($"keys/{importKeyOptions.Name}"), importKeyOptions.Write, KeyVaultKey.Read, cancellationToken);

    /// <summary>Reads a key: a version, or the newest.</summary>
    public virtual Task<Response<KeyVaultKey>> GetKeyAsync(string name, string? version = null, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyClient.GetKey", Argument.NotEmpty(name), RequestMethod.Get, _pipeline.UriOf($"keys/{name}/{version}"), body: null, KeyVaultKey.Read, cancellationToken);

    /// <summary>Lists the keys, without material.</summary>
    public virtual AsyncPageable<KeyProperties> GetPropertiesOfKeysAsync(CancellationToken cancellationToken = default) =>
        _pipeline.Pages("KeyClient.GetPropertiesOfKeys", _pipeline.UriOf("keys", ("maxresults", ListSize)), KeyProperties.ReadItem, cancellationToken);

    /// <summary>Lists the versions of a key, without material.</summary>
    public virtual AsyncPageable<KeyProperties> GetPropertiesOfKeyVersionsAsync(string name, CancellationToken cancellationToken = default) =>
        _pipeline.Pages("KeyClient.GetPropertiesOfKeyVersions", _pipeline.UriOf($"keys/{Argument.NotEmpty(name)}/versions", ("maxresults", ListSize)), KeyProperties.ReadItem, cancellationToken);

    /// <summary>Changes a key: a version, or the newest. What is not set stays.</summary>
    public virtual Task<Response<KeyVaultKey>> UpdateKeyPropertiesAsync(KeyProperties properties, IEnumerable<KeyOperation>? keyOperations = null, CancellationToken cancellationToken = default)
    {
        Argument.NotNull(properties);
        return _pipeline.CallAsync("KeyClient.UpdateKeyProperties", properties.Name, RequestMethod.Patch, _pipeline.UriOf($"keys/{properties.Name}/{properties.Version}"), Write, KeyVaultKey.Read, cancellationToken);

        void Write(Utf8JsonWriter writer)
        {
            if (keyOperations is not null) writer.WriteTexts("key_ops", keyOperations.Select(o => o.ToString()));
            properties.WriteAttributes(writer);
            writer.WriteTags(properties.Tags);
            properties.ReleasePolicy?.Write(writer);
        }
    }

    /// <summary>Makes a new version of a key by its policy.</summary>
    public virtual Task<Response<KeyVaultKey>> RotateKeyAsync(string name, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyClient.RotateKey", Argument.NotEmpty(name), RequestMethod.Post, _pipeline.UriOf($"keys/{name}/rotate"), body: null, KeyVaultKey.Read, cancellationToken);

    /// <summary>Reads a key's rotation policy.</summary>
    public virtual Task<Response<KeyRotationPolicy>> GetKeyRotationPolicyAsync(string keyName, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyClient.GetKeyRotationPolicy", Argument.NotEmpty(keyName), RequestMethod.Get, _pipeline.UriOf($"keys/{keyName}/rotationpolicy"), body: null, KeyRotationPolicy.Read, cancellationToken);

    /// <summary>Sets a key's rotation policy.</summary>
    public virtual Task<Response<KeyRotationPolicy>> UpdateKeyRotationPolicyAsync(string keyName, KeyRotationPolicy policy, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyClient.UpdateKeyRotationPolicy", Argument.NotEmpty(keyName), RequestMethod.Put, _pipeline.UriOf($"keys/{keyName}/rotationpolicy"), Argument.NotNull(policy).Write, KeyRotationPolicy.Read, cancellationToken);

    /// <summary>Deletes a key with all its versions; it can be recovered for as long as the vault or HSM keeps it.</summary>
    public virtual async Task<DeleteKeyOperation> StartDeleteKeyAsync(string name, CancellationToken cancellationToken = default) =>
        new(_pipeline, await _pipeline.CallAsync("KeyClient.StartDeleteKey", Argument.NotEmpty(name), RequestMethod.Delete, _pipeline.UriOf($"keys/{name}"), body: null, DeletedKey.Read, cancellationToken).ConfigureAwait(false));

    /// <summary>Reads a deleted key.</summary>
    public virtual Task<Response<DeletedKey>> GetDeletedKeyAsync(string name, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyClient.GetDeletedKey", Argument.NotEmpty(name), RequestMethod.Get, _pipeline.UriOf($"deletedkeys/{name}"), body: null, DeletedKey.Read, cancellationToken);

    /// <summary>Lists the deleted keys.</summary>
    public virtual AsyncPageable<DeletedKey> GetDeletedKeysAsync(CancellationToken cancellationToken = default) =>
        _pipeline.Pages("KeyClient.GetDeletedKeys", _pipeline.UriOf("deletedkeys", ("maxresults", ListSize)), DeletedKey.ReadItem, cancellationToken);

    /// <summary>Brings a deleted key back.</summary>
    public virtual async Task<RecoverDeletedKeyOperation> StartRecoverDeletedKeyAsync(string name, CancellationToken cancellationToken = default) =>
        new(_pipeline, await _pipeline.CallAsync("KeyClient.StartRecoverDeletedKey", Argument.NotEmpty(name), RequestMethod.Post, _pipeline.UriOf($"deletedkeys/{name}/recover"), body: null, KeyVaultKey.Read, cancellationToken).ConfigureAwait(false));

    /// <summary>A backup of a key with all its versions, which only an HSM of the same security domain can restore.</summary>
    public virtual Task<Response<byte[]>> BackupKeyAsync(string name, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyClient.BackupKey", Argument.NotEmpty(name), RequestMethod.Post, _pipeline.UriOf($"keys/{name}/backup"), body: null, ValueOf, cancellationToken);

    /// <summary>Restores a key from its backup.</summary>
    public virtual Task<Response<KeyVaultKey>> RestoreKeyBackupAsync(byte[] backup, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyClient.RestoreKeyBackup", null, RequestMethod.Post, _pipeline.UriOf("keys/restore"), w => w.WriteBytes("value", Argument.NotNull(backup)), KeyVaultKey.Read, cancellationToken);

    /// <summary>Releases the newest version of a key.</summary>
    public virtual Task<Response<ReleaseKeyResult>> ReleaseKeyAsync(string name, string targetAttestationToken, CancellationToken cancellationToken = default) =>
        ReleaseKeyAsync(new ReleaseKeyOptions(name, targetAttestationToken), cancellationToken);

    /// <summary>Releases a key.</summary>
    public virtual Task<Response<ReleaseKeyResult>> ReleaseKeyAsync(ReleaseKeyOptions options, CancellationToken cancellationToken = default) =>
        _pipeline.CallAsync("KeyClient.ReleaseKey", Argument.NotNull(options).Name, RequestMethod.Post, _pipeline.UriOf($"keys/{options.Name}/{options.Version}/release"), options.Write, ReleaseKeyResult.Read, cancellationToken);

    /// <summary>Random bytes from the HSM, from 1 to 128.</summary>
    public virtual Task<Response<byte[]>> GetRandomBytesAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return _pipeline.CallAsync("KeyClient.GetRandomBytes", null, RequestMethod.Post, _pipeline.UriOf("rng"), w => w.WriteNumber("count", count), ValueOf, cancellationToken);
    }

    /// <summary>A client for what one key does, over the same pipeline.</summary>
    public virtual CryptographyClient GetCryptographyClient(string keyName, string? keyVersion = null)
    {
        var path = keyVersion is null ? $"keys/{Argument.NotEmpty(keyName)}" : $"keys/{Argument.NotEmpty(keyName)}/{keyVersion}";
        return new CryptographyClient(_pipeline.At(new Uri(VaultUri, path)));
    }

    private Task<Response<KeyVaultKey>> CreateAsync(string method, string name, Action<Utf8JsonWriter> body, CancellationToken cancellationToken) =>
        _pipeline.CallAsync($"KeyClient.{method}", name, RequestMethod.Post, _pipeline.UriOf($"keys/{name}/create"), body, KeyVaultKey.Read, cancellationToken);

    private static byte[] ValueOf(JsonElement from) => from.Bytes("value") ?? throw new JsonException("The answer has no value.");
}
