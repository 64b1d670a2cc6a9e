namespace Runbook.Journal;

/// <summary>Whether an envelope is what a person of the roster signed.</summary>
internal static class SignatureRules
{
    /// <summary>Judges an envelope with one signature.</summary>
    /// <returns><see langword="null"/> where the signature is by a current key of the person, and holds.</returns>
    internal static ApprovalRefusal? Judge(DsseEnvelope envelope, string person, Roster roster, JournalTime at)
    {
        if (envelope.Signatures.Length != 1) return ApprovalRefusal.Malformed;
        var signature = envelope.Signatures[0];
        if (roster.Find(person)?.FindKey(signature.KeyId) is not { } entry || !entry.IsCurrent(at)) return ApprovalRefusal.UnknownKey;
        if (at < roster.ValidFrom || at >= roster.ValidTo) return ApprovalRefusal.UnknownKey;
        using var key = entry.ToVerifyingKey();
        return envelope.Holds(signature, key) ? null : ApprovalRefusal.BadSignature;
    }
}
