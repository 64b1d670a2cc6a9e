using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>local.byok-receipt.read</c>: reads what came back with a blob from a machine without a network.</summary>
internal sealed class ByokReceiptRead : LocalAction
{
    private static readonly string[] Texts = ["kekId", "blobDigest", "escrowDigest", "sharesDigest", "publicDigest", "ciphertext", "plaintextDigest", "device"];

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.byok-receipt.read",
        Summary = "Reads the receipt that runbook byok make wrote beside a blob: of which files it speaks, the key's public half, and a value that only the key opens.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of("file: {type: string, format: file, maxLength: 65536, description: \"The receipt\"}"),
        Result = Shape.Of("""
            kekId: {type: string}
            blobDigest: {type: string}
            escrowDigest: {type: string}
            sharesDigest: {type: string}
            public: {type: object, additionalProperties: false, properties: {n: {type: string}, e: {type: string}}}
            publicDigest: {type: string}
            ciphertext: {type: string}
            plaintextDigest: {type: string}
            device: {type: string}
            """),
        NoAzCommand = "Nothing is called. By hand: jq . receipt.json.",
        Errors = [new("FileNotFound", "The file is not there.", "Nothing changed.", "Look for it in the session's folder."), new("ReceiptUnreadable", "The file is no receipt.", "Nothing changed.", "Copy it again from where it was made.")],
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Read the receipt '{FileValue.NameOf(with, "file")}' on this computer.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        try
        {
            using var document = JsonDocument.Parse(files.Read(with.GetProperty("file"), ByokFile.BytesMax), new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.GetProperty("format").GetString() != CarriedKey.ReceiptFormat) throw new FileRefusedException("ReceiptUnreadable", $"The file's format is not {CarriedKey.ReceiptFormat}.");
            var half = root.GetProperty("public");
            var told = new JsonObject { ["public"] = new JsonObject { ["n"] = half.GetProperty("n").GetString(), ["e"] = half.GetProperty("e").GetString() } };
            foreach (var name in Texts)
            {
                if (root.TryGetProperty(name, out var value)) told[name] = value.GetString();
            }

            return Task.FromResult<JsonNode>(told);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FileRefusedException("ReceiptUnreadable", $"The file is no receipt: {exception.Message}");
        }
    }
}
