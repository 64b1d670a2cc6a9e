using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>Reads the directory: who of those who hold or made assignments still exists, and who is in which group.</summary>
internal sealed class DirectoryReader(PreflightReader reader, AzureSite site)
{
    /// <summary>Reads it.</summary>
    /// <param name="model">The world, with its assignments.</param>
    /// <param name="ids">Object ids.</param>
    /// <param name="creators">Those among them who made assignments: of them it is asked whether they can still sign in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<PreflightModel> ReadAsync(PreflightModel model, IReadOnlySet<string> ids, IReadOnlySet<string> creators, CancellationToken cancellationToken)
    {
        if (ids.Count == 0) return model;
        var known = model.Principals.Known.ToBuilder();
        foreach (var some in ids.Chunk(ActionsLimits.DirectoryIdsMax))
        {
            var body = new JsonObject { ["ids"] = new JsonArray([.. some.Select(i => (JsonNode)i)]), ["types"] = new JsonArray("user", "group", "servicePrincipal") };
            var reading = await reader.QueryAsync($"{site.Cloud.DirectoryRoot}/v1.0/directoryObjects/getByIds", body, cancellationToken).ConfigureAwait(false);
            if (!reading.IsGood) return model.Without($"The directory could not be read ({reading.WhyNot}): whether an assignment's holder or maker is gone, and who is in which group, is not known.");
            foreach (var entry in reading.Items.Select(Of)) known[entry.Id] = entry;
        }

        foreach (var maker in known.Values.Where(e => e.Kind == "user" && creators.Contains(e.Id)).ToList())
        {
            var user = await reader.GetAsync($"{site.Cloud.DirectoryRoot}/v1.0/users/{maker.Id}?$select=id,displayName,accountEnabled", cancellationToken).ConfigureAwait(false);
            if (user.IsGood && user.Body.At("accountEnabled").ValueKind == JsonValueKind.False) known[maker.Id] = maker with { IsDisabled = true };
        }

        foreach (var group in known.Values.Where(e => e.Kind == "group").Take(ActionsLimits.PreflightGroupsMax).ToList())
        {
            var members = await reader.GetAsync($"{site.Cloud.DirectoryRoot}/v1.0/groups/{group.Id}/members", cancellationToken).ConfigureAwait(false);
            if (members.IsGood) known[group.Id] = group with { Members = [.. members.Items.Select(m => m.Text("id")).OfType<string>()] };
        }

        return model with { Principals = new PrincipalBook { Known = known.ToImmutable(), Gone = model.Principals.Gone.Union(ids.Where(i => !known.ContainsKey(i))) } };
    }

    private static DirectoryEntry Of(JsonElement entry) => new(
        entry.Text("id") ?? "",
        entry.Text("displayName") ?? "",
        (entry.Text("@odata.type") ?? "").Replace("#microsoft.graph.", "", StringComparison.Ordinal),
        IsDisabled: false,
        []);
}
