using System.Collections.Concurrent;
using System.Security.Cryptography;
using Runbook.Journal;

namespace Runbook.Cli.Exploring;

/// <summary>
/// The keys of explored runs, made once, and what they signed. Runs are alike until something goes wrong in them, so most of
/// what one signs another has signed before; a deterministic signature of the same text is the same.
/// </summary>
internal static class SharedSigners
{
    private const int KeptMax = 200_000;

    private static readonly ConcurrentDictionary<string, ISigner> ByPerson = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, ISigner> BySeed = new(StringComparer.Ordinal);

    /// <summary>A rehearsal person's key; <see langword="null"/> for anybody else.</summary>
    public static ISigner? Of(string person) => Rehearsal.People.Contains(person) ? ByPerson.GetOrAdd(person, static p => new Remembering(Rehearsal.KeyOf(p))) : null;

    /// <summary>A session's or guard's key.</summary>
    public static ISigner New(IRandomSource random)
    {
        Span<byte> seed = stackalloc byte[32];
        random.Fill(seed);
        var bytes = seed.ToArray();
        return BySeed.GetOrAdd(Convert.ToHexString(seed), _ => new Remembering(DeterministicSigner.FromSeed(bytes)));
    }

    private sealed class Remembering(ISigner signer) : ISigner
    {
        private readonly ConcurrentDictionary<Digest, byte[]> _signed = new();

        public VerifyingKey PublicKey => signer.PublicKey;

        public byte[] Sign(ReadOnlySpan<byte> message, HashAlgorithmName hash)
        {
            if (hash != HashAlgorithmName.SHA256) return signer.Sign(message, hash);
            var digest = Digest.Of(message);
            if (_signed.TryGetValue(digest, out var known)) return known;
            if (_signed.Count >= KeptMax) _signed.Clear();
            return _signed[digest] = signer.Sign(message, hash);
        }
    }
}
