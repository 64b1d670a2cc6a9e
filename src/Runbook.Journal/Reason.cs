namespace Runbook.Journal;

/// <summary>Why a check fails. The list is closed; the words are those of a report: docs/journal-format.md §13.</summary>
public enum Reason
{
    /// <summary>Nothing is wrong.</summary>
    None,
    /// <summary>The bytes are not well-formed UTF-8.</summary>
    NotUtf8,
    /// <summary>The last line has no line feed.</summary>
    NoLf,
    /// <summary>A NUL byte.</summary>
    Nul,
    /// <summary>A line or file over its limit.</summary>
    TooLong,
    /// <summary>The bytes are not JSON.</summary>
    NotJson,
    /// <summary>An object has a name twice.</summary>
    DuplicateName,
    /// <summary>Nested deeper than <see cref="Limits.Depth"/>.</summary>
    TooDeep,
    /// <summary>JSON, but not spelled the one canonical way.</summary>
    NotCanonical,
    /// <summary>JSON that the journal does not use: fractions, large integers, odd names.</summary>
    OutsideSubset,
    /// <summary>A character or bracket form that inert text never has.</summary>
    NotInert,
    /// <summary>A member that this version does not know.</summary>
    UnknownField,
    /// <summary>A kind of entry that this version does not know.</summary>
    UnknownKind,
    /// <summary>A member is missing, or its value is not what it must be.</summary>
    BadField,
    /// <summary>Lines are missing before this one.</summary>
    SeqGap,
    /// <summary>This line's number was there before.</summary>
    SeqRepeat,
    /// <summary>This line's number is smaller than one before it.</summary>
    SeqBack,
    /// <summary>The line does not name the hash of the line before it.</summary>
    PrevMismatch,
    /// <summary>The first line does not begin a journal.</summary>
    Genesis,
    /// <summary>Monotonic time runs backwards within an epoch.</summary>
    MonoBack,
    /// <summary>Wall time stepped against monotonic time and no entry says so.</summary>
    ClockStep,
    /// <summary>The epochs do not follow each other.</summary>
    EpochGap,
    /// <summary>A line stands behind <c>closed</c>.</summary>
    AfterClosed,
    /// <summary>The recorded Merkle root is not the root of the lines.</summary>
    RootMismatch,
    /// <summary>A signed note is malformed or its signature does not hold.</summary>
    NoteSignature,
    /// <summary>A checkpoint's size is not larger than the one before it.</summary>
    SizeShrinks,
    /// <summary>A session key that nobody endorsed.</summary>
    Unendorsed,
    /// <summary>Bytes do not have the digest that was recorded.</summary>
    DigestMismatch,
    /// <summary>A file that an entry names is not there.</summary>
    MissingFile,
    /// <summary>A file that does not belong into a session's directory.</summary>
    StrayFile,
    /// <summary>A link, a device, or a name outside the rules.</summary>
    BadFile,
    /// <summary>A signature does not hold.</summary>
    BadSignature,
    /// <summary>An envelope is not written the one strict way.</summary>
    BadEnvelope,
    /// <summary>A roster is malformed, or its entry differs from its file.</summary>
    BadRoster,
    /// <summary>An approval whose key is not a current key of the person.</summary>
    ApprovalUnknownKey,
    /// <summary>An approval given after its request ran out.</summary>
    ApprovalExpired,
    /// <summary>An approval over another head of the journal.</summary>
    ApprovalWrongHead,
    /// <summary>A person who had answered the request before.</summary>
    ApprovalDuplicatePerson,
    /// <summary>A key that had answered the request before.</summary>
    ApprovalDuplicateKey,
    /// <summary>An approval whose signature does not hold.</summary>
    ApprovalBadSignature,
    /// <summary>An approval by somebody without the role.</summary>
    ApprovalWrongRole,
    /// <summary>An approval made for another session.</summary>
    ApprovalWrongSession,
    /// <summary>An approval of another plan, or over something else.</summary>
    ApprovalWrongPlan,
    /// <summary>An approval with another nonce.</summary>
    ApprovalWrongNonce,
    /// <summary>An approval under another runbook.</summary>
    ApprovalWrongRunbook,
    /// <summary>An approval under another roster.</summary>
    ApprovalWrongRoster,
    /// <summary>The operator's own approval where a second person is asked for.</summary>
    ApprovalOwn,
    /// <summary>An approval that no open request asks for.</summary>
    ApprovalNotOpen,
    /// <summary>An approval that is not written as one, or differs from its entry.</summary>
    ApprovalMalformed,
    /// <summary>One approval used for more than one visit of a step.</summary>
    ApprovalReused,
    /// <summary>Too few different people or keys.</summary>
    Quorum,
    /// <summary>An effect was sent again without being settled first.</summary>
    EffectRepeated,
    /// <summary>Intent and outcome do not pair.</summary>
    EffectUnpaired,
    /// <summary>A transition that the machine does not permit.</summary>
    Transition,
    /// <summary>A fault was left armed, or was not armed when it was lifted.</summary>
    FaultLeft,
    /// <summary>Text that looks like a secret.</summary>
    Secret,
    /// <summary>A signed statement names other bytes.</summary>
    SubjectMismatch,
    /// <summary>A signed statement says something that the entries do not.</summary>
    PredicateMismatch,
    /// <summary>A time stamp over other bytes.</summary>
    Imprint,
    /// <summary>A certificate chain that does not end at the pinned root.</summary>
    ChainOfTrust,
    /// <summary>Something names a line or size that the journal does not reach.</summary>
    Ahead,
    /// <summary>Two values for one head or root.</summary>
    TwoValues,
    /// <summary>Something required is not there.</summary>
    RequiredAbsent,
    /// <summary>There is something to judge it by, but not here: a key, an algorithm, a version.</summary>
    CannotJudge,
}
