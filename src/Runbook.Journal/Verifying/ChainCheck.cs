using System.Globalization;

namespace Runbook.Journal;

/// <summary>What kind of break the first one is.</summary>
/// <param name="Line">The line's number in the file.</param>
/// <param name="Expected">What would be right.</param>
/// <param name="Found">What is there.</param>
/// <param name="Before">What the line before says.</param>
/// <param name="Here">What the line says.</param>
/// <param name="Sentence">What happened, as far as numbers and hashes tell.</param>
internal sealed record ChainBreak(long Line, string? Expected, string? Found, string Before, string Here, string Sentence);

/// <summary>Each line has its number and names the line before it; tells dropped, repeated, reordered and changed lines apart.</summary>
internal sealed class ChainCheck
{
    private const int RememberedMax = 100_000;

    private readonly List<(long Line, long Seq)> _fromBreak = [];
    private Digest _expectedPrev;
    private long _lastSeq;
    private Digest _lastHash;
    private JournalEntry? _last;

    internal CheckLog Log { get; } = new(CheckId.Chain);

    internal ChainBreak? First { get; private set; }

    internal Reason FirstReason { get; private set; }

    internal CheckResult Result(Digest head)
    {
        var result = Log.Result($"head {head.Hex[..12]}…", "the journal is empty");
        return First is null ? result : result with { Reason = FirstReason, Detail = string.Create(CultureInfo.InvariantCulture, $"line {First.Line}: {Words<Reason>.Of(FirstReason)}") };
    }

    internal void Take(LineAtHand line)
    {
        Log.Saw();
        var number = line.Seq ?? _lastSeq + 1;
        if (line is { Seq: { } seq, Prev: { } prev }) Judge(line, seq, prev);
        if (First is not null && _fromBreak.Count < RememberedMax) _fromBreak.Add((line.Number, number));
        (_lastSeq, _lastHash, _expectedPrev) = (number, line.Hash, line.Hash);
        _last = line.Entry;
    }

    /// <summary>Once all lines were seen: whether the numbers were all there and only in another order.</summary>
    internal void Finish(long lines)
    {
        if (First is not { } broken || FirstReason is not (Reason.SeqGap or Reason.SeqBack) || _fromBreak.Count == RememberedMax) return;
        var from = broken.Line;
        var seqs = _fromBreak.Select(p => p.Seq).Order().ToList();
        if (seqs.Count != lines - from + 1 || seqs.Where((s, i) => s != from + i).Any()) return;
        var moved = _fromBreak.Where(p => p.Line != p.Seq).Take(8).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Seq} stands at {p.Line}"));
        FirstReason = Reason.SeqBack;
        First = broken with { Sentence = $"Every number is there, in another order: {string.Join(", ", moved)}." };
    }

    private void Judge(LineAtHand line, long seq, Digest prev)
    {
        var expected = _lastSeq + 1;
        if (seq == expected && prev == _expectedPrev) return;
        var (reason, sentence) = Classify(line, seq, prev, expected);
        Log.Fail(reason, Words<Reason>.Of(reason), line.Number);
        if (First is not null) return;
        FirstReason = reason;
        var isHash = reason is Reason.PrevMismatch or Reason.Genesis;
        First = new ChainBreak(
            line.Number,
            isHash ? _expectedPrev.Hex : expected.ToString(CultureInfo.InvariantCulture),
            isHash ? prev.Hex : seq.ToString(CultureInfo.InvariantCulture),
            _last is { } last ? new LineAtHand { Entry = last }.Summary() : "not readable",
            line.Summary(),
            sentence);
    }

    private (Reason Reason, string Sentence) Classify(LineAtHand line, long seq, Digest prev, long expected)
    {
        var names = prev == _expectedPrev;
        if (seq == expected) return expected == 1
            ? (Reason.Genesis, "It does not begin a journal: it names a line before it.")
            : (Reason.PrevMismatch, string.Create(CultureInfo.InvariantCulture, $"Line {line.Number - 1} or line {line.Number} was changed after it was written."));
        if (names) return (seq > expected ? Reason.SeqGap : Reason.SeqBack, "It names the line before it and has another number: it was changed after it was written.");
        if (seq > expected) return (Reason.SeqGap, Missing(seq - expected));
        if (line.Hash == _lastHash) return (Reason.SeqRepeat, "The line before it is repeated.");
        if (seq == _lastSeq) return (Reason.SeqRepeat, string.Create(CultureInfo.InvariantCulture, $"There are two lines with the number {seq}: one of them was put in."));
        return (Reason.SeqBack, string.Create(CultureInfo.InvariantCulture, $"The number {seq} was there before: lines were repeated or moved."));
    }

    private static string Missing(long lines) => lines == 1
        ? "A line is missing before this one."
        : string.Create(CultureInfo.InvariantCulture, $"{lines} lines are missing before this one.");
}
