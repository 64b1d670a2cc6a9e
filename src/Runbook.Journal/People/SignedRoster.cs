namespace Runbook.Journal;

/// <summary>A roster and its authority's signature.</summary>
public sealed class SignedRoster
{
    private readonly DsseEnvelope _envelope;

    private SignedRoster(Roster roster, DsseEnvelope envelope)
    {
        (Roster, _envelope) = (roster, envelope);
        Envelope = envelope.ToFile();
    }

    /// <summary>The roster.</summary>
    public Roster Roster { get; }

    /// <summary>The envelope's file.</summary>
    public ReadOnlyMemory<byte> Envelope { get; }

    /// <summary>The key that claims to have signed it.</summary>
    public Digest Authority => _envelope.Signatures[0].KeyId;

    /// <summary>Signs a roster.</summary>
    /// <param name="roster">The roster.</param>
    /// <param name="authority">The roster authority's key.</param>
    public static SignedRoster Sign(Roster roster, ISigner authority)
        => new(roster, DsseEnvelope.Sign(PayloadTypes.Roster, roster.Canonical.Span, authority));

    /// <summary>Reads a roster and its envelope. Says nothing of the signature.</summary>
    /// <param name="roster">The roster's file.</param>
    /// <param name="envelope">The envelope's file.</param>
    /// <param name="result">The two, or <see langword="null"/>.</param>
    /// <param name="flaw">What is wrong, as a phrase; empty where nothing is.</param>
    public static bool TryRead(ReadOnlySpan<byte> roster, ReadOnlySpan<byte> envelope, out SignedRoster? result, out string flaw)
    {
        result = null;
        if (!Roster.TryRead(roster, out var read, out flaw)) return false;
        if (!DsseEnvelope.TryRead(envelope, out var dsse) || dsse!.PayloadType != PayloadTypes.Roster || dsse.Signatures.Length != 1)
        {
            flaw = "its envelope is not written the strict way, or not signed once";
            return false;
        }

        if (!dsse.Payload.Span.SequenceEqual(roster))
        {
            flaw = "its envelope is about another roster";
            return false;
        }

        result = new SignedRoster(read!, dsse);
        return true;
    }

    /// <summary>Checks the signature.</summary>
    /// <param name="authority">The authority's key, known from elsewhere.</param>
    public bool IsSignedBy(VerifyingKey authority) => _envelope.Holds(_envelope.Signatures[0], authority);
}
