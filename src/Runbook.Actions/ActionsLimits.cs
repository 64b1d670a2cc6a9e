namespace Runbook.Actions;

/// <summary>Every limit of this room in one place.</summary>
public static class ActionsLimits
{
    /// <summary>Most bytes of one answer that are read: 4 MiB.</summary>
    public const int AnswerBytesMax = 4 * 1024 * 1024;

    /// <summary>Most pages of one list that are followed.</summary>
    public const int ListPagesMax = 400;

    /// <summary>Longest message of an error that is kept, in UTF-16 code units.</summary>
    public const int ErrorMessageMax = 2000;

    /// <summary>Largest certificate file, in bytes: 64 KiB.</summary>
    public const int CertificateBytesMax = 64 * 1024;

    /// <summary>Largest security domain, in bytes: 2 MiB.</summary>
    public const int SecurityDomainBytesMax = 2 * 1024 * 1024;

    /// <summary>Largest file that is sent in a request, in bytes: 2 MiB.</summary>
    public const int SentFileBytesMax = 2 * 1024 * 1024;

    /// <summary>Largest opening of a share that a holder hands in, in bytes: 4 KiB.</summary>
    public const int OpeningBytesMax = 4096;

    /// <summary>Bytes of the random value of a challenge.</summary>
    public const int ChallengeBytes = 32;

    /// <summary>Largest secret that is split or sealed, in bytes: 64 KiB.</summary>
    public const int EscrowedBytesMax = 64 * 1024;

    /// <summary>Largest file of sealed shares, in bytes: 4 MiB.</summary>
    public const int EscrowBytesMax = 4 * 1024 * 1024;

    /// <summary>Largest file whose digest is taken: 1 GiB.</summary>
    public const long DigestedBytesMax = 1024L * 1024 * 1024;

    /// <summary>Most files of one name that are kept aside when a new one takes the name.</summary>
    public const int KeptFilesMax = 99;

    /// <summary>Most grants in one list.</summary>
    public const int GrantsMax = 50;

    /// <summary>Fewest bits of an RSA key that may wrap a share of a security domain.</summary>
    public const int WrappingKeyBitsMin = 2048;

    /// <summary>Largest profile, in UTF-16 code units.</summary>
    public const int ProfileLengthMax = 64 * 1024;

    /// <summary>Most servers, and most storage accounts, whose keys a preflight looks at one by one.</summary>
    public const int PreflightResourcesMax = 200;

    /// <summary>Most principals that are asked of the directory at once; its own limit is 1000.</summary>
    public const int DirectoryIdsMax = 1000;

    /// <summary>Most groups whose members a preflight reads.</summary>
    public const int PreflightGroupsMax = 50;

    /// <summary>Most scopes at which Resource Manager is asked what the caller may, where its assignments can't be read.</summary>
    public const int PreflightScopesMax = 50;

    /// <summary>An assignment that ends within this time is about to expire.</summary>
    public static readonly TimeSpan AssignmentEndsSoon = TimeSpan.FromDays(7);

    /// <summary>How long one request may take on the network before it counts as not answered.</summary>
    public static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(100);

    /// <summary>How long to wait before asking again about an operation whose service does not say.</summary>
    public static readonly TimeSpan PollDelay = TimeSpan.FromSeconds(10);

    /// <summary>How many resources are read one by one by one action.</summary>
    public const int ReadEachMax = 200;
}
