namespace Runbook.Actions;

/// <summary>This room's error codes. A code never changes its meaning and is never used again.</summary>
public static class ActionCodes
{
    /// <summary>A profile is no readable YAML.</summary>
    public const string ProfileUnreadable = "RA101";

    /// <summary>A profile holds a member that no profile has.</summary>
    public const string ProfileUnknownMember = "RA102";

    /// <summary>A profile lacks a member.</summary>
    public const string ProfileMissingMember = "RA103";

    /// <summary>A member of a profile has a value that it can't have.</summary>
    public const string ProfileValue = "RA104";

    /// <summary>A profile does not say which environment it leads to.</summary>
    public const string ProfileUnlabelled = "RA105";

    /// <summary>A permit is for another call than the one that is to be made.</summary>
    public const string NotPermitted = "RA201";

    /// <summary>A client was about to send something else than what was planned.</summary>
    public const string NotWhatWasPlanned = "RA202";

    /// <summary>No token: whoever issues them refused, or there is no credential.</summary>
    public const string NoToken = "RA203";

    /// <summary>No connection, or no way to ask for a token: nothing was sent.</summary>
    public const string NoConnection = "RA204";

    /// <summary>Cancelled before anything was sent.</summary>
    public const string CancelledBefore = "RA205";

    /// <summary>An address is of another cloud, or of none.</summary>
    public const string ForeignAddress = "RA206";

    /// <summary>A client refused to make the request.</summary>
    public const string ClientRefused = "RA207";

    /// <summary>An action of the embedded Azure was to be carried out in a real one.</summary>
    public const string EmbeddedOnly = "RA208";

    /// <summary>A file that a call needs can't be used.</summary>
    public const string FileUnusable = "RA301";
}
