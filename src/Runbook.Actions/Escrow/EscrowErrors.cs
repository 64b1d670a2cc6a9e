using System.Collections.Immutable;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>What may go wrong with secrets in the keeping of holders.</summary>
internal static class EscrowErrors
{
    /// <summary>All of it.</summary>
    public static ImmutableArray<ActionError> All { get; } =
    [
        new("FileNotFound", "A file is not there.", "Nothing was written.", "Look for it in the session's folder."),
        new("CertificateUnusable", "A certificate is for a key that can't seal, or too short.", "Nothing was written.", "Have one handed in for an RSA key of 2048 bits and more."),
        new("CertificateTwice", "Two of the certificates are for one key: one person would hold two shares.", "Nothing was written.", "Have each holder hand in a certificate of their own."),
        new("QuorumTooLarge", "More holders are asked for than there are.", "Nothing was written.", "Ask for fewer, or name more holders."),
        new("KeyUnreadable", "A file holds no private key that can be used.", "Nothing was written.", "Its holder takes the passphrase off for the moment: openssl pkey -in KEY -out PLAIN."),
        new("EscrowUnreadable", "The file is no escrow.", "Nothing was written.", "Look for the right file; its digest stands in the transcript of the session that made it."),
        new("TooFewShares", "The keys open too few of the shares.", "Nothing was written, and nothing of the secret is known.", "Have more of the holders bring their keys."),
        new("OtherSecret", "The shares give another secret than the one that was split.", "Nothing was written.", "The file was changed: look for another copy of it."),
    ];

    /// <summary>Certificates that can seal, each for a key of its own.</summary>
    /// <exception cref="FileRefusedException">One can't, or two are for one key.</exception>
    public static IReadOnlyList<WrappingCertificate> Usable(IReadOnlyList<WrappingCertificate> holders)
    {
        if (holders.FirstOrDefault(c => c.KeyType != "RSA" || c.KeyBits < ActionsLimits.WrappingKeyBitsMin) is { } weak) throw new FileRefusedException("CertificateUnusable", $"'{weak.Name}' is for {weak.KeyType} of {weak.KeyBits} bits; RSA of {ActionsLimits.WrappingKeyBitsMin} bits and more is taken.");
        return holders.DistinctBy(c => c.KeyDigest, StringComparer.Ordinal).Count() == holders.Count ? holders : throw new FileRefusedException("CertificateTwice", "Two of the certificates are for one key: one person would hold two shares.");
    }
}
