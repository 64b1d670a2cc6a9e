using System.Globalization;

namespace Runbook.Journal;

/// <summary>Monotonic time does not run back within an epoch; where wall time stepped against it, an entry says so.</summary>
internal sealed class ClockCheck
{
    private JournalEntry? _last;

    internal CheckLog Log { get; } = new(CheckId.Clock);

    internal void Take(LineAtHand line)
    {
        if (line.Entry is not { } entry) return;
        Log.Saw();
        if (_last is { } last && last.Epoch == entry.Epoch) Judge(line.Number, last, entry);
        _last = entry;
    }

    private void Judge(long number, JournalEntry last, JournalEntry entry)
    {
        if (entry.MonoUs < last.MonoUs)
        {
            Log.Fail(Reason.MonoBack, "monotonic time runs back", number);
            return;
        }

        var wall = entry.At.UnixMicroseconds - last.At.UnixMicroseconds;
        var step = Int128.Abs((Int128)wall - (entry.MonoUs - last.MonoUs));
        if (step > (Int128)Limits.ClockStepExplained.TotalMicroseconds && entry.Body is not ClockObservation)
            Log.Fail(Reason.ClockStep, string.Create(CultureInfo.InvariantCulture, $"the wall clock stepped by {(long)(step / 1_000)} ms, and no entry says so"), number);
    }
}
