namespace Runbook.Journal;

/// <summary>
/// Every limit of the journal and of the files around it. A reader checks them before it takes memory.
/// </summary>
/// <remarks>Lengths in <c>Chars</c> count Unicode code points, as JSON Schema's <c>maxLength</c> and jq's <c>length</c> do.</remarks>
public static class Limits
{
    /// <summary>One line of the journal, its line feed included: 64 KiB.</summary>
    public const int LineBytes = 64 * 1024;

    /// <summary>The whole journal: 1 GiB.</summary>
    public const long JournalBytes = 1L << 30;

    /// <summary>Lines of one journal.</summary>
    public const long JournalLines = 1_000_000;

    /// <summary>One envelope, signed note, roster or statement: 1 MiB.</summary>
    public const int EnvelopeBytes = 1 << 20;

    /// <summary>Signatures on one envelope or note.</summary>
    public const int Signatures = 16;

    /// <summary>One artifact: 64 MiB.</summary>
    public const int ArtifactBytes = 64 << 20;

    /// <summary>Containers around a value; the entry itself is at depth 0.</summary>
    public const int Depth = 16;

    /// <summary>Depth left to a value that came from outside; what is deeper is kept as JSON text.</summary>
    public const int ValueDepth = 12;

    /// <summary>Depth of JSON text kept inside a string, and of JSON read from outside.</summary>
    public const int ForeignDepth = 64;

    /// <summary>The largest integer that every JSON reader keeps exactly: 2^53 - 1.</summary>
    public const long IntegerMax = 9_007_199_254_740_991;

    /// <summary>A member's name, in bytes (all ASCII).</summary>
    public const int NameBytes = 64;

    /// <summary>A step's path of slugs.</summary>
    public const int StepChars = 512;

    /// <summary>A note's text, and each string of a value that came from outside.</summary>
    public const int TextChars = 8_192;

    /// <summary>A title, a reason, a message, a target: text of a line or two.</summary>
    public const int LineChars = 2_048;

    /// <summary>A label: host, environment, version, status, Azure's ids.</summary>
    public const int LabelChars = 256;

    /// <summary>An effect's id: its step, its visit and its attempt.</summary>
    public const int EffectChars = StepChars + 24;

    /// <summary>What an approval is over, several things joined by spaces.</summary>
    public const int ScopeChars = 4_096;

    /// <summary>An artifact's name, and any file's name that a caller gives.</summary>
    public const int FileNameChars = 128;

    /// <summary>A file's name with the digest that may stand before it.</summary>
    public const int PathPartChars = 200;

    /// <summary>Members of any list or map in an entry, and requests of a list-taking action.</summary>
    public const int ListItems = 4_096;

    /// <summary>People, and keys of one person, in a roster.</summary>
    public const int RosterPeople = 256;

    /// <summary>Files looked at in one folder of a session's directory; more is a failure of layout.</summary>
    public const int FolderFiles = 100_000;

    /// <summary>Free space that a resume asks for before its first write: 64 MiB.</summary>
    public const long FreeBytesToResume = 64L << 20;

    /// <summary>Path of a session's directory, in UTF-8 bytes; leaves room for the names inside it.</summary>
    public const int DirectoryPathBytes = 3_500;

    /// <summary>Entries between two checkpoints, at most.</summary>
    public const int CheckpointEveryEntries = 64;

    /// <summary>Time between two checkpoints while anything happens, at most.</summary>
    public static readonly TimeSpan CheckpointEvery = TimeSpan.FromSeconds(60);

    /// <summary>Difference between wall and monotonic time since the last entry above which the writer records a clock step.</summary>
    public static readonly TimeSpan ClockStepRecorded = TimeSpan.FromMilliseconds(500);

    /// <summary>The same difference above which a verifier asks for that record.</summary>
    public static readonly TimeSpan ClockStepExplained = TimeSpan.FromSeconds(2);

    /// <summary>Difference between a server's <c>Date</c> and the wall clock, and change of it, that is worth an entry.</summary>
    public static readonly TimeSpan ServerClockOffset = TimeSpan.FromSeconds(5);

    /// <summary>What undoing a fault at its limit may take before the fault counts as left.</summary>
    public static readonly TimeSpan FaultLiftGrace = TimeSpan.FromMinutes(5);

    /// <summary>Rounds of PBKDF2-HMAC-SHA-256 that stretch a passphrase.</summary>
    public const int PassphraseRounds = 600_000;
}
