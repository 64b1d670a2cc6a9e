using System.Text.Json.Nodes;
using Azure;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Shared access signatures that the official library makes.</summary>
public sealed class SharedAccessTests
{
    private static readonly DateTimeOffset Later = DateTimeOffset.UnixEpoch.AddYears(70);

    private static async Task<World> ReadyAsync()
    {
        var world = await World.StartAsync();
        await world.AccountAsync();
        (await world.BlobAsync("PUT", "stdata", "/docs?restype=container")).Expect(201);
        (await world.BlobAsync("PUT", "stdata", "/docs/a%20b.txt", "text"u8.ToArray(), ("x-ms-blob-type", "BlockBlob"))).Expect(201);
        return world;
    }

    private static async Task<Reply> SendAsync(World world, string method, Uri uri, byte[]? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), uri);
        request.Headers.Add("x-ms-version", "2023-11-03");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Headers.Add("x-ms-blob-type", "BlockBlob");
        }
        return await world.SendAsync(request);
    }

    private static async Task<Uri> BlobUriAsync(World world, string letters, DateTimeOffset? until = null, string blob = "a b.txt")
    {
        var builder = new BlobSasBuilder { BlobContainerName = "docs", BlobName = blob, Resource = "b", ExpiresOn = until ?? Later };
        builder.SetPermissions(letters);
        return (await world.KeyedBlobsAsync()).GetBlobContainerClient("docs").GetBlobClient(blob).GenerateSasUri(builder);
    }

    [Fact]
    public async Task A_signature_reads_its_blob_and_no_other_and_changes_nothing()
    {
        await using var world = await ReadyAsync();
        var uri = await BlobUriAsync(world, "r");
        Assert.Equal("text", (await SendAsync(world, "GET", uri)).Expect(200).Text);

        Assert.Equal((403, "AuthorizationPermissionMismatch"), Of(await SendAsync(world, "PUT", uri, [1])));
        Assert.Equal((403, "AuthorizationPermissionMismatch"), Of(await SendAsync(world, "DELETE", uri)));
        Assert.Equal((403, "AuthenticationFailed"), Of(await SendAsync(world, "GET", new Uri(uri.AbsoluteUri.Replace("a%20b.txt", "other.txt", StringComparison.Ordinal)))));
        Assert.Equal((403, "AuthenticationFailed"), Of(await SendAsync(world, "PUT", new Uri(uri.AbsoluteUri.Replace("sp=r", "sp=rw", StringComparison.Ordinal)), [1])));
    }

    [Fact]
    public async Task A_signature_that_may_create_does_not_overwrite()
    {
        await using var world = await ReadyAsync();
        (await SendAsync(world, "PUT", await BlobUriAsync(world, "c", blob: "new.txt"), [1])).Expect(201);

        Assert.Equal((403, "AuthorizationPermissionMismatch"), Of(await SendAsync(world, "PUT", await BlobUriAsync(world, "c", blob: "new.txt"), [2])));
        (await SendAsync(world, "PUT", await BlobUriAsync(world, "w", blob: "new.txt"), [2])).Expect(201);
    }

    [Fact]
    public async Task A_signature_has_its_time_and_ends_with_its_key()
    {
        await using var world = await ReadyAsync();
        Assert.Equal((403, "AuthenticationFailed"), Of(await SendAsync(world, "GET", await BlobUriAsync(world, "r", DateTimeOffset.UnixEpoch.AddYears(40)))));
        var uri = await BlobUriAsync(world, "r");
        (await SendAsync(world, "GET", uri)).Expect(200);
        (await world.ArmAsync("POST", world.AccountId() + "/regenerateKey", new JsonObject { ["keyName"] = "key1" }, version: "2023-05-01")).Expect(200);

        Assert.Equal((403, "AuthenticationFailed"), Of(await SendAsync(world, "GET", uri)));
    }

    [Fact]
    public async Task Signatures_end_where_account_keys_are_not_permitted()
    {
        await using var world = await ReadyAsync();
        var uri = await BlobUriAsync(world, "r");
        (await world.ArmAsync("PATCH", world.AccountId(), new JsonObject { ["properties"] = new JsonObject { ["allowSharedKeyAccess"] = false } }, version: "2023-05-01")).Expect(200);

        Assert.Equal((403, "KeyBasedAuthenticationNotPermitted"), Of(await SendAsync(world, "GET", uri)));
    }

    [Fact]
    public async Task The_library_lists_and_reads_with_a_signature_for_the_account()
    {
        await using var world = await ReadyAsync();
        var builder = new AccountSasBuilder(AccountSasPermissions.Read | AccountSasPermissions.List, Later, AccountSasServices.Blobs, AccountSasResourceTypes.Container | AccountSasResourceTypes.Object);
        var uri = (await world.KeyedBlobsAsync()).GenerateAccountSasUri(builder);
        var client = new BlobServiceClient(uri, new BlobClientOptions { Transport = new HttpClientTransport(world.Azure.CreateHandler()), Retry = { MaxRetries = 0 } });
        var names = new List<string>();
        await foreach (var item in client.GetBlobContainerClient("docs").GetBlobsAsync(cancellationToken: World.Stop))
            names.Add(item.Name);

        Assert.Equal(["a b.txt"], names);
        Assert.Equal("text", (await client.GetBlobContainerClient("docs").GetBlobClient("a b.txt").DownloadContentAsync(World.Stop)).Value.Content.ToString());
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(() => client.GetBlobContainerClient("docs").DeleteBlobAsync("a b.txt", cancellationToken: World.Stop))).Status);
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(() => client.GetBlobContainerClient("fresh").CreateAsync(cancellationToken: World.Stop))).Status);
    }

    private static (int, string?) Of(Reply reply) => (reply.Status, reply.BlobError());
}
