using System.Security.Cryptography;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Cryptography;

namespace Azure.Security.KeyVault.Keys.Cryptography;

/// <summary>What one key does.</summary>
/// <remarks>
/// Reads the key first, and does on this computer what its public half can do. Where the reading is refused with 403 it
/// asks the service for everything. Refusals are <see cref="RequestFailedException"/>.
/// </remarks>
public class CryptographyClient : IKeyEncryptionKey
{
    private readonly KeyVaultPipeline _pipeline = null!;
    private LocalKey? _local;
    private bool _remoteOnly;

    /// <summary>For mocking.</summary>
    protected CryptographyClient()
    {
    }

    /// <summary>A client with default options.</summary>
    public CryptographyClient(Uri keyId, TokenCredential credential)
        : this(keyId, credential, new CryptographyClientOptions())
    {
    }

    /// <summary>A client.</summary>
    /// <param name="keyId">The key's id, with or without version.</param>
    /// <param name="credential">Who asks.</param>
    /// <param name="options">How to talk to the service.</param>
    public CryptographyClient(Uri keyId, TokenCredential credential, CryptographyClientOptions options)
    {
        options ??= new CryptographyClientOptions();
        _pipeline = new KeyVaultPipeline(
            Argument.NotNull(keyId), options.VersionText, Argument.NotNull(credential), options.DisableChallengeResourceVerification, options, "Azure.Security.KeyVault.Keys.Cryptography.CryptographyClient");
    }

    internal CryptographyClient(KeyVaultPipeline pipeline) => _pipeline = pipeline;

    /// <summary>The key's id as it was given.</summary>
    public virtual string KeyId => _pipeline.Endpoint.ToString();

    /// <summary>Encrypts.</summary>
    public virtual Task<EncryptResult> EncryptAsync(EncryptionAlgorithm algorithm, byte[] plaintext, CancellationToken cancellationToken = default) =>
        EncryptAsync(EncryptParameters.For(algorithm, plaintext), cancellationToken);

    /// <summary>Encrypts.</summary>
    public virtual async Task<EncryptResult> EncryptAsync(EncryptParameters encryptParameters, CancellationToken cancellationToken = default)
    {
        var what = Argument.NotNull(encryptParameters);
        var local = await LocalAsync(cancellationToken).ConfigureAwait(false);
        if (local?.Encrypt(KeyOperation.Encrypt, what.Algorithm.ToString(), what.Plaintext) is { } done) return new EncryptResult(local.Id, done, what.Algorithm);
        if (what.Iv is null && what.Algorithm.ToString().Contains("CBC", StringComparison.Ordinal)) what.Iv = RandomNumberGenerator.GetBytes(16);

        return await CallAsync("Encrypt", "encrypt", Write, Read, cancellationToken).ConfigureAwait(false);

        void Write(Utf8JsonWriter writer)
        {
            writer.WriteString("alg", what.Algorithm.ToString());
            writer.WriteBytes("value", what.Plaintext);
            writer.WriteBytes("iv", what.Iv);
            writer.WriteBytes("aad", what.AdditionalAuthenticatedData);
        }

        EncryptResult Read(JsonElement from) => new(KeyIdOf(from), ValueOf(from), what.Algorithm)
        {
            Iv = from.Bytes("iv") ?? what.Iv,
            AuthenticationTag = from.Bytes("tag"),
            AdditionalAuthenticatedData = from.Bytes("aad") ?? what.AdditionalAuthenticatedData,
        };
    }

    /// <summary>Decrypts.</summary>
    public virtual Task<DecryptResult> DecryptAsync(EncryptionAlgorithm algorithm, byte[] ciphertext, CancellationToken cancellationToken = default) =>
        DecryptAsync(DecryptParameters.For(algorithm, ciphertext), cancellationToken);

    /// <summary>Decrypts.</summary>
    public virtual async Task<DecryptResult> DecryptAsync(DecryptParameters decryptParameters, CancellationToken cancellationToken = default)
    {
        var what = Argument.NotNull(decryptParameters);
        await LocalAsync(cancellationToken).ConfigureAwait(false);
        return await CallAsync("Decrypt", "decrypt", Write, from => new DecryptResult(KeyIdOf(from), ValueOf(from), what.Algorithm), cancellationToken).ConfigureAwait(false);

        void Write(Utf8JsonWriter writer)
        {
            writer.WriteString("alg", what.Algorithm.ToString());
            writer.WriteBytes("value", what.Ciphertext);
            writer.WriteBytes("iv", what.Iv);
            writer.WriteBytes("tag", what.AuthenticationTag);
            writer.WriteBytes("aad", what.AdditionalAuthenticatedData);
        }
    }

