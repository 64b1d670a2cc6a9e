using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class ResourceGraphTests
{
    private static Task<Reply> QueryAsync(World world, string query, JsonObject? options = null, PrincipalCredential? @as = null) => world.SendAsync(
        "POST",
        $"{World.Arm}/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01",
        new JsonObject { ["subscriptions"] = new JsonArray(world.Azure.SubscriptionId), ["query"] = query, ["options"] = options ?? [] },
        @as);

    private static async Task<string> ShortAsync(World world, string query)
    {
        var reply = await QueryAsync(world, query);
        return string.Join(" ", reply.Expect(200).Json["data"]!.AsArray().Select(row => string.Join(",", row!.AsObject().Select(member => member.Value is JsonValue value ? value.ToString() : member.Value?.ToJsonString() ?? "null"))));
    }

    /// <summary>Three images that stand in for anything with properties.</summary>
    private static async Task<World> WithImagesAsync()
    {
        var world = await World.StartAsync();
        foreach (var (name, body) in ((string, string)[])
        [
            ("img-a", """{"location":"eastus2","tags":{"team":"keys"},"properties":{"size":10,"key":{"uri":"https://kv-hsm-prod.managedhsm.azure.net/keys/CMK-storage/1"},"disks":[{"lun":0},{"lun":1}]}}"""),
            ("img-b", """{"location":"westeurope","properties":{"size":20,"key":{"uri":"https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-sql"},"disks":[]}}"""),
            ("img-c", """{"location":"eastus2","properties":{"size":30,"encryption":{"keyvaultproperties":{"keyvaulturi":"https://kv-hsm-prod.managedhsm.azure.net/","keyname":"cmk-storage"}}}}"""),
        ])
            (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Compute/images/{name}", JsonNode.Parse(body))).Expect(201);
        return world;
    }

    [Theory]
    [InlineData("Resources | where type =~ 'Microsoft.Compute/Images' | project name | order by name asc", "img-a img-b img-c")]
    [InlineData("resources | where location == 'eastus2' | order by name desc | project name", "img-c img-a")]
    [InlineData("Resources | where name in~ ('IMG-A', 'img-c') and not(name == 'img-c') | project name", "img-a")]
    [InlineData("Resources | where properties.size > 10 | summarize n=count(), total=sum(toint(properties.size)) by location | order by location asc", "eastus2,1,30 westeurope,1,20")]
    [InlineData("Resources | where isnotempty(properties.key.uri) | extend k = tolower(tostring(properties.key.uri)) | where k startswith 'https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-storage' | project name, split(k, '/')[4]", "img-a,cmk-storage")]
    [InlineData("Resources | where name has 'img' and name contains '-B' | project name", "img-b")]
    [InlineData("Resources | where name has 'im' | project name", "")]
    [InlineData("Resources | mv-expand disk = properties.disks | where isnotnull(disk.lun) | project name, lun = toint(disk.lun) | order by lun asc", "img-a,0 img-a,1")]
    [InlineData("Resources | join kind=leftouter (Resources | where location == 'westeurope' | project id, other = name) on id | project name, other | order by name asc", "img-a, img-b,img-b img-c,")]
    [InlineData("Resources | join kind=inner (ResourceContainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups' | project resourceGroup, groupLocation = location) on resourceGroup | summarize count() by groupLocation", "eastus2,3")]
    [InlineData("Resources | project name | union (ResourceContainers | where type has 'resourcegroups' | project name) | order by name asc", "img-a img-b img-c rg-test")]
    [InlineData("Resources | summarize dcount(location), make_set(location)", "2,[\"eastus2\",\"westeurope\"]")]
    [InlineData("Resources | top 1 by toint(properties.size) | project name, s = iff(properties.size >= 30, 'large', 'small')", "img-c,large")]
    [InlineData("Resources | distinct location | order by location asc", "eastus2 westeurope")]
    [InlineData("Resources | count", "3")]
    [InlineData("Resources | where tags.team == 'keys' or tags['team'] =~ 'KEYS' | project name, tags", "img-a,{\"team\":\"keys\"}")]
    [InlineData("let big = 20; Resources | where properties.size between (big .. 40) | project name | order by name asc", "img-b img-c")]
    [InlineData("Resources | where name matches regex 'img-[ab]$' | summarize arg_max(toint(properties.size), name)", "20,img-b")]
    [InlineData("Resources | extend p = parse_json('{\"a\":[1,2]}') | where array_length(p.a) == 2 | limit 1 | project p.a[1], strcat('x', '-', 'y'), trim_end('/', 'a//')", "2,x-y,a")]
    [InlineData("Resources | where id has_any ('img-a', 'img-zzz') | project-away id, tags, properties, sku, plan, identity, zones, extendedLocation, tenantId, subscriptionId, kind, managedBy", "img-a,microsoft.compute/images,eastus2,rg-test")]
    public async Task A_query_answers(string query, string expected)
    {
        await using var world = await WithImagesAsync();

        Assert.Equal(expected, await ShortAsync(world, query));
    }

    [Fact]
    public async Task The_blast_radius_query_of_the_contract_finds_what_depends_on_a_key()
    {
        await using var world = await WithImagesAsync();
        const string Query = """
            Resources
            | where type in~ ('microsoft.compute/images','microsoft.storage/storageaccounts')
            | extend keyUri = tolower(coalesce(
                iff(isnotempty(properties.encryption), strcat(trim_end('/',tostring(properties.encryption.keyvaultproperties.keyvaulturi)),'/keys/',tostring(properties.encryption.keyvaultproperties.keyname)), ''),
                tostring(properties.key.uri), tostring(properties.keyId)))  // whichever there is
            | where keyUri startswith 'https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-storage'
            | project id, type, name, location, keyUri
            | order by name asc
            """;
        var rows = (await QueryAsync(world, Query)).Expect(200).Json["data"]!.AsArray();

        Assert.Equal(["img-a", "img-c"], rows.Select(row => (string)row!["name"]!));
        Assert.Equal("https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-storage", (string?)rows[1]!["keyUri"]);
    }

    [Theory]
    [InlineData("Resources | where", "")]
    [InlineData("Resources | frobnicate name", "frobnicate")]
    [InlineData("Nowhere | project id", "Nowhere")]
    [InlineData("Resources | where nosuchcolumn == 'x'", "nosuchcolumn")]
    [InlineData("Resources | where name == 'open", "'")]
    [InlineData("Resources | extend x = frob(name)", "frob")]
    public async Task A_query_that_can_not_be_read_says_where(string query, string token)
    {
        await using var world = await World.StartAsync();
        var refused = (await QueryAsync(world, query)).Refused(400, "BadRequest");

        Assert.Equal("InvalidQuery", (string?)refused.Json["error"]!["details"]![0]!["code"]);
        Assert.Equal(("ParserFailure", token), ((string?)refused.Json["error"]!["details"]![1]!["code"], (string?)refused.Json["error"]!["details"]![1]!["token"]));
    }

    [Fact]
    public async Task Nested_beyond_the_limit_is_refused_and_nothing_breaks()
    {
        await using var world = await World.StartAsync();

        (await QueryAsync(world, $"Resources | where {new string('(', 3000)}true{new string(')', 3000)}")).Refused(400, "BadRequest");
    }

    [Fact]
    public async Task Pages_follow_one_another_by_their_token()
    {
        await using var world = await WithImagesAsync();
        var names = new List<string>();
        string? token = null;
        do
        {
            var options = new JsonObject { ["$top"] = 2 };
            if (token is not null)
                options["$skipToken"] = token;
            var page = (await QueryAsync(world, "Resources | project id, name | order by name asc", options)).Expect(200).Json;
            names.AddRange(page["data"]!.AsArray().Select(row => (string)row!["name"]!));
            Assert.Equal(3, (int)page["totalRecords"]!);
            Assert.Equal(page["$skipToken"] is null ? "false" : "true", (string?)page["resultTruncated"]);
            token = (string?)page["$skipToken"];
        }
        while (token is not null);

        Assert.Equal(["img-a", "img-b", "img-c"], names);
        Assert.Null((await QueryAsync(world, "Resources | project name", new JsonObject { ["$top"] = 2 })).Expect(200).Json["$skipToken"]);
        Assert.Null((await QueryAsync(world, "Resources | project id | take 3", new JsonObject { ["$top"] = 2 })).Expect(200).Json["$skipToken"]);
    }

    [Fact]
    public async Task A_table_has_columns_with_types()
    {
        await using var world = await WithImagesAsync();
        var data = (await QueryAsync(world, "Resources | summarize n = count() by location | order by n desc", new JsonObject { ["resultFormat"] = "table" })).Expect(200).Json["data"]!;

        Assert.Equal("""[{"name":"location","type":"string"},{"name":"n","type":"integer"}]""", data["columns"]!.ToJsonString());
        Assert.Equal("""[["eastus2",2],["westeurope",1]]""", data["rows"]!.ToJsonString());
    }

    [Fact]
    public async Task Only_what_the_caller_may_read_is_there()
    {
        await using var world = await WithImagesAsync();
        var reader = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "reader");
        Assert.Empty((await QueryAsync(world, "Resources", @as: reader)).Expect(200).Json["data"]!.AsArray());
        (await world.ArmGrantAsync($"{world.Group}/providers/Microsoft.Compute/images/img-b", Roles.Reader, reader.ObjectId)).Expect(201);

        Assert.Equal("img-b", (string?)(await QueryAsync(world, "Resources | project name", @as: reader)).Expect(200).Json["data"]!.AsArray().Single()!["name"]);
        Assert.Empty((await QueryAsync(world, "ResourceContainers", @as: reader)).Expect(200).Json["data"]!.AsArray());
    }

    [Fact]
    public async Task Role_assignments_are_in_their_table()
    {
        await using var world = await World.StartAsync();

        Assert.Equal(world.Owner.ObjectId, await ShortAsync(world, $"authorizationresources | where type == 'microsoft.authorization/roleassignments' and properties.roleDefinitionId endswith '{Roles.Owner}' | project properties.principalId"));
    }

    [Fact]
    public async Task A_caller_with_too_many_queries_waits()
    {
        await using var world = await World.StartAsync(options => options with { Limits = new SimulatorLimits { ThrottleResourceGraph = true } });
        for (var i = 0; i < 15; i++)
            (await QueryAsync(world, "Resources | count")).Expect(200);
        var refused = (await QueryAsync(world, "Resources | count")).Refused(429, "RateLimiting");

        Assert.Equal(("0", "00:00:05"), (refused.Header("x-ms-user-quota-remaining"), refused.Header("x-ms-user-quota-resets-after")));
    }

    [Fact]
    public async Task Ten_thousand_dependents_are_found_page_by_page()
    {
        await using var world = await World.StartAsync();
        const int Count = 10_000;
        world.Azure.Core.Estate.Write(world.Azure.Clock.GetUtcNow(), tx =>
        {
            for (var i = 0; i < Count; i++)
            {
                var id = $"{world.Group}/providers/Microsoft.Storage/storageAccounts/st{i:D5}";
                tx.Put(State.Tables.Resources, id.ToLowerInvariant(), new ResourceManager.Resource
                {
                    Id = id,
                    Name = $"st{i:D5}",
                    Type = "Microsoft.Storage/storageAccounts",
                    Location = "eastus2",
                    Properties = System.Text.Json.JsonDocument.Parse($$$"""{"encryption":{"keySource":"Microsoft.Keyvault","keyvaultproperties":{"keyvaulturi":"https://kv-hsm-prod.managedhsm.azure.net","keyname":"cmk-{{{i % 10}}}"} } }""").RootElement,
                    Created = tx.Now,
                    Changed = tx.Now,
                });
            }
            return true;
        });
        const string Query = """
            Resources | where type =~ 'microsoft.storage/storageaccounts'
            | extend key = tolower(strcat(properties.encryption.keyvaultproperties.keyvaulturi, '/keys/', properties.encryption.keyvaultproperties.keyname))
            | where key startswith 'https://kv-hsm-prod.managedhsm.azure.net/keys/cmk' | project id, name, key | order by name asc
            """;
        (await QueryAsync(world, "Resources | count")).Expect(200);
        var reply = (await QueryAsync(world, Query)).Expect(200).Json;

        Assert.Equal(Count, (int)reply["totalRecords"]!);
        Assert.Equal(1000, (int)reply["count"]!);
    }
}
