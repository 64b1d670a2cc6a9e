using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>local.byok.check</c>: looks at a transfer blob before it is sent.</summary>
internal sealed class ByokCheck : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.byok.check",
        Summary = "Takes a .byok file apart on this computer, as far as that goes without the KEK's private half, and names the part that Azure would refuse.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of("""
            file: {type: string, format: file, maxLength: 65536, description: "The .byok file"}
            kekId: {type: string, description: "The version of the KEK that it has to be for"}
            kek: {type: object, additionalProperties: false, required: [n, e], properties: {n: {type: string}, e: {type: string}}, description: "The KEK's public half, as Azure shows it"}
            """),
        Result = Shape.Of($$"""
            wellFormed: {type: boolean, description: "Nothing was found wrong"}
            header: {type: object, additionalProperties: false, properties: {kid: {type: string}, alg: {type: string}, enc: {type: string} } }
            findings: {type: array, items: {type: object, additionalProperties: false, properties: {part: {type: string}, code: {type: string}, says: {type: string} } } }
            fits: {type: array, items: {type: string}, description: "What the lengths fit"}
            file: {{ResultText.File}}
            """),
        NoAzCommand = "Nothing is called. By hand: runbook byok check FILE --kek KEK, and sha256sum FILE.",
        Errors = [new("FileNotFound", "The file is not there.", "Nothing changed.", "Look for it in the session's folder."), new("KekUnusable", "The KEK is no RSA key of 2048, 3072 or 4096 bits.", "Nothing changed.", "Read the KEK from the HSM again.")],
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Check '{FileValue.NameOf(with, "file")}' on this computer, for {with.Text("kekId")}.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        var (given, id, half) = (with.GetProperty("file"), with.GetProperty("kekId").GetString()!, with.GetProperty("kek"));
        using var kek = ExchangeKey.TryOf(half.GetProperty("n").GetString()!, half.GetProperty("e").GetString()!, id) ?? throw new FileRefusedException("KekUnusable", "The KEK is no RSA key of 2048, 3072 or 4096 bits.");
        var bytes = files.Read(given, ByokFile.BytesMax);
        var report = ByokInspector.Inspect(bytes, new ByokExpectation { Kid = id, Kek = kek });
        return Task.FromResult<JsonNode>(new JsonObject
        {
            ["wellFormed"] = report.IsWellFormed,
            ["header"] = Arguments.ObjectOf(("kid", report.File?.Kid), ("alg", report.File?.Algorithm), ("enc", report.File?.Encryption)),
            ["findings"] = new JsonArray([.. report.Findings.Select(f => (JsonNode)new JsonObject { ["part"] = f.Part, ["code"] = f.Code, ["says"] = f.Says })]),
            ["fits"] = new JsonArray([.. report.Fits.Select(f => (JsonNode)f)]),
            ["file"] = FileValue.Of(FileValue.NameOf(given), bytes),
        });
    }
}