    /// <summary>Wraps a key.</summary>
    public virtual async Task<WrapResult> WrapKeyAsync(KeyWrapAlgorithm algorithm, byte[] key, CancellationToken cancellationToken = default)
    {
        Argument.NotNull(key);
        var local = await LocalAsync(cancellationToken).ConfigureAwait(false);
        if (local?.Encrypt(KeyOperation.WrapKey, algorithm.ToString(), key) is { } done) return new WrapResult(local.Id, done, algorithm);
        return await CallAsync("WrapKey", "wrapKey", Body(algorithm.ToString(), key), from => new WrapResult(KeyIdOf(from), ValueOf(from), algorithm), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Unwraps a key.</summary>
    public virtual async Task<UnwrapResult> UnwrapKeyAsync(KeyWrapAlgorithm algorithm, byte[] encryptedKey, CancellationToken cancellationToken = default)
    {
        Argument.NotNull(encryptedKey);
        await LocalAsync(cancellationToken).ConfigureAwait(false);
        return await CallAsync("UnwrapKey", "unwrapKey", Body(algorithm.ToString(), encryptedKey), from => new UnwrapResult(KeyIdOf(from), ValueOf(from), algorithm), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Signs a digest.</summary>
    public virtual async Task<SignResult> SignAsync(SignatureAlgorithm algorithm, byte[] digest, CancellationToken cancellationToken = default)
    {
        Argument.NotNull(digest);
        await LocalAsync(cancellationToken).ConfigureAwait(false);
        return await CallAsync("Sign", "sign", Body(algorithm.ToString(), digest), from => new SignResult(KeyIdOf(from), ValueOf(from), algorithm), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Signs data by its digest.</summary>
    public virtual Task<SignResult> SignDataAsync(SignatureAlgorithm algorithm, byte[] data, CancellationToken cancellationToken = default) =>
        SignAsync(algorithm, Signatures.DigestOf(algorithm, Argument.NotNull(data)), cancellationToken);

    /// <summary>Verifies the signature of a digest.</summary>
    public virtual async Task<VerifyResult> VerifyAsync(SignatureAlgorithm algorithm, byte[] digest, byte[] signature, CancellationToken cancellationToken = default)
    {
        Argument.NotNull(digest);
        Argument.NotNull(signature);
        var local = await LocalAsync(cancellationToken).ConfigureAwait(false);
        if (local?.Verify(algorithm, digest, signature) is { } holds) return new VerifyResult(local.Id, holds, algorithm);
        return await CallAsync("Verify", "verify", Write, from => new VerifyResult(from.Text("kid") ?? KeyId, from.Flag("value") ?? false, algorithm), cancellationToken).ConfigureAwait(false);

        void Write(Utf8JsonWriter writer)
        {
            writer.WriteString("alg", algorithm.ToString());
            writer.WriteBytes("digest", digest);
            writer.WriteBytes("value", signature);
        }
    }

    /// <summary>Verifies the signature of data by its digest.</summary>
    public virtual Task<VerifyResult> VerifyDataAsync(SignatureAlgorithm algorithm, byte[] data, byte[] signature, CancellationToken cancellationToken = default) =>
        VerifyAsync(algorithm, Signatures.DigestOf(algorithm, Argument.NotNull(data)), signature, cancellationToken);

    byte[] IKeyEncryptionKey.WrapKey(string algorithm, ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        WrapKeyAsync(new KeyWrapAlgorithm(algorithm), key.ToArray(), cancellationToken).GetAwaiter().GetResult().EncryptedKey;

    async Task<byte[]> IKeyEncryptionKey.WrapKeyAsync(string algorithm, ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        (await WrapKeyAsync(new KeyWrapAlgorithm(algorithm), key.ToArray(), cancellationToken).ConfigureAwait(false)).EncryptedKey;

    byte[] IKeyEncryptionKey.UnwrapKey(string algorithm, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellationToken) =>
        UnwrapKeyAsync(new KeyWrapAlgorithm(algorithm), encryptedKey.ToArray(), cancellationToken).GetAwaiter().GetResult().Key;

    async Task<byte[]> IKeyEncryptionKey.UnwrapKeyAsync(string algorithm, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellationToken) =>
        (await UnwrapKeyAsync(new KeyWrapAlgorithm(algorithm), encryptedKey.ToArray(), cancellationToken).ConfigureAwait(false)).Key;

    private async Task<LocalKey?> LocalAsync(CancellationToken cancellationToken)
    {
        if (_local is not null || _remoteOnly) return _local;
        using var scope = _pipeline.Scope("CryptographyClient.GetKey", KeyId);
        try
        {
            var answer = await _pipeline.TryAsync(RequestMethod.Get, _pipeline.UriOf(""), cancellationToken).ConfigureAwait(false);
            // Whoever may not read the key leaves everything to the service.
            if (_remoteOnly = answer.Status == 403) return null;
            return _local = new LocalKey(KeyVaultKey.Read(KeyVaultPipeline.JsonOf(KeyVaultPipeline.Checked(answer))));
        }
        catch (Exception exception)
        {
            scope.Failed(exception);
            throw;
        }
    }

    private async Task<T> CallAsync<T>(string name, string verb, Action<Utf8JsonWriter> body, Func<JsonElement, T> read, CancellationToken cancellationToken) =>
        (await _pipeline.CallAsync($"CryptographyClient.{name}", KeyId, RequestMethod.Post, _pipeline.UriOf(verb), body, read, cancellationToken).ConfigureAwait(false)).Value;

    private static Action<Utf8JsonWriter> Body(string algorithm, byte[] value) => writer =>
    {
        writer.WriteString("alg", algorithm);
        writer.WriteBytes("value", value);
    };

    private string KeyIdOf(JsonElement from) => from.Text("kid") ?? KeyId;

    private static byte[] ValueOf(JsonElement from) => from.Bytes("value") ?? throw new JsonException("The answer has no value.");
}
