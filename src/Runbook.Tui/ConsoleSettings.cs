using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>How much colour a terminal gets.</summary>
public enum ColourUse
{
    /// <summary>What <c>NO_COLOR</c>, <c>TERM</c> and <c>COLORTERM</c> say.</summary>
    Auto,

    /// <summary>None: bold, reverse and faint only.</summary>
    Never,

    /// <summary>The terminal's own sixteen, so that the person's palette applies.</summary>
    Sixteen,

    /// <summary>All of them.</summary>
    Full,
}

/// <summary>How a console is shown, and what it stands on. Plain data; names nothing of the terminal library.</summary>
public sealed record ConsoleSettings
{
    /// <summary>The session's clock, real or virtual: countdowns and the header follow it.</summary>
    public TimeProvider SessionTime { get; init; } = TimeProvider.System;

    /// <summary>The clock of the person at the console: delays of dialogs, how often the screen is looked at.</summary>
    public TimeProvider UiTime { get; init; } = TimeProvider.System;

    /// <summary>The person's time zone, for the local time beside UTC.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Local;

    /// <summary>How much colour.</summary>
    public ColourUse Colour { get; init; }

    /// <summary>Whether everything drawn is 7-bit; see <see cref="ConsoleApp.NeedsAscii"/>.</summary>
    public bool Ascii { get; init; } = ConsoleApp.NeedsAscii();

    /// <summary>Names of people by roster id, for sentences; an id without one is written with a capital.</summary>
    public IReadOnlyDictionary<string, string> Names { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Who brings what a newcomer does not have, in a rehearsal: fills an answer in when the person asks for that.
    /// <see langword="null"/> outside of rehearsals.
    /// </summary>
    public ISimulatedPeople? StandIns { get; init; }

    /// <summary>Folder against which typed paths are read; absolute.</summary>
    public string FilesFolder { get; init; } = Environment.CurrentDirectory;

    /// <summary>What a person types in a shell to go on with this session; shown when it is left.</summary>
    public string? ResumeCommand { get; init; }

    /// <summary>What a person types on their own machine to approve; shown where a key is elsewhere.</summary>
    public string? ApproveCommand { get; init; }

    /// <summary>
    /// Looks at a guard's process and its file, given the hash of the line that armed its fault; called about once a second
    /// while something is armed. <see langword="null"/> where nobody can look.
    /// </summary>
    public Func<GuardProcess, Digest, GuardSight>? LookAtGuard { get; init; }

    /// <summary>Folder of the session that is replayed, for its artifacts; <see langword="null"/> where they are not at hand.</summary>
    public string? ReplayedSession { get; init; }

    /// <summary>How long a dialog that acts, or a step that has just begun, takes no key that acts.</summary>
    public TimeSpan OpenDelay { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a signal waits for the session to be left in order.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);
}
