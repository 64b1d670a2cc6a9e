using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>local.file.digest</c>.</summary>
internal sealed class FileDigest : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.file.digest",
        Summary = "Takes a file's SHA-256 digest on this computer.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of("file: {type: string, format: file, description: \"The file; a relative path lies in the session's folder\"}"),
        Result = Shape.Of($"file: {ResultText.File}"),
        NoAzCommand = "Nothing is called. By hand: sha256sum FILE.",
        Errors = [new("FileNotFound", "The file is not there.", "Nothing changed.", "Look for it in the session's folder.")],
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Take the digest of '{FileValue.NameOf(with, "file")}' on this computer.";

    /// <inheritdoc/>
    protected override async Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        var file = with.GetProperty("file");
        var (digest, length) = await files.DigestAsync(file, cancellationToken).ConfigureAwait(false);
        return new JsonObject { ["file"] = FileValue.Of(FileValue.NameOf(file), digest, length) };
    }
}
