using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>local.secret.generate</c>: makes a secret that nobody has to remember.</summary>
internal sealed class SecretGenerate : LocalAction
{
    private const int SecretBytes = 32;

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.secret.generate",
        Summary = "Makes a random secret of 256 bits on this computer, as 64 hexadecimal digits in a file of the session's folder, and tells its digest.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of(KeyTransferActions.FileArgument.Replace("file: ", "output: ", StringComparison.Ordinal)),
        Result = Shape.Of($"file: {ResultText.File}"),
        NoAzCommand = "Nothing is called. By hand: openssl rand -hex 32 | tr -d '\\n' > FILE.",
        Errors = [new("TooManyFiles", "Too many earlier files have that name.", "Nothing was written.", "Put the earlier ones away.")],
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Make a random secret on this computer, into '{with.Text("output")}'.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        var secret = Randomness.Bytes(SecretBytes);
        var digits = new byte[SecretBytes * 2];
        try
        {
            Convert.TryToHexStringLower(secret, digits, out _);
            return Task.FromResult<JsonNode>(new JsonObject { ["file"] = files.Write(with.GetProperty("output").GetString()!, digits) });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(digits);
        }
    }
}
