namespace Runbook.Engine.Actions;

/// <summary>
/// Proof that the intent of one call is durable, was not answered yet, and holds the approvals that it needs. Only the
/// fold over the journal's entries makes one (its one derived class lives in that file); it is good for one call.
/// </summary>
public abstract class EffectPermit
{
    private int _spent;

    private protected EffectPermit(string effect, long intentSeq, string requestDigest)
    {
        Effect = effect;
        IntentSeq = intentSeq;
        RequestDigest = requestDigest;
    }

    /// <summary>The effect's id: <c>step/visit/attempt</c>.</summary>
    public string Effect { get; }

    /// <summary>The intent's line in the journal.</summary>
    public long IntentSeq { get; }

    /// <summary>Digest of the request that may be made, and of no other.</summary>
    public string RequestDigest { get; }

    /// <summary>Uses the permit up.</summary>
    /// <exception cref="InvalidOperationException">It was used before.</exception>
    public void Spend()
    {
        if (Interlocked.Exchange(ref _spent, 1) != 0) throw new InvalidOperationException($"The permit of {Effect} has been spent: a second call needs a second intent.");
    }
}
