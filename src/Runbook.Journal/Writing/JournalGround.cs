namespace Runbook.Journal;

/// <summary>What to do when a line that is about to be written looks as if it held a secret.</summary>
public enum SecretFound
{
    /// <summary>Replace it by <c>⟦withheld:…⟧</c> and say so in a note. For people's sessions: the ceremony goes on.</summary>
    Withhold,
    /// <summary>Refuse the entry. For tests: it is a bug that it came this far.</summary>
    Refuse,
}

/// <summary>What a journal stands on: disk, clock, chance, keys, machine. Everything a test or a rehearsal replaces.</summary>
public sealed record JournalGround
{
    /// <summary>The disk.</summary>
    public IJournalDisk Disk { get; init; } = LocalDisk.Instance;

    /// <summary>Wall clock for <c>at</c>, timestamps for <c>mono</c>, local time zone for the first clock entry.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Ids, nonces, blinding keys.</summary>
    public IRandomSource Random { get; init; } = SystemRandomSource.Instance;

    /// <summary>Makes an epoch's session key. The writer disposes what can be disposed.</summary>
    public Func<IRandomSource, ISigner> NewSessionKey { get; init; } = _ => EcdsaSigner.Generate();

    /// <summary>The machine.</summary>
    public Machine Machine { get; init; } = Machine.OfThisHost(SystemRandomSource.Instance);

    /// <summary>What happens to text that looks like a secret.</summary>
    public SecretFound SecretFound { get; init; } = SecretFound.Withhold;

    /// <summary>The ground of a rehearsal that repeats byte for byte from its seed: seeded chance, session keys that follow
    /// from it and sign deterministically, a made-up machine.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="time">The virtual clock.</param>
    /// <param name="disk">The disk.</param>
    public static JournalGround FromSeed(long seed, TimeProvider time, IJournalDisk disk) => new()
    {
        Disk = disk,
        Time = time,
        Random = new SeededRandomSource(seed),
        NewSessionKey = SeededKey,
        Machine = new Machine("rehearsal", "rehearsal-boot"),
    };

    private static DeterministicSigner SeededKey(IRandomSource random)
    {
        Span<byte> seed = stackalloc byte[32];
        random.Fill(seed);
        return DeterministicSigner.FromSeed(seed);
    }
}
