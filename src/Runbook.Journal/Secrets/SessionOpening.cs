using System.Security.Cryptography;
using System.Text;

namespace Runbook.Journal;

/// <summary>The key that opens a session's commitments: 32 random bytes, kept outside the session's directory.</summary>
/// <remarks>Line 1 holds its digest. Giving an auditor the key of one label opens that one value and no other.</remarks>
public sealed class SessionOpening : IDisposable
{
    /// <summary>Length of the key.</summary>
    public const int KeyBytes = 32;

    private readonly Secret _key;

    /// <summary>Takes a key.</summary>
    /// <param name="key">32 bytes; copied.</param>
    public SessionOpening(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyBytes, nameof(key));
        _key = new Secret(key);
        Digest = Digest.Of(key);
    }

    /// <summary>SHA-256 of the key, as in line 1.</summary>
    public Digest Digest { get; }

    /// <summary>Where a session's opening is kept: beside its directory.</summary>
    /// <param name="directory">The session's directory.</param>
    public static string FileOf(string directory) => Path.TrimEndingDirectorySeparator(directory) + ".opening";

    /// <summary>Makes a new key.</summary>
    /// <param name="random">Where it comes from.</param>
    public static SessionOpening New(IRandomSource random)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        random.Fill(key);
        var opening = new SessionOpening(key);
        CryptographicOperations.ZeroMemory(key);
        return opening;
    }

    /// <summary>Commits to a value.</summary>
    /// <param name="label">What the value is, such as <c>input/wrapping_pin</c>; used for one value only.</param>
    /// <param name="value">The value.</param>
    public Commitment Commit(string label, ReadOnlySpan<byte> value)
    {
        var key = KeyOf(label);
        var hmac = HMACSHA256.HashData(key, value);
        CryptographicOperations.ZeroMemory(key);
        return new Commitment(Convert.ToHexStringLower(hmac), label);
    }

    /// <summary>The key of one label, to be given to somebody who may see that value.</summary>
    /// <param name="label">The label.</param>
    /// <returns>32 bytes; the caller wipes them.</returns>
    public byte[] KeyOf(string label) => HMACSHA256.HashData(_key.Reveal(), Encoding.UTF8.GetBytes("runbook-open/1\n" + label));

    /// <summary>Checks a value against a commitment with the key of its label.</summary>
    /// <param name="commitment">From an entry.</param>
    /// <param name="labelKey">What <see cref="KeyOf"/> gave.</param>
    /// <param name="value">The value that is claimed.</param>
    public static bool Opens(Commitment commitment, ReadOnlySpan<byte> labelKey, ReadOnlySpan<byte> value)
        => CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(labelKey, value), Convert.FromHexString(commitment.Hmac));

    /// <summary>Wipes the key.</summary>
    public void Dispose() => _key.Dispose();

    internal ReadOnlySpan<byte> Reveal() => _key.Reveal();
}
