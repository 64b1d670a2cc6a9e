using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>local.secret.split</c>: hands a secret into the keeping of several holders.</summary>
internal sealed class SecretSplit : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.secret.split",
        Summary = "Splits a file among several holders on this computer, so that a quorum of them gives it back and fewer tell nothing of it; each share is sealed for the key of a holder's certificate. The file itself stays where it is.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of($$"""
            file: {type: string, format: file, maxLength: 65536, description: "The secret"}
            certificates: {type: array, minItems: 2, maxItems: 20, items: {type: string, format: file, maxLength: 65536}, description: "The holders' certificates, RSA of 2048 bits and more"}
            quorum: {type: integer, minimum: 2, maximum: 20, description: "How many holders together give it back"}
            {{KeyTransferActions.FileArgument.Replace("file: ", "output: ", StringComparison.Ordinal)}}
            """),
        Result = Shape.Of($"file: {ResultText.File}\nsecretDigest: {{type: string}}"),
        NoAzCommand = "Nothing is called. By hand: no common tool does it; docs/escrow-format.md is enough to write one.",
        Errors = EscrowErrors.All,
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Split '{FileValue.NameOf(with, "file")}' among the holders, {with.Text("quorum")} of whom give it back, into '{with.Text("output")}'.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        var holders = EscrowErrors.Usable(WrappingCertificate.ReadAll(with.GetProperty("certificates"), files));
        var quorum = with.GetProperty("quorum").GetInt32();
        if (quorum > holders.Count) throw new FileRefusedException("QuorumTooLarge", $"{quorum} of {holders.Count} holders can't be asked for.");
        var secret = files.Read(with.GetProperty("file"), ActionsLimits.EscrowedBytesMax);
        try
        {
            var digest = Hashes.Sha256(secret);
            return Task.FromResult<JsonNode>(new JsonObject { ["file"] = files.Write(with.GetProperty("output").GetString()!, EscrowFile.Make(secret, quorum, holders)), ["secretDigest"] = digest });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}

/// <summary><c>local.secret.join</c>: has a quorum of holders give a secret back.</summary>
internal sealed class SecretJoin : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.secret.join",
        Summary = "Joins a secret that was split, or opens a sealed file, with holders' private keys on this computer, checks its digest, and writes it into the session's folder.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of($$"""
            file: {type: string, format: file, maxLength: 1048576, description: "The escrow, or the sealed file"}
            keys: {type: array, minItems: 1, maxItems: 20, items: {type: string, format: file, maxLength: 65536}, description: "Holders' private keys, PEM without a passphrase"}
            {{KeyTransferActions.FileArgument.Replace("file: ", "output: ", StringComparison.Ordinal)}}
            """),
        Result = Shape.Of($"file: {ResultText.File}"),
        NoAzCommand = "Nothing is called. By hand: no common tool does it; docs/escrow-format.md is enough to write one.",
        Errors = EscrowErrors.All,
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Open '{FileValue.NameOf(with, "file")}' with the holders' keys into '{with.Text("output")}'.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        var keys = new List<RSA>();
        byte[] secret = [];
        try
        {
            foreach (var key in with.GetProperty("keys").EnumerateArray()) keys.Add(KeyIn(key, files));
            secret = EscrowFile.Open(files.Read(with.GetProperty("file"), ActionsLimits.EscrowBytesMax), keys);
            return Task.FromResult<JsonNode>(new JsonObject { ["file"] = files.Write(with.GetProperty("output").GetString()!, secret) });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            foreach (var key in keys) key.Dispose();
        }
    }

    /// <summary>A private key in a file.</summary>
    /// <exception cref="FileRefusedException">It is not there, or can't be used.</exception>
    public static RSA KeyIn(JsonElement file, SessionFiles files)
    {
        var pem = files.Read(file, ActionsLimits.CertificateBytesMax);
        var text = Encoding.ASCII.GetChars(pem);
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(text);
            return key;
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new FileRefusedException("KeyUnreadable", $"'{FileValue.NameOf(file)}' holds no RSA private key without a passphrase.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
            Array.Clear(text);
        }
    }
}

/// <summary><c>local.file.seal</c>: seals a file for one recipient.</summary>
internal sealed class FileSeal : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.file.seal",
        Summary = "Seals a file on this computer for the key of a certificate, so that its holder alone can open it.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of($$"""
            file: {type: string, format: file, maxLength: 65536, description: "What is sealed"}
            certificate: {type: string, format: file, maxLength: 65536, description: "The recipient's certificate, RSA of 2048 bits and more"}
            {{KeyTransferActions.FileArgument.Replace("file: ", "output: ", StringComparison.Ordinal)}}
            """),
        Result = Shape.Of($"file: {ResultText.File}\nsecretDigest: {{type: string}}"),
        NoAzCommand = "Nothing is called. By hand: openssl pkeyutl and openssl enc do the same in another format; docs/escrow-format.md describes this one.",
        Errors = EscrowErrors.All,
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Seal '{FileValue.NameOf(with, "file")}' for the holder of '{FileValue.NameOf(with, "certificate")}' into '{with.Text("output")}'.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        var certificate = with.GetProperty("certificate");
        var holder = EscrowErrors.Usable([WrappingCertificate.Read(FileValue.NameOf(certificate), files.Read(certificate, ActionsLimits.CertificateBytesMax))]);
        var secret = files.Read(with.GetProperty("file"), ActionsLimits.EscrowedBytesMax);
        try
        {
            var digest = Hashes.Sha256(secret);
            return Task.FromResult<JsonNode>(new JsonObject { ["file"] = files.Write(with.GetProperty("output").GetString()!, EscrowFile.Make(secret, 1, holder)), ["secretDigest"] = digest });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
