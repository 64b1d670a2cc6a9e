using System.Diagnostics.CodeAnalysis;

namespace Runbook.Journal;

/// <summary>
/// The roster authorities that whoever verifies trusts: public keys that came from outside the session's folder.
/// </summary>
/// <remarks>A folder never vouches for itself. The built-in rehearsal authority counts for sessions on the embedded Azure
/// and for no other, whatever is given here: <see cref="TryFind"/>.</remarks>
public sealed class TrustedAuthorities
{
    private readonly Dictionary<Digest, (VerifyingKey Key, string Source)> _keys = [];

    /// <summary>Trusts nobody, apart from the rehearsal authority where it counts.</summary>
    public static TrustedAuthorities None => new();

    /// <summary>The keys, by id.</summary>
    public IEnumerable<Digest> KeyIds => _keys.Keys;

    /// <summary>Trusts a key.</summary>
    /// <param name="pem">The authority's public key in PEM.</param>
    /// <param name="source">Where it came from, as a report shows it.</param>
    /// <returns><see langword="false"/> where the text holds no key of ours, or the rehearsal authority's.</returns>
    public bool TryAdd(string pem, string source)
    {
        if (VerifyingKey.TryImportPem(pem) is not { } key) return false;
        if (key.KeyId == Rehearsal.Authority.PublicKey.KeyId)
        {
            key.Dispose();
            return false;
        }

        _keys[key.KeyId] = (key, source);
        return true;
    }

    /// <summary>Finds an authority that counts.</summary>
    /// <param name="keyId">The key that a roster names.</param>
    /// <param name="isEmbedded">Whether line 1 of the session is about the embedded Azure.</param>
    /// <param name="key">The key.</param>
    /// <param name="source">Where it came from.</param>
    public bool TryFind(Digest keyId, bool isEmbedded, [NotNullWhen(true)] out VerifyingKey? key, out string source)
    {
        (key, source) = (null, "");
        if (_keys.TryGetValue(keyId, out var known))
        {
            (key, source) = known;
            return true;
        }

        if (!isEmbedded || keyId != Rehearsal.Authority.PublicKey.KeyId) return false;
        (key, source) = (Rehearsal.Authority.PublicKey, "the built-in rehearsal authority");
        return true;
    }
}
