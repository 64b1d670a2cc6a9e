using System.Globalization;

namespace Runbook.Journal;

/// <summary>Nobody names a head or a size that the journal does not have.</summary>
internal sealed class HeadCheck(SignedClaims claims, VerifyOptions options)
{
    private bool _isSizeSeen;

    internal CheckLog Log { get; } = new(CheckId.Heads);

    internal void TakeAfter(LineAtHand line, MerkleFrontier after)
    {
        if (claims.Judge(new Head(line.Number, line.Hash), after) is { } claim)
            Log.Fail(Reason.TwoValues, string.Create(CultureInfo.InvariantCulture, $"{claim.Witness} knows another line or root at {claim.Size}"));
        if (line.Number == options.ExpectSize) Expect(line.Number, line.Hash, after.Root());
    }

    internal void Finish(long lines, Digest head, Digest root, StatementCheck statement)
    {
        if (claims.HasAny) Log.Saw();
        if (claims.JudgeEnd(lines) is { } claim) Log.Fail(Reason.Ahead, string.Create(CultureInfo.InvariantCulture, $"{claim.Witness} knows {claim.Size} lines, and there are {lines}"));
        if (options.ExpectSize is { } size && !_isSizeSeen) Log.Fail(Reason.Ahead, string.Create(CultureInfo.InvariantCulture, $"{size} lines were expected, and there are {lines}"));
        if (options.ExpectSize is null) Expect(lines, head, root);

        if (statement.Entries is not { } entries) return;
        Log.Saw();
        if (entries > lines) Log.Fail(Reason.Ahead, string.Create(CultureInfo.InvariantCulture, $"the statement knows {entries} lines, and there are {lines}"));
        else if (entries == lines && statement.Head is { } said && said != head) Log.Fail(Reason.TwoValues, "the statement knows another head");
    }

    private void Expect(long size, Digest head, Digest root)
    {
        _isSizeSeen = true;
        if (options.ExpectHead is { } expectedHead)
        {
            Log.Saw();
            if (expectedHead != head) Log.Fail(Reason.TwoValues, string.Create(CultureInfo.InvariantCulture, $"the head of line {size} is {head.Hex}, expected was {expectedHead.Hex}"));
        }

        if (options.ExpectRoot is { } expectedRoot)
        {
            Log.Saw();
            if (expectedRoot != root) Log.Fail(Reason.TwoValues, string.Create(CultureInfo.InvariantCulture, $"the root over {size} lines is {root.Base64}, expected was {expectedRoot.Base64}"));
        }
    }
}
