using System.Collections.Immutable;

namespace Runbook.Actions;

/// <summary>Something that is wrong with a transfer blob.</summary>
/// <param name="Part">Which part: <c>file</c>, <c>header</c>, <c>length</c>, <c>kek</c>, <c>oaep</c>, <c>aes-key</c>, <c>kwp</c> or <c>key</c>.</param>
/// <param name="Code">A word for expressions, such as <c>KwpPadding</c>.</param>
/// <param name="Says">What is wrong, in a sentence.</param>
/// <param name="Next">What to do about it.</param>
public sealed record ByokFinding(string Part, string Code, string Says, string Next);

/// <summary>What was found in a transfer blob.</summary>
public sealed record ByokReport
{
    /// <summary>The file as it was read; <see langword="null"/> when it is no JSON object.</summary>
    public ByokFile? File { get; init; }

    /// <summary>SHA-256 of the file: <c>sha256:</c> and 64 hex digits.</summary>
    public required string Digest { get; init; }

    /// <summary>Bytes of the wrapped AES key; <see langword="null"/> while the KEK's size is not known and can't be guessed.</summary>
    public int? WrappedAesKeyBytes { get; init; }

    /// <summary>Bytes of the wrapped key behind it.</summary>
    public int? WrappedKeyBytes { get; init; }

    /// <summary>What the lengths fit, in words, for a blob that was not opened.</summary>
    public ImmutableArray<string> Fits { get; init; } = [];

    /// <summary>Padding of the wrapped AES key, where it was opened.</summary>
    public string? Padding { get; init; }

    /// <summary>The key, where the blob was opened.</summary>
    public WrappedKey? Key { get; init; }

    /// <summary>Whether it was opened: only the private half of the KEK does that, and an HSM keeps it.</summary>
    public bool IsOpened { get; init; }

    /// <summary>What is wrong; empty when nothing is, as far as could be seen.</summary>
    public ImmutableArray<ByokFinding> Findings { get; init; } = [];

    /// <summary>Whether nothing was found wrong.</summary>
    public bool IsWellFormed => Findings.IsEmpty;
}

/// <summary>What is known of a blob beside itself.</summary>
public sealed record ByokExpectation
{
    /// <summary>The version of the KEK that it has to name.</summary>
    public string? Kid { get; init; }

    /// <summary>The KEK.</summary>
    public ExchangeKey? Kek { get; init; }

    /// <summary>Modulus of the RSA key that has to be in it, base64url.</summary>
    public string? Modulus { get; init; }

    /// <summary>Digest of the public half of the key that has to be in it.</summary>
    public string? PublicDigest { get; init; }
}
