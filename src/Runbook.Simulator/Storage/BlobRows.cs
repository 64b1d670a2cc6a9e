using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>A container of blobs. The copy in a secondary region is a row of its own.</summary>
internal sealed record BlobContainer
{
    public required string Account { get; init; }

    public required string Name { get; init; }

    public required string ETag { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Modified { get; init; }

    /// <summary>Scope of blobs that name none; <see langword="null"/> for the account's key.</summary>
    public string? DefaultScope { get; init; }

    /// <summary>Blobs may name no other scope.</summary>
    public bool DenyScopeOverride { get; init; }

    public SortedDictionary<string, string>? Metadata { get; init; }

    public BlobLease? Lease { get; init; }

    public ImmutabilityPolicy? Immutability { get; init; }

    /// <summary>Tags of legal holds.</summary>
    public IReadOnlyList<string>? LegalHold { get; init; }

    public string Key => KeyOf(Account, Name);

    public static string KeyOf(string account, string name) => $"{account}/{name}";
}

/// <summary>How long blobs of a container can be neither changed nor deleted.</summary>
internal sealed record ImmutabilityPolicy
{
    public required int Days { get; init; }

    public required bool Locked { get; init; }

    /// <summary>Append blobs may grow all the same.</summary>
    public required bool AllowAppends { get; init; }

    /// <summary>Append blobs and block blobs may grow all the same.</summary>
    public required bool AllowAppendsAll { get; init; }

    public required string ETag { get; init; }

    public required IReadOnlyList<PolicyChange> History { get; init; }
}

/// <summary>One change of an immutability policy.</summary>
internal sealed record PolicyChange(string Update, int Days, DateTimeOffset At, string? ObjectId);

/// <summary>An exclusive right to write and delete.</summary>
internal sealed record BlobLease
{
    public required string Id { get; init; }

    /// <summary>Seconds; -1 for one without an end.</summary>
    public required int Duration { get; init; }

    /// <summary>When it ends unless it is renewed; <see langword="null"/> for one without an end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>It is being broken, and ends then.</summary>
    public DateTimeOffset? BreaksAt { get; init; }

    public string StateAt(DateTimeOffset now) =>
        BreaksAt is { } end ? now < end ? "breaking" : "broken"
        : Until is { } until && now >= until ? "expired" : "leased";

    /// <summary>Whether it keeps others out.</summary>
    public bool HoldsAt(DateTimeOffset now) => StateAt(now) is "leased" or "breaking";
}

/// <summary>A blob as it is committed.</summary>
internal sealed record BlobItem
{
    public const string Block = "BlockBlob";
    public const string Append = "AppendBlob";

    public required string Account { get; init; }

    public required string Container { get; init; }

    public required string Name { get; init; }

    public required string Type { get; init; }

    /// <summary>Names its content: an append blob's chunks are found under it.</summary>
    public required string Content { get; init; }

    public required long Length { get; init; }

    /// <summary>Number of chunks of an append blob.</summary>
    public int Appends { get; init; }

    /// <summary>Chunks of a block blob, in order.</summary>
    public IReadOnlyList<BlobBlock>? Blocks { get; init; }

    public required string ETag { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Modified { get; init; }

    public required BlobHeaders Headers { get; init; }

    /// <summary>Scope whose key encrypts it; <see langword="null"/> for the account's.</summary>
    public string? Scope { get; init; }

    /// <summary>Names and values, encrypted; <see langword="null"/> where there are none.</summary>
    [Unrepeatable]
    public byte[]? Metadata { get; init; }

    public string? Tier { get; init; }

    /// <summary>An append blob that takes no more.</summary>
    public bool Sealed { get; init; }

    public BlobLease? Lease { get; init; }

    public string Key => KeyOf(Account, Container, Name);

    public static string KeyOf(string account, string container, string name) => $"{account}/{container}/{name}";
}

/// <summary>One block of a block blob.</summary>
/// <param name="Id">As its writer named it, base64; empty for a blob that was put whole.</param>
/// <param name="Chunk">Key of the bytes.</param>
/// <param name="Length">Bytes before encryption.</param>
internal sealed record BlobBlock(string Id, string Chunk, int Length);

/// <summary>Headers that are stored with a blob and sent with it.</summary>
internal sealed record BlobHeaders
{
    public string ContentType { get; init; } = "application/octet-stream";

    public string? ContentEncoding { get; init; }

    public string? ContentLanguage { get; init; }

    public string? ContentDisposition { get; init; }

    public string? CacheControl { get; init; }

    public byte[]? ContentMd5 { get; init; }
}

/// <summary>Bytes of a blob as they lie on disk: encrypted.</summary>
internal sealed record BlobChunk
{
    /// <summary>Where it begins in an append blob.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes before encryption.</summary>
    public required int Length { get; init; }

    [Unrepeatable]
    public required byte[] Bytes { get; init; }
}

/// <summary>A block that was sent and not committed yet.</summary>
internal sealed record StagedBlock
{
    public required string Id { get; init; }

    public required string Chunk { get; init; }

    public required int Length { get; init; }

    public string? Scope { get; init; }

    /// <summary>Uncommitted blocks go after a week.</summary>
    public required DateTimeOffset At { get; init; }
}
