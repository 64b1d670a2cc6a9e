using System.Globalization;

namespace Runbook.Journal;

/// <summary>Receipts of what left the machine are kept, and are about sizes and roots that the journal has.</summary>
internal sealed class AnchorCheck(SessionLayout layout, bool hasAddress)
{
    private readonly List<(long Line, Anchor Anchor)> _anchors = [];

    internal CheckLog Log { get; } = new(CheckId.Anchors);

    internal int Sizes => _anchors.Select(a => a.Anchor.Size).Distinct().Count();

    internal void Take(LineAtHand line)
    {
        if (line.Entry is { Body: Anchor anchor }) _anchors.Add((line.Number, anchor));
    }

    internal void Finish(CheckpointCheck checkpoints)
    {
        var receipts = Receipts();
        foreach (var (line, anchor) in _anchors)
        {
            Log.Saw();
            if (anchor.Size >= line) Log.Fail(Reason.Ahead, string.Create(CultureInfo.InvariantCulture, $"it is about {anchor.Size} lines"), line);
            else if (!checkpoints.Roots.TryGetValue(anchor.Size, out var root)) Log.Fail(Reason.RootMismatch, string.Create(CultureInfo.InvariantCulture, $"there is no checkpoint of size {anchor.Size}"), line);
            else if (root != anchor.Root) Log.Fail(Reason.TwoValues, string.Create(CultureInfo.InvariantCulture, $"size {anchor.Size}: root is {root.Base64[..8]}…, what left the machine says {anchor.Root.Base64[..8]}…"), line);
            // What was spoken or written down on paper has no file; the words stand in the entry.
            if (anchor.AnchorKind != AnchorKind.Paper && !receipts.Contains(anchor.Receipt)) Log.Fail(Reason.MissingFile, "its receipt is missing, or another file is there", line);
        }

        if (layout.FilesIn(SessionDirectory.AnchorsFolder).Any() && _anchors.Count == 0) Log.Unjudge(Reason.CannotJudge, "there are receipts that no entry names");
        if (hasAddress) Log.Unjudge(Reason.CannotJudge, "this program can't reach an anchor's address");
    }

    internal CheckResult Result()
        => Log.Result(string.Create(CultureInfo.InvariantCulture, $"{Sizes} size{(Sizes == 1 ? "" : "s")}"), "nothing left this machine: a cut tail or a second history could not show here");

    private HashSet<Digest> Receipts()
    {
        var digests = new HashSet<Digest>();
        if (_anchors.Count == 0) return digests;
        foreach (var file in layout.FilesIn(SessionDirectory.AnchorsFolder))
        {
            layout.Name(file);
            if (layout.Read(file, Limits.EnvelopeBytes) is { } bytes) digests.Add(Digest.Of(bytes));
        }

        return digests;
    }
}
