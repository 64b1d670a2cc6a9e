using System.Collections.Immutable;
using System.Globalization;

namespace Runbook.Journal;

/// <summary>Finds the first line that is wrong, and says which lines may have been changed.</summary>
internal sealed class BreakFinder(SessionDirectory directory, IJournalDisk disk, CheckpointCheck checkpoints, ChainCheck chain, long lines)
{
    private const int SuspectsMax = 64;

    /// <summary>Looks through what the checks found, in their order.</summary>
    internal BrokenLine? Find(IReadOnlyList<CheckLog> logs)
    {
        CheckLog? first = null;
        foreach (var log in logs)
            if (log.FirstFailure is { Line: { } line } && (first?.FirstFailure is not { Line: { } earliest } || line < earliest))
                first = log;

        // A note whose own line no longer hashes to what the next one says was itself changed: the lines before it are not to blame.
        if (first is { Check: CheckId.Checkpoints, FirstFailure.Line: { } noted } && chain.First is { } after && after.Line == noted + 1) return AtLine(first);

        // A checkpoint covers many lines: it is only asked where no line shows the break itself.
        if (first is null || first.Check == CheckId.Checkpoints) return CheckpointBreak() ?? (first is null ? null : AtLine(first));
        return first.Check == CheckId.Chain && chain.First is { } broken && broken.Line == first.FirstFailure!.Line ? AtChain(broken) : AtLine(first);
    }

    private BrokenLine AtLine(CheckLog log)
    {
        var failure = log.FirstFailure!;
        var line = failure.Line!.Value;
        var sentence = char.ToUpperInvariant(failure.Detail[0]) + failure.Detail[1..] + ".";
        return new BrokenLine(line, OffsetOf(line) + failure.At, log.Check, failure.Reason, null, null, null, [line], [sentence]);
    }

    private BrokenLine AtChain(ChainBreak broken)
    {
        var sentences = ImmutableArray.CreateBuilder<string>();
        var suspects = ImmutableArray.Create(broken.Line);
        if (chain.FirstReason == Reason.PrevMismatch)
        {
            sentences.Add(string.Create(CultureInfo.InvariantCulture, $"Says that line {broken.Line - 1} hashes to {broken.Found![..12]}…, but line {broken.Line - 1} hashes to {broken.Expected![..12]}…"));
            suspects = Narrow(broken.Line, sentences, broken.Sentence);
        }
        else
        {
            sentences.Add(broken.Sentence);
            if (chain.FirstReason == Reason.SeqRepeat) suspects = [broken.Line - 1, broken.Line];
        }

        sentences.Add(string.Create(CultureInfo.InvariantCulture, $"Line {broken.Line} is: {broken.Here}"));
        if (broken.Line > 1) sentences.Add(string.Create(CultureInfo.InvariantCulture, $"Line {broken.Line - 1} is: {broken.Before}"));
        return new BrokenLine(broken.Line, OffsetOf(broken.Line), CheckId.Chain, chain.FirstReason, broken.Expected, broken.Found, broken.Here.Split([' ', ','])[0], suspects, sentences.DrainToImmutable());
    }

    // Which of the two lines was changed: a checkpoint that ends between them and holds vouches for the first.
    private ImmutableArray<long> Narrow(long line, ImmutableArray<string>.Builder sentences, string both)
    {
        var holdsTo = checkpoints.Judged.Where(c => c.Holds).Select(c => c.Size).DefaultIfEmpty(0).Max();
        var failsFrom = checkpoints.Judged.Where(c => !c.Holds).Select(c => c.Size).DefaultIfEmpty(long.MaxValue).Min();
        if (holdsTo == line - 1)
        {
            sentences.Add(string.Create(CultureInfo.InvariantCulture, $"The checkpoint at size {holdsTo} vouches for line {line - 1}: line {line} was changed after it was written."));
            return [line];
        }

        if (failsFrom == line - 1 && holdsTo >= line - 2)
        {
            sentences.Add(string.Create(CultureInfo.InvariantCulture, $"The checkpoint at size {failsFrom} does not hold and ends with line {line - 1}: line {line - 1} was changed after it was written."));
            return [line - 1];
        }

        sentences.Add(both);
        if (failsFrom < long.MaxValue) sentences.Add(string.Create(CultureInfo.InvariantCulture, $"The checkpoint at size {failsFrom} covers both, so it can't say which."));
        return [line - 1, line];
    }

    private BrokenLine? CheckpointBreak()
    {
        var fails = checkpoints.Judged.Where(c => !c.Holds).Select(c => c.Size).DefaultIfEmpty(0).Min();
        if (fails == 0 || fails > lines || checkpoints.Log.FirstFailure is not { } failure) return null;
        var holds = checkpoints.Judged.Where(c => c.Holds && c.Size < fails).Select(c => c.Size).DefaultIfEmpty(0).Max();
        var sentence = holds + 1 == fails
            ? string.Create(CultureInfo.InvariantCulture, $"Line {fails} was changed after it was signed: the checkpoint at size {holds} holds, the one at size {fails} does not.")
            : string.Create(CultureInfo.InvariantCulture, $"The lines link up and are not those that were signed at size {fails}: line {fails} was changed, or lines from {holds + 1} on were written anew.");
        var suspects = Enumerable.Range(0, (int)Math.Min(fails - holds, SuspectsMax)).Select(i => fails - i).Reverse();
        return new BrokenLine(fails, OffsetOf(fails), CheckId.Checkpoints, failure.Reason, null, null, null, [.. suspects], [sentence]);
    }

    // Read once more up to the line: only a broken journal takes this way.
    private long OffsetOf(long line)
    {
        try
        {
            using var file = disk.OpenRead(directory.Journal);
            var buffer = new LineBuffer(file);
            for (long number = 1; buffer.Next(); number++)
                if (number == line)
                    return buffer.LineOffset;
        }
        catch (DiskException)
        {
            // The line's number says enough; the file was readable a moment ago.
            return 0;
        }

        return 0;
    }
}
