using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>storage.blob.list</c>: what lies in a container, by its beginning.</summary>
internal sealed class BlobList(AzureSite site, AzureWire? wire) : AzureAction(site, wire)
{
    private const int Most = 1000;

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "storage.blob.list",
        Summary = "Lists the blobs of a container whose names begin with something, at most 1000: how a full backup is seen to be there.",
        Effect = EffectClass.Read,
        With = Shape.Of("""
            account: {type: string, pattern: '^[a-z0-9]{3,24}$', description: "Name of the account"}
            container: {type: string, pattern: '^[a-z0-9-]{3,63}$'}
            prefix?: {type: string, pattern: '^[A-Za-z0-9._/-]{1,256}$', description: "How their names begin; without it all"}
            most: {type: integer, minimum: 1, maximum: 1000, default: 1000, description: "How many are listed at most"}
            """),
        Result = Shape.Of("""
            value: {type: array, items: {type: object, additionalProperties: false, properties: {name: {type: string}, bytes: {type: integer}, lastModified: {type: string}}}}
            folders: {type: array, items: {type: string}, description: "The first pieces of names that have several, each once, in order"}
            more: {type: boolean, description: "Whether there are more than were listed"}
            """),
        Permissions = [Needs.Data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "the container {container} of {account}", "Storage Blob Data Reader")],
        AzCommand = "az storage blob list --auth-mode login --account-name {account} --container-name {container} --prefix {prefix}",
        Errors = BlobWriteActions.Errors.Add(new("ListUnreadable", "What was answered is no list of blobs.", "Nothing changed.", "Look whether a proxy stands in between.")),
    };

    /// <inheritdoc/>
    protected override bool TakesAnything => true;

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        if (!answers.IsEmpty) return null;
        var container = BlobListing.ContainerOf(Site, with.Text("account"), with);
        var prefix = with.TextOrNull("prefix");
        return new PlannedCall
        {
            Index = 0,
            Effect = EffectClass.Read,
            Description = $"List the blobs {(prefix is null ? "" : $"'{prefix}…' ")}in '{with.Text("container")}' of '{with.Text("account")}'.",
            Target = container,
            Method = "GET",
            Url = $"{container}?restype=container&comp=list&maxresults={(with.Has("most") ? with.Text("most") : Most.ToString(CultureInfo.InvariantCulture))}{(prefix is null ? "" : $"&prefix={prefix}")}",
        };
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context)
    {
        if (!answer.IsSuccess) return Answers.Of(answer, exchange.Tries);
        if (BlobListing.Read(answer) is not { } listing) return Answers.Refused("ListUnreadable", "What was answered is no list of blobs.", answer);
        var folders = listing.Blobs.Select(b => b.Name).Where(n => n.Contains('/', StringComparison.Ordinal)).Select(n => n.Split('/')[0]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return Answers.With(
            answer,
            new JsonObject
            {
                ["value"] = new JsonArray([.. listing.Blobs.Select(b => (JsonNode)Arguments.ObjectOf(("name", b.Name), ("bytes", b.Bytes), ("lastModified", b.LastModified)))]),
                ["folders"] = new JsonArray([.. folders.Select(f => (JsonNode)f)]),
                ["more"] = listing.Next is not null,
            },
            exchange.Tries);
    }
}
