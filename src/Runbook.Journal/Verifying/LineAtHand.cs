namespace Runbook.Journal;

/// <summary>The line that a verification looks at, with what could be read of it.</summary>
internal sealed class LineAtHand
{
    /// <summary>Its number in the file, from 1.</summary>
    internal long Number { get; set; }

    internal long Offset { get; set; }

    internal byte[] Buffer { get; set; } = [];

    internal int Start { get; set; }

    internal int Length { get; set; }

    internal ReadOnlySpan<byte> Bytes => Buffer.AsSpan(Start, Length);

    internal Digest Hash { get; set; }

    /// <summary>The entry; <see langword="null"/> where the line is none that this version knows.</summary>
    internal JournalEntry? Entry { get; set; }

    /// <summary>Its number, its link and its kind where the line is no entry and they could still be read.</summary>
    internal LooseLine Loose { get; set; }

    internal long? Seq => Entry?.Seq ?? Loose.Seq;

    internal Digest? Prev => Entry?.Prev ?? Loose.Prev;

    internal string? Kind => Entry is { } entry ? Words<EntryKind>.Of(entry.Kind) : Loose.Kind;

    /// <summary>What a person is told of it: kind, what it is about, by whom, when.</summary>
    internal string Summary()
    {
        if (Entry is not { } entry) return Kind ?? "not readable";
        var what = entry.Body switch
        {
            Intent intent => " " + intent.Effect,
            Outcome outcome => " " + outcome.Effect,
            ApprovalRequested asked => " over " + asked.Over,
            Approval approval => " by " + approval.Person,
            _ => entry.Step is { } step ? " " + step : "",
        };
        return $"{Kind}{what}, by {entry.By}, {entry.At.ToString()[11..19]} UTC";
    }
}
