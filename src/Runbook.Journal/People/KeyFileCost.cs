using System.Formats.Asn1;

namespace Runbook.Journal;

/// <summary>Looks at how a key file is encrypted before any work is done for it (RFC 8018, PBES2).</summary>
internal static class KeyFileCost
{
    /// <summary>Rounds above this would only keep the reader busy.</summary>
    private const int RoundsMax = 20_000_000;

    private const string Pbes2 = "1.2.840.113549.1.5.13";

    internal static void Refuse(byte[] der)
    {
        try
        {
            var info = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            var algorithm = info.ReadSequence();
            if (algorithm.ReadObjectIdentifier() != Pbes2) throw new PersonKeyException(PersonKeyFailure.Unreadable, "The key file is encrypted in another way than PBES2.");
            var derivation = algorithm.ReadSequence().ReadSequence();
            derivation.ReadObjectIdentifier();
            var parameters = derivation.ReadSequence();
            parameters.ReadOctetString();
            if (!parameters.TryReadInt32(out var rounds) || rounds is < 1 or > RoundsMax)
                throw new PersonKeyException(PersonKeyFailure.Unreadable, $"The key file asks for more than {RoundsMax} rounds.");
        }
        catch (AsnContentException e)
        {
            throw new PersonKeyException(PersonKeyFailure.Unreadable, "The key file does not hold a PKCS#8 key.", e);
        }
    }
}
