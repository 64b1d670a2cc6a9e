using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>One writing process.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="FirstSeq">Its first line.</param>
/// <param name="SessionKey">Public half of its session key: DER SubjectPublicKeyInfo in base64.</param>
/// <param name="Boot">Id of the machine's boot.</param>
/// <param name="UpMs">Milliseconds since that boot when it began.</param>
public sealed record EpochStart(int Epoch, long FirstSeq, string SessionKey, string Boot, long UpMs);

/// <summary>The epochs of a session so far, and time measured across those of one boot. Immutable.</summary>
public sealed record EpochClocks
{
    /// <summary>Before the first entry.</summary>
    public static EpochClocks Empty { get; } = new();

    /// <summary>The epochs, ascending.</summary>
    public ImmutableArray<EpochStart> Epochs { get; private init; } = [];

    /// <summary>These clocks after one more entry.</summary>
    /// <param name="entry">The entry.</param>
    public EpochClocks Apply(JournalEntry entry) => entry.Body switch
    {
        SessionOpened opened => this with { Epochs = Epochs.Add(new EpochStart(entry.Epoch, entry.Seq, opened.SessionKey, opened.Boot.Value, opened.UpMs)) },
        Recovered recovered => this with { Epochs = Epochs.Add(new EpochStart(entry.Epoch, entry.Seq, recovered.SessionKey, recovered.Boot.Value, recovered.UpMs)) },
        _ => this,
    };

    /// <summary>An epoch.</summary>
    /// <param name="epoch">Its number.</param>
    /// <returns><see langword="null"/> where there is none.</returns>
    public EpochStart? Find(int epoch) => Epochs.FirstOrDefault(e => e.Epoch == epoch);

    /// <summary>Monotonic time between two moments.</summary>
    /// <param name="fromEpoch">Epoch of the earlier one.</param>
    /// <param name="fromMonoUs">Its monotonic microseconds.</param>
    /// <param name="toEpoch">Epoch of the later one.</param>
    /// <param name="toMonoUs">Its monotonic microseconds.</param>
    /// <returns><see langword="null"/> where the machine did not run through, so that the time is unknown.</returns>
    public TimeSpan? Between(int fromEpoch, long fromMonoUs, int toEpoch, long toMonoUs)
    {
        if (fromEpoch == toEpoch) return Microseconds(toMonoUs - fromMonoUs);
        if (Find(fromEpoch) is not { } from || Find(toEpoch) is not { } to || from.Boot != to.Boot) return null;
        // Both up-times are below 2^53 milliseconds only on paper; a forged one must not overflow.
        var micros = ((Int128)to.UpMs - from.UpMs) * 1000 + toMonoUs - fromMonoUs;
        return micros >= 0 && micros <= Limits.IntegerMax / 10 ? Microseconds((long)micros) : null;
    }

    private static TimeSpan? Microseconds(long micros)
        => micros is >= 0 and <= Limits.IntegerMax / 10 ? TimeSpan.FromTicks(micros * 10) : null;
}
