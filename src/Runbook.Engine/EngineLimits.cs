namespace Runbook.Engine;

/// <summary>Every limit of the engine in one place.</summary>
public static class EngineLimits
{
    /// <summary>Largest value that a step may save, as JSON: what fits an entry beside everything else.</summary>
    public const int SavedBytesMax = 8 * 1024;

    /// <summary>Largest file that a person may hand in, whatever its schema allows.</summary>
    public const int HandedInBytesMax = 16 * 1024 * 1024;

    /// <summary>Samples of a probe that are gathered into one entry while nothing changes.</summary>
    public const int SamplesInEntryMax = 20;

    /// <summary>How long samples are gathered at most where people watch on a real clock: a screen shows only what is in the journal.</summary>
    public static TimeSpan GatheredMax { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Attempts at a call of class read or idempotent before the step fails.</summary>
    public const int AttemptsMax = 8;

    /// <summary>Rounds of a revert, each as long as its <c>within</c>, after which a rehearsal stands still.</summary>
    public const int RehearsedRevertRoundsMax = 20;

    /// <summary>Commands that may wait for the runner.</summary>
    public const int CommandsMax = 64;

    /// <summary>Longest text that a person may type as a reason or note, in UTF-16 code units.</summary>
    public const int TypedTextMax = 2000;

    /// <summary>Longest summary of a preflight that stands in the journal itself, in UTF-16 code units; the whole is an artifact.</summary>
    public const int PreflightNoteMax = 4000;

    /// <summary>Words of wrong passphrases elsewhere that are taken over at once.</summary>
    public const int LeftRefusalsMax = 16;

    /// <summary>How often the folder of envelopes is looked at while people are waited for.</summary>
    public static readonly TimeSpan EnvelopePoll = TimeSpan.FromMilliseconds(300);

    /// <summary>Wait between attempts of a call that may be repeated, at first; it doubles up to <see cref="RetryDelayMax"/>.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait between attempts, unless the service asks for more.</summary>
    public static readonly TimeSpan RetryDelayMax = TimeSpan.FromMinutes(2);

    /// <summary>Longest wait that a service may ask for between polls.</summary>
    public static readonly TimeSpan PollDelayMax = TimeSpan.FromMinutes(5);

    /// <summary>How long a call without a timeout of its own is waited for before it is settled.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(30);

    /// <summary>How long a settling probe that gets no answer is asked again, before people are.</summary>
    public static readonly TimeSpan SettlePatience = TimeSpan.FromMinutes(5);

    /// <summary>Wait between two questions of it.</summary>
    public static readonly TimeSpan SettleAgain = TimeSpan.FromSeconds(10);

    /// <summary>How long people have for what has no time of its own (the endorsement of a session key, the close).</summary>
    public static readonly TimeSpan DefaultPeopleTime = TimeSpan.FromHours(12);
}
