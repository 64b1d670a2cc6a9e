using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>storage.container.compare</c>: whether the container of one account holds what that of another does, blob by blob. Lists
/// both to their ends; compares length and the checksum that the service keeps.
/// </summary>
internal sealed class ContainerCompare(AzureSite site, AzureWire? wire) : AzureAction(site, wire)
{
    private const int NamesShown = 100;

    private static readonly Schema Page = Shape.Of("""
        blobs: {type: array, items: {type: object, additionalProperties: false, properties: {name: {type: string}, bytes: {type: integer}, md5: {type: string}}}}
        next?: {type: string}
        """);

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "storage.container.compare",
        Summary = "Compares a container with the one of the same name in another account, blob by blob: names, lengths, and the MD5 that the service keeps.",
        Effect = EffectClass.Read,
        With = Shape.Of("""
            account: {type: string, pattern: '^[a-z0-9]{3,24}$', description: "Name of the account that was copied from"}
            to: {type: string, pattern: '^[a-z0-9]{3,24}$', description: "Name of the account that was copied to"}
            container: {type: string, pattern: '^[a-z0-9-]{3,63}$', description: "A container that both have"}
            """),
        Result = Shape.Of("""
            same: {type: boolean, description: "Whether every blob of the one is in the other, alike, and nothing else is"}
            compared: {type: integer, description: "How many blobs the first holds"}
            bytes: {type: integer, description: "How much they hold together"}
            missing: {type: array, items: {type: string}, description: "What the second lacks; the first 100 names"}
            different: {type: array, items: {type: string}, description: "What is not alike"}
            unknown: {type: array, items: {type: string}, description: "What is of one length, and has no checksum on one side: read both, and compare the digests"}
            extra: {type: array, items: {type: string}, description: "What only the second has"}
            """),
        Permissions =
        [
            Needs.Data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "the container {container} of {account}", "Storage Blob Data Reader"),
            Needs.Data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "the container {container} of {to}", "Storage Blob Data Reader"),
        ],
        AzCommand = "az storage blob list --auth-mode login --account-name {account} --container-name {container} --num-results *",
        Errors = BlobWriteActions.Errors.Add(new("ListUnreadable", "What was answered is no list of blobs.", "Nothing changed.", "Look whether a proxy stands in between.")),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        return [ListOf(0, arguments.Text("account"), null, arguments), ListOf(1, arguments.Text("to"), null, arguments)];
    }

    /// <inheritdoc/>
    protected override bool TakesAnything => true;

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        if (answers.IsEmpty) return ListOf(0, with.Text("account"), null, with);
        var ended = answers.Count(a => NextOf(a) is null);
        if (NextOf(answers[^1]) is { } next) return ListOf(answers.Length, with.Text(ended == 0 ? "account" : "to"), next, with);
        return ended == 1 ? ListOf(answers.Length, with.Text("to"), null, with) : null;
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context)
    {
        if (!answer.IsSuccess) return Answers.Of(answer, exchange.Tries);
        return BlobListing.Read(answer) is not { } listing
            ? Answers.Refused("ListUnreadable", "What was answered is no list of blobs.", answer)
            : Answers.With(
                answer,
                Arguments.ObjectOf(
                    ("blobs", new JsonArray([.. listing.Blobs.Select(b => (JsonNode)Arguments.ObjectOf(("name", b.Name), ("bytes", b.Bytes), ("md5", b.Md5)))])),
                    ("next", listing.Next)),
                exchange.Tries);
    }

    /// <inheritdoc/>
    protected override JsonElement Result(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var end = answers.TakeWhile(a => NextOf(a) is not null).Count() + 1;
        var (here, there) = (BlobsOf(answers.Take(end)), BlobsOf(answers.Skip(end)));
        var missing = here.Keys.Where(n => !there.ContainsKey(n)).ToList();
        var pairs = here.Where(p => there.ContainsKey(p.Key)).Select(p => (p.Value, Other: there[p.Key])).ToList();
        var unknown = pairs.Where(p => p.Value.Bytes == p.Other.Bytes && (p.Value.Md5 is null || p.Other.Md5 is null)).Select(p => p.Value.Name).ToList();
        var different = pairs.Where(p => !p.Value.SameAs(p.Other)).Select(p => p.Value.Name).Except(unknown, StringComparer.Ordinal).ToList();
        var extra = there.Keys.Where(n => !here.ContainsKey(n)).ToList();
        return Arguments.ToElement(new JsonObject
        {
            ["same"] = missing.Count + different.Count + unknown.Count + extra.Count == 0,
            ["compared"] = here.Count,
            ["bytes"] = here.Values.Sum(b => b.Bytes ?? 0),
            ["missing"] = Shown(missing),
            ["different"] = Shown(different),
            ["unknown"] = Shown(unknown),
            ["extra"] = Shown(extra),
        });
    }

    private PlannedCall ListOf(int index, string account, string? marker, Arguments with)
    {
        var container = BlobListing.ContainerOf(Site, account, with);
        return new PlannedCall
        {
            Index = index,
            Effect = EffectClass.Read,
            Description = $"List the blobs in '{with.Text("container")}' of '{account}', to compare each.",
            Target = container,
            Method = "GET",
            Url = $"{container}?restype=container&comp=list{(marker is null ? "" : $"&marker={Uri.EscapeDataString(marker)}")}",
            Observes = Page,
            Part = Arguments.ToElement(new JsonObject { ["account"] = account, ["container"] = with.Node("container") }),
        };
    }

    private static string? NextOf(CallAnswer answer) => answer.Observed.TryGetProperty("next", out var next) ? next.GetString() : null;

    private static SortedDictionary<string, ListedBlob> BlobsOf(IEnumerable<CallAnswer> pages)
    {
        var all = new SortedDictionary<string, ListedBlob>(StringComparer.Ordinal);
        foreach (var blob in pages.SelectMany(p => p.Observed.GetProperty("blobs").EnumerateArray()))
        {
            var name = blob.GetProperty("name").GetString()!;
            all[name] = new ListedBlob(name, blob.TryGetProperty("bytes", out var bytes) ? bytes.GetInt64() : null, blob.TryGetProperty("md5", out var md5) ? md5.GetString() : null, null);
        }

        return all;
    }

    private static JsonArray Shown(IEnumerable<string> names) => new([.. names.Take(NamesShown).Select(n => (JsonNode)n)]);
}
