using System.Globalization;
using System.Text;
using System.Text.Json;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>Blobs with the encrypted bytes that they consist of. Bytes that neither region's row needs any more go at once.</summary>
internal static class BlobContent
{
    /// <summary>Stores a blob in the place of the one of its name.</summary>
    public static void Put(EstateTransaction tx, BlobItem item)
    {
        var before = tx.Find(Tables.Blobs, item.Key);
        tx.Put(Tables.Blobs, item.Key, item);
        if (before is not null)
            Release(tx, before);
    }

    public static void Remove(EstateTransaction tx, BlobItem item)
    {
        if (tx.Remove(Tables.Blobs, item.Key))
            Release(tx, item);
    }

    public static void DropContainer(EstateTransaction tx, BlobContainer container)
    {
        foreach (var (_, blob) in tx.Scan(Tables.Blobs, container.Key + "/").ToList())
            Remove(tx, blob);
        foreach (var (key, block) in tx.Scan(Tables.StagedBlocks, container.Key + "/").ToList())
        {
            tx.Remove(Tables.StagedBlocks, key);
            tx.Remove(Tables.Chunks, block.Chunk);
        }
        tx.Remove(Tables.Containers, container.Key);
    }

    public static string ChunkOf(string content, int number) => string.Create(CultureInfo.InvariantCulture, $"{content}/{number:D6}");

    /// <summary>Encrypts bytes and stores them; the key binds them to their place.</summary>
    public static void Write(EstateTransaction tx, BlobKeys keys, string chunk, long offset, ReadOnlySpan<byte> bytes) =>
        tx.Put(Tables.Chunks, chunk, new BlobChunk { Offset = offset, Length = bytes.Length, Bytes = BlobCipher.Seal(keys, chunk, bytes) });

    /// <summary>The bytes of a blob from an offset on.</summary>
    public static byte[] Read(EstateView view, BlobKeys keys, BlobItem item, long offset, int length)
    {
        var result = new byte[length];
        var done = 0;
        foreach (var (chunk, begins) in ChunksFrom(view, item, offset))
        {
            if (done == length)
                break;
            var row = view.Find(Tables.Chunks, chunk) ?? throw new InvalidDataException($"The bytes \"{chunk}\" of the blob \"{item.Key}\" are gone.");
            var plain = BlobCipher.Open(keys, chunk, row.Bytes);
            var skip = (int)(offset + done - begins);
            var take = Math.Min(plain.Length - skip, length - done);
            plain.AsSpan(skip, take).CopyTo(result.AsSpan(done));
            done += take;
        }
        return done == length ? result : throw new InvalidDataException($"The blob \"{item.Key}\" is shorter than its length.");
    }

    public static byte[]? SealMetadata(BlobKeys keys, string content, SortedDictionary<string, string> metadata) =>
        metadata.Count == 0 ? null : BlobCipher.Seal(keys, content + "/metadata", JsonSerializer.SerializeToUtf8Bytes(metadata, EstateJson.Default.SortedDictionaryStringString));

    public static SortedDictionary<string, string> OpenMetadata(BlobKeys keys, BlobItem item) =>
        item.Metadata is null ? [] : JsonSerializer.Deserialize(BlobCipher.Open(keys, item.Content + "/metadata", item.Metadata), EstateJson.Default.SortedDictionaryStringString)!;

    /// <summary>Staged blocks of a blob have keys that begin so.</summary>
    public static string StagedPrefix(string account, string container, string blob) => BlobItem.KeyOf(account, container, blob) + "\n";

    public static string StagedKey(string account, string container, string blob, string block) =>
        StagedPrefix(account, container, blob) + Convert.ToHexString(Encoding.UTF8.GetBytes(block));

    private static IEnumerable<(string Chunk, long Begins)> ChunksFrom(EstateView view, BlobItem item, long offset)
    {
        if (item.Blocks is { } blocks)
        {
            long begins = 0;
            foreach (var block in blocks)
            {
                if (begins + block.Length > offset)
                    yield return (block.Chunk, begins);
                begins += block.Length;
            }
            yield break;
        }
        for (var number = FirstAt(view, item, offset); number < item.Appends; number++)
        {
            var chunk = ChunkOf(item.Content, number);
            yield return (chunk, view.Find(Tables.Chunks, chunk)!.Offset);
        }
    }

    /// <summary>The last chunk that begins at or before an offset, halving.</summary>
    private static int FirstAt(EstateView view, BlobItem item, long offset)
    {
        var (low, high) = (0, item.Appends - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (view.Find(Tables.Chunks, ChunkOf(item.Content, middle))!.Offset <= offset)
                low = middle;
            else
                high = middle - 1;
        }
        return Math.Max(0, low);
    }

    /// <summary>Removes the bytes of a row that was replaced or removed, as far as neither region's row needs them.</summary>
    private static void Release(EstateTransaction tx, BlobItem gone)
    {
        var primary = gone.Account.EndsWith("-secondary", StringComparison.Ordinal) ? gone.Account[..^"-secondary".Length] : gone.Account;
        var here = tx.Find(Tables.Blobs, BlobItem.KeyOf(primary, gone.Container, gone.Name));
        var there = tx.Find(Tables.Blobs, BlobItem.KeyOf(GeoReplication.SecondaryName(primary), gone.Container, gone.Name));
        if (gone.Blocks is { } blocks)
        {
            var live = new HashSet<string>((here?.Blocks ?? []).Concat(there?.Blocks ?? []).Select(block => block.Chunk), StringComparer.Ordinal);
            foreach (var block in blocks)
                if (!live.Contains(block.Chunk))
                    tx.Remove(Tables.Chunks, block.Chunk);
            return;
        }
        var needed = Math.Max(Needs(here), Needs(there));
        for (var number = needed; number < gone.Appends; number++)
            tx.Remove(Tables.Chunks, ChunkOf(gone.Content, number));

        int Needs(BlobItem? row) => row?.Content == gone.Content ? row.Appends : 0;
    }
}
