using System.Text;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>The blob service as its official client sees it.</summary>
public sealed class BlobTests
{
    [Fact]
    public async Task A_blob_comes_back_as_it_was_put_with_its_headers_and_metadata()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("docs");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetBlobClient("folder/a b+c%.txt");
        await blob.UploadAsync(BinaryData.FromString("hello"), new BlobUploadOptions
        {
            HttpHeaders = new BlobHttpHeaders { ContentType = "text/plain", CacheControl = "no-store", ContentLanguage = "en" },
            Metadata = new Dictionary<string, string> { ["tenant"] = "acme" },
        }, World.Stop);
        var read = (await blob.DownloadContentAsync(World.Stop)).Value;
        BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: World.Stop);

        Assert.Equal("hello", read.Content.ToString());
        Assert.Equal(("text/plain", "no-store", "en", "acme"), (properties.ContentType, properties.CacheControl, properties.ContentLanguage, properties.Metadata["tenant"]));
        Assert.Equal((5L, true, BlobType.Block), (properties.ContentLength, properties.IsServerEncrypted, properties.BlobType));
        Assert.Equal("XUFAKrxLKna5cZ2REBfFkg==", Convert.ToBase64String(properties.ContentHash));
        Assert.True((await blob.ExistsAsync(World.Stop)).Value);
        Assert.False((await container.GetBlobClient("folder").ExistsAsync(World.Stop)).Value);
        await blob.DeleteAsync(cancellationToken: World.Stop);
        Assert.Equal("BlobNotFound", (await Refused(() => blob.DownloadContentAsync(World.Stop))).ErrorCode);
    }

    [Fact]
    public async Task A_large_blob_is_put_in_blocks_and_read_in_ranges()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("docs");
        await container.CreateAsync(cancellationToken: World.Stop);
        var bytes = new byte[3_000_000];
        new Random(7).NextBytes(bytes);
        var blob = container.GetBlockBlobClient("large");
        await blob.UploadAsync(new MemoryStream(bytes), new BlobUploadOptions { TransferOptions = new StorageTransferOptions { InitialTransferSize = 256 * 1024, MaximumTransferSize = 256 * 1024 } }, World.Stop);
        using var whole = new MemoryStream();
        await blob.DownloadToAsync(whole, new BlobDownloadToOptions { TransferOptions = new StorageTransferOptions { InitialTransferSize = 100_000, MaximumTransferSize = 700_001 } }, World.Stop);
        var part = (await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(262_140, 10) }, World.Stop)).Value.Content.ToArray();
        BlockList blocks = await blob.GetBlockListAsync(cancellationToken: World.Stop);

        Assert.Equal(bytes, whole.ToArray());
        Assert.Equal(bytes[262_140..262_150], part);
        Assert.Equal(12, blocks.CommittedBlocks.Count());
        Assert.Empty(blocks.UncommittedBlocks);
    }

    [Fact]
    public async Task A_block_list_mixes_old_and_new_blocks_and_refuses_unknown_ones()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("docs");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetBlockBlobClient("parts");
        var (one, two, three) = (Id("1"), Id("2"), Id("3"));
        await blob.StageBlockAsync(one, Stream("one,"), cancellationToken: World.Stop);
        await blob.StageBlockAsync(two, Stream("two,"), cancellationToken: World.Stop);
        await blob.CommitBlockListAsync([one, two], cancellationToken: World.Stop);
        await blob.StageBlockAsync(three, Stream("three"), cancellationToken: World.Stop);
        await blob.CommitBlockListAsync([two, three], cancellationToken: World.Stop);

        Assert.Equal("two,three", (await blob.DownloadContentAsync(World.Stop)).Value.Content.ToString());
        Assert.Equal("InvalidBlockList", (await Refused(() => blob.CommitBlockListAsync([one], cancellationToken: World.Stop))).ErrorCode);
    }

    [Fact]
    public async Task Lists_are_paged_and_grouped_by_a_delimiter()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var service = world.Blobs();
        var container = service.GetBlobContainerClient("docs");
        await container.CreateAsync(cancellationToken: World.Stop);
        await service.CreateBlobContainerAsync("other", cancellationToken: World.Stop);
        foreach (var name in (string[])["a/1", "a/2", "b", "c/1", "d"])
            await container.UploadBlobAsync(name, BinaryData.FromString(name), World.Stop);
        var containers = new List<string>();
        await foreach (var item in service.GetBlobContainersAsync(cancellationToken: World.Stop))
            containers.Add(item.Name);
        var flat = new List<string>();
        await foreach (var page in container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, World.Stop).AsPages(pageSizeHint: 2))
        {
            Assert.InRange(page.Values.Count, 1, 2);
            flat.AddRange(page.Values.Select(item => item.Name));
        }
        var grouped = new List<string>();
        await foreach (var page in container.GetBlobsByHierarchyAsync(new GetBlobsByHierarchyOptions { Delimiter = "/" }, World.Stop).AsPages(pageSizeHint: 1))
            grouped.AddRange(page.Values.Select(item => item.IsPrefix ? item.Prefix : item.Blob.Name));

        Assert.Equal(["docs", "other"], containers);
        Assert.Equal(["a/1", "a/2", "b", "c/1", "d"], flat);
        Assert.Equal(["a/", "b", "c/", "d"], grouped);
    }

    [Fact]
    public async Task Conditions_decide_who_writes()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("docs");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetBlobClient("once");
        var first = (await blob.UploadAsync(BinaryData.FromString("1"), overwrite: false, World.Stop)).Value.ETag;
        Assert.Equal("BlobAlreadyExists", (await Refused(() => blob.UploadAsync(BinaryData.FromString("2"), overwrite: false, World.Stop))).ErrorCode);
        await blob.UploadAsync(BinaryData.FromString("3"), new BlobUploadOptions { Conditions = new BlobRequestConditions { IfMatch = first } }, World.Stop);
        var stale = await Refused(() => blob.UploadAsync(BinaryData.FromString("4"), new BlobUploadOptions { Conditions = new BlobRequestConditions { IfMatch = first } }, World.Stop));
        Assert.Equal((412, "ConditionNotMet"), (stale.Status, stale.ErrorCode));
        var tag = (await blob.GetPropertiesAsync(cancellationToken: World.Stop)).Value.ETag;
        var same = await world.BlobAsync("GET", "stdata", "/docs/once", null, ("If-None-Match", tag.ToString("H")));

        Assert.Equal((304, 0), (same.Status, same.Bytes.Length));
        Assert.Equal("3", (await blob.DownloadContentAsync(World.Stop)).Value.Content.ToString());
    }

    [Fact]
    public async Task An_append_blob_grows_at_its_end_and_nowhere_else()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("journal");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetAppendBlobClient("journal.jsonl");
        await blob.CreateAsync(cancellationToken: World.Stop);
        for (var i = 0; i < 20; i++)
        {
            BlobAppendInfo info = await blob.AppendBlockAsync(Stream($"line {i:D2}\n"), new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = i * 8 } }, World.Stop);
            Assert.Equal((i * 8).ToString(System.Globalization.CultureInfo.InvariantCulture), info.BlobAppendOffset);
            Assert.Equal(i + 1, info.BlobCommittedBlockCount);
        }
        var twice = await Refused(() => blob.AppendBlockAsync(Stream("line 20\n"), new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = 19 * 8 } }, World.Stop));
        var full = await Refused(() => blob.AppendBlockAsync(Stream("line 20\n"), new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfMaxSizeLessThanOrEqual = 161 } }, World.Stop));
        var middle = (await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(60, 20) }, World.Stop)).Value.Content.ToString();
        await blob.SealAsync(cancellationToken: World.Stop);

        Assert.Equal((412, "AppendPositionConditionNotMet"), (twice.Status, twice.ErrorCode));
        Assert.Equal((412, "MaxBlobSizeConditionNotMet"), (full.Status, full.ErrorCode));
        Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(i => $"line {i:D2}\n")).Substring(60, 20), middle);
        Assert.Equal("BlobIsSealed", (await Refused(() => blob.AppendBlockAsync(Stream("x"), cancellationToken: World.Stop))).ErrorCode);
    }

    [Fact]
    public async Task Of_many_appends_at_one_position_exactly_one_succeeds()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("journal");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetAppendBlobClient("journal.jsonl");
        await blob.CreateAsync(cancellationToken: World.Stop);
        var tries = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
        {
            try
            {
                await blob.AppendBlockAsync(Stream($"writer {i:D2}"), new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = 0 } }, World.Stop);
                return i;
            }
            catch (RequestFailedException refused) when (refused.ErrorCode == "AppendPositionConditionNotMet")
            {
                return -1;
            }
        })));

        var winner = Assert.Single(tries, index => index >= 0);
        Assert.Equal($"writer {winner:D2}", (await blob.DownloadContentAsync(World.Stop)).Value.Content.ToString());
    }

    [Fact]
    public async Task A_lost_answer_to_an_append_is_settled_by_reading_the_range_back()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("journal");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetAppendBlobClient("journal.jsonl");
        await blob.CreateAsync(cancellationToken: World.Stop);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.LostResponse, Host = "stdata.blob.*", Method = "PUT", Count = 1 });
        var conditions = new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = 0 } };
        Assert.Equal(0, (await Refused(() => blob.AppendBlockAsync(Stream("entry\n"), conditions, World.Stop))).Status);
        var again = await Refused(() => blob.AppendBlockAsync(Stream("entry\n"), conditions, World.Stop));

        Assert.Equal("AppendPositionConditionNotMet", again.ErrorCode);
        Assert.Equal("entry\n", (await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(0, 6) }, World.Stop)).Value.Content.ToString());
    }

    [Fact]
    public async Task A_lease_keeps_everybody_else_from_writing_until_it_ends()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("journal");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetAppendBlobClient("journal.jsonl");
        await blob.CreateAsync(cancellationToken: World.Stop);
        var lease = blob.GetBlobLeaseClient();
        await lease.AcquireAsync(TimeSpan.FromSeconds(60), cancellationToken: World.Stop);
        AppendBlobAppendBlockOptions With(string? id) => new() { Conditions = new AppendBlobRequestConditions { LeaseId = id } };

        Assert.Equal("LeaseAlreadyPresent", (await Refused(() => blob.GetBlobLeaseClient().AcquireAsync(TimeSpan.FromSeconds(15), cancellationToken: World.Stop))).ErrorCode);
        Assert.Equal("LeaseIdMissing", (await Refused(() => blob.AppendBlockAsync(Stream("x"), With(null), World.Stop))).ErrorCode);
        Assert.Equal("LeaseIdMissing", (await Refused(() => blob.DeleteAsync(cancellationToken: World.Stop))).ErrorCode);
        Assert.Equal("LeaseIdMismatchWithBlobOperation", (await Refused(() => blob.AppendBlockAsync(Stream("x"), With(Guid.Empty.ToString()), World.Stop))).ErrorCode);
        await blob.AppendBlockAsync(Stream("mine"), With(lease.LeaseId), World.Stop);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(50));
        await lease.RenewAsync(cancellationToken: World.Stop);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(50));
        BlobProperties held = await blob.GetPropertiesAsync(cancellationToken: World.Stop);
        Assert.Equal((LeaseState.Leased, LeaseStatus.Locked, LeaseDurationType.Fixed), (held.LeaseState, held.LeaseStatus, held.LeaseDuration));
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("LeaseLost", (await Refused(() => blob.AppendBlockAsync(Stream("late"), With(lease.LeaseId), World.Stop))).ErrorCode);
        await blob.AppendBlockAsync(Stream(", hers"), With(null), World.Stop);
        Assert.Equal("LeaseNotPresentWithLeaseOperation", (await Refused(() => lease.RenewAsync(cancellationToken: World.Stop))).ErrorCode);

        Assert.Equal("mine, hers", (await blob.DownloadContentAsync(World.Stop)).Value.Content.ToString());
    }

    [Fact]
    public async Task Leases_are_changed_released_and_broken()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("journal");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetBlobClient("x");
        await blob.UploadAsync(BinaryData.FromString("1"), World.Stop);
        var lease = blob.GetBlobLeaseClient();
        await lease.AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration, cancellationToken: World.Stop);
        var other = "0d7c7a1e-5f6d-4c2e-9b1f-2f0a6a7f1c11";
        await lease.ChangeAsync(other, cancellationToken: World.Stop);
        Assert.Equal(other, lease.LeaseId);
        var broken = await lease.BreakAsync(TimeSpan.FromSeconds(30), cancellationToken: World.Stop);
        Assert.Equal(30, broken.Value.LeaseTime);
        Assert.Equal("LeaseIdMissing", (await Refused(() => blob.DeleteAsync(cancellationToken: World.Stop))).ErrorCode);
        Assert.Equal("LeaseIsBrokenAndCannotBeRenewed", (await Refused(() => lease.RenewAsync(cancellationToken: World.Stop))).ErrorCode);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(LeaseState.Broken, (await blob.GetPropertiesAsync(cancellationToken: World.Stop)).Value.LeaseState);
        await lease.ReleaseAsync(cancellationToken: World.Stop);
        await container.GetBlobLeaseClient().AcquireAsync(TimeSpan.FromSeconds(15), cancellationToken: World.Stop);
        Assert.Equal("LeaseIdMissing", (await Refused(() => container.DeleteAsync(cancellationToken: World.Stop))).ErrorCode);
        await blob.DeleteAsync(cancellationToken: World.Stop);
    }

    [Fact]
    public async Task The_clients_own_checksums_agree_with_the_services()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("docs");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetAppendBlobClient("sums");
        await blob.CreateAsync(cancellationToken: World.Stop);
        await blob.AppendBlockAsync(Stream("checked by MD5."), new AppendBlobAppendBlockOptions { TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 } }, World.Stop);
        // The client computes the checksum of what it reads and compares it with the header.
        var read = await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(0, 7), TransferValidation = new DownloadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5, AutoValidateChecksum = true } }, World.Stop);
        var wrong = await world.BlobAsync("PUT", "stdata", "/docs/sums?comp=appendblock", "bytes"u8.ToArray(), ("Content-MD5", Convert.ToBase64String(new byte[16])));
        var sum = StorageCrc64HashAlgorithm.Create();
        sum.Append("123456789"u8);
        var crc = await world.BlobAsync("PUT", "stdata", "/docs/sums?comp=appendblock", "123456789"u8.ToArray(), ("x-ms-content-crc64", "iJgn+hnHEK4="));

        Assert.Equal("checked", read.Value.Content.ToString());
        Assert.Equal((400, "Md5Mismatch"), (wrong.Status, wrong.BlobError()));
        // CRC-64/NVME of the nine digits is AE8B14860A799888 in the catalogue of parametrised CRC algorithms.
        Assert.Equal("8898790A86148BAE", Convert.ToHexString(sum.GetCurrentHash()));
        Assert.Equal("Crc64Mismatch", crc.BlobError());
        Assert.Equal(201, (await world.BlobAsync("PUT", "stdata", "/docs/sums?comp=appendblock", "123456789"u8.ToArray(), ("x-ms-content-crc64", Convert.ToBase64String(Convert.FromHexString("8898790A86148BAE"))))).Status);
    }

    [Fact]
    public async Task Roles_decide_who_reads_writes_and_adds()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        await world.Blobs().CreateBlobContainerAsync("docs", cancellationToken: World.Stop);
        await world.Blobs().GetBlobContainerClient("docs").UploadBlobAsync("x", BinaryData.FromString("1"), World.Stop);
        var reader = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "reader");
        var contributor = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "contributor");
        var nobody = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "nobody");
        await world.ArmGrantAsync(world.AccountId() + "/blobServices/default/containers/docs", StorageKit.BlobReader, reader.ObjectId);
        await world.ArmGrantAsync(world.AccountId(), StorageKit.BlobContributor, contributor.ObjectId);
        await world.ArmGrantAsync(world.Group, Roles.Owner, nobody.ObjectId);

        Assert.Equal("1", (await world.Blobs(@as: reader).GetBlobContainerClient("docs").GetBlobClient("x").DownloadContentAsync(World.Stop)).Value.Content.ToString());
        Assert.Equal("AuthorizationPermissionMismatch", (await Refused(() => world.Blobs(@as: reader).GetBlobContainerClient("docs").UploadBlobAsync("y", BinaryData.FromString("2"), World.Stop))).ErrorCode);
        await world.Blobs(@as: contributor).GetBlobContainerClient("docs").UploadBlobAsync("y", BinaryData.FromString("2"), World.Stop);
        // Owner of the control plane has no data actions.
        Assert.Equal("AuthorizationPermissionMismatch", (await Refused(() => world.Blobs(@as: nobody).GetBlobContainerClient("docs").GetBlobClient("x").DownloadContentAsync(World.Stop))).ErrorCode);
    }

    [Fact]
    public async Task A_key_of_the_account_opens_everything_until_it_is_regenerated_or_forbidden()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var service = await world.KeyedBlobsAsync();
        var container = service.GetBlobContainerClient("docs");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetBlobClient("ä/ö + %2F?.txt");
        await blob.UploadAsync(BinaryData.FromString("signed"), new BlobUploadOptions { Metadata = new Dictionary<string, string> { ["zeta"] = "1", ["alpha"] = "2" } }, World.Stop);
        Assert.Equal("signed", (await blob.DownloadContentAsync(World.Stop)).Value.Content.ToString());
        await foreach (var item in container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = "ä" }, World.Stop))
            Assert.Equal("ä/ö + %2F?.txt", item.Name);
        Assert.Contains(world.Azure.Calls.Since(), call => call is { Operation: "Get Blob", Application: "SharedKey", Principal: null });

        await world.ArmAsync("POST", world.AccountId() + "/regenerateKey", new System.Text.Json.Nodes.JsonObject { ["keyName"] = "key1" });
        Assert.Equal("AuthenticationFailed", (await Refused(() => blob.DownloadContentAsync(World.Stop))).ErrorCode);
        var renewed = (await world.KeyedBlobsAsync()).GetBlobContainerClient("docs").GetBlobClient(blob.Name);
        Assert.True((await renewed.ExistsAsync(World.Stop)).Value);
        (await world.ArmAsync("PATCH", world.AccountId(), new System.Text.Json.Nodes.JsonObject { ["properties"] = new System.Text.Json.Nodes.JsonObject { ["allowSharedKeyAccess"] = false } })).Expect(200);
        Assert.Equal("KeyBasedAuthenticationNotPermitted", (await Refused(() => renewed.DownloadContentAsync(World.Stop))).ErrorCode);
    }

    [Fact]
    public async Task Wrong_tokens_firewalls_and_absurd_requests_get_their_documented_errors()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var blob = "https://stdata.blob.core.windows.net/docs/x";
        var bare = await world.SendAsync("GET", blob, token: "");
        Assert.Equal((401, "NoAuthenticationInformation"), (bare.Status, bare.BlobError()));
        Assert.Contains("resource_id=https://storage.azure.com", bare.Header("WWW-Authenticate")!, StringComparison.Ordinal);
        var wrong = await world.SendAsync("GET", blob, token: await world.TokenAsync("https://vault.azure.net", world.Owner));
        Assert.Equal((401, "InvalidAuthenticationInfo"), (wrong.Status, wrong.BlobError()));
        Assert.Equal((404, "ContainerNotFound"), Of(await world.BlobAsync("GET", "stdata", "/docs/x")));
        Assert.Equal((400, "InvalidResourceName"), Of(await world.BlobAsync("PUT", "stdata", "/Docs?restype=container")));
        Assert.Equal((400, "InvalidQueryParameterValue"), Of(await world.BlobAsync("GET", "stdata", "/docs?comp=nonsense")));
        Assert.Equal((501, "NotImplemented"), Of(await world.BlobAsync("PUT", "stdata", "/docs/x?comp=snapshot")));
        await Assert.ThrowsAsync<HttpRequestException>(() => world.BlobAsync("GET", "stnobody", "/docs/x"));
        (await world.ArmAsync("PATCH", world.AccountId(), new System.Text.Json.Nodes.JsonObject { ["properties"] = new System.Text.Json.Nodes.JsonObject { ["networkAcls"] = new System.Text.Json.Nodes.JsonObject { ["defaultAction"] = "Deny" } } })).Expect(200);
        Assert.Equal((403, "AuthorizationFailure"), Of(await world.BlobAsync("GET", "stdata", "/docs/x")));
    }

    private static (int, string?) Of(Reply reply) => (reply.Status, reply.BlobError());

    private static async Task<RequestFailedException> Refused(Func<Task> action) => await Assert.ThrowsAsync<RequestFailedException>(action);

    private static string Id(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));
}
