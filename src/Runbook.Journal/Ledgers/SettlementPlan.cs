namespace Runbook.Journal;

/// <summary>What people agree to when they settle an effect that no probe can tell.</summary>
public static class SettlementPlan
{
    /// <summary>The <c>plan</c> of a request over <c>in-doubt:&lt;effect&gt;</c>.</summary>
    /// <param name="effect">The effect.</param>
    /// <param name="settled">What is proposed.</param>
    /// <returns>SHA-256 of the canonical text <c>{"effect":"…","settledAs":"…"}</c>, so that a signature fixes the
    /// decision and not just the question.</returns>
    public static Digest DigestOf(EffectId effect, Settlement settled)
    {
        var writer = new FieldWriter();
        writer.Begin();
        writer.Token("effect", effect.ToString());
        writer.Word<Settlement>("settledAs", settled);
        writer.End();
        return Digest.Of(writer.Written);
    }
}
