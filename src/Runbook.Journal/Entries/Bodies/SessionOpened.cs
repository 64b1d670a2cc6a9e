namespace Runbook.Journal;

/// <summary>Which clock a session runs on.</summary>
public enum SessionClock
{
    /// <summary>The machine's.</summary>
    Real,
    /// <summary>The embedded Azure's, which jumps while nothing happens.</summary>
    Virtual,
}

/// <summary>What a session does about copies outside its machine.</summary>
public enum Anchoring
{
    /// <summary>Entries that matter wait for their anchor; without one a transcript does not hold.</summary>
    Required,
    /// <summary>Anchors are made where they can be.</summary>
    BestEffort,
    /// <summary>Paper only.</summary>
    None,
}

/// <summary>Line 1: a session begins.</summary>
public sealed record SessionOpened : EntryBody
{
    /// <summary>The format that this version writes and reads.</summary>
    public const string JournalFormat = "runbook-journal/1";

    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.SessionOpened;

    /// <summary>What is done about copies outside this machine.</summary>
    public required Anchoring Anchoring { get; init; }

    /// <summary>The Azure that the session acts on; absent exactly where <see cref="Embedded"/> is there.</summary>
    public AzurePlace? Azure { get; init; }

    /// <summary>Id of the machine's boot.</summary>
    public required InertText Boot { get; init; }

    /// <summary>The session's clock.</summary>
    public required SessionClock Clock { get; init; }

    /// <summary>The program that writes.</summary>
    public required ConsoleProgram Console { get; init; }

    /// <summary>The embedded Azure that the session acts on.</summary>
    public EmbeddedPlace? Embedded { get; init; }

    /// <summary>Label of the environment.</summary>
    public required InertText Environment { get; init; }

    /// <summary>Always <see cref="JournalFormat"/>.</summary>
    public string Format { get; init; } = JournalFormat;

    /// <summary>A label of the machine, not an address.</summary>
    public required InertText Host { get; init; }

    /// <summary>SHA-256 of the key that opens this session's commitments.</summary>
    public required Digest Opening { get; init; }

    /// <summary>Domain of the organisation, which the checkpoints' origin and the statement's type begin with;
    /// <c>runbook.invalid</c> where it is absent.</summary>
    public string? Organisation { get; init; }

    /// <summary>The session before this one on the same profile, so that a missing one shows.</summary>
    public PreviousSession? Previous { get; init; }

    /// <summary>The session's id: <c>YYYYMMDDThhmmssZ-</c> and 16 hexadecimal digits.</summary>
    public required string Session { get; init; }

    /// <summary>Public half of the first epoch's session key: DER SubjectPublicKeyInfo in base64.</summary>
    public required string SessionKey { get; init; }

    /// <summary>Milliseconds since the machine's boot when this epoch began.</summary>
    public required long UpMs { get; init; }

    internal override string? Flaw()
        => (Azure is null) == (Embedded is null) ? "exactly one of \"azure\" and \"embedded\" must be there" : null;

    internal static SessionOpened Read(EntryFields f) => new()
    {
        Anchoring = f.Word<Anchoring>("anchoring"),
        Azure = f.May("azure") ? f.Object("azure", AzurePlace.Read) : null,
        Boot = f.Text("boot", Limits.LabelChars),
        Clock = f.Word<SessionClock>("clock"),
        Console = f.Object("console", ConsoleProgram.Read),
        Embedded = f.May("embedded") ? f.Object("embedded", EmbeddedPlace.Read) : null,
        Environment = f.Text("environment", Limits.LabelChars),
        Format = f.Token("format", TextRule.Format),
        Host = f.Text("host", Limits.LabelChars),
        Opening = f.Digest("opening"),
        Organisation = f.May("organisation") ? f.Token("organisation", TextRule.Domain) : null,
        Previous = f.May("previous") ? f.Object("previous", PreviousSession.Read) : null,
        Session = f.Token("session", TextRule.SessionId),
        SessionKey = f.Base64("sessionKey", VerifyingKey.SpkiBytesMax),
        UpMs = f.Natural("upMs"),
    };

    internal override void Write(FieldWriter to)
    {
        to.Word<Anchoring>("anchoring", Anchoring);
        to.Object("azure", Azure);
        to.Text("boot", Boot, Limits.LabelChars);
        to.Word<SessionClock>("clock", Clock);
        to.Object("console", Console);
        to.Object("embedded", Embedded);
        to.Text("environment", Environment, Limits.LabelChars);
        to.Token("format", Format);
        to.Text("host", Host, Limits.LabelChars);
        to.Digest("opening", Opening);
        to.Token("organisation", Organisation);
        to.Object("previous", Previous);
        to.Token("session", Session);
        to.Token("sessionKey", SessionKey);
        to.Integer("upMs", UpMs);
    }
}

/// <summary>The Azure that a session acts on.</summary>
/// <param name="Cloud">Name of the cloud, such as <c>AzurePublic</c>.</param>
/// <param name="Tenant">Tenant id.</param>
/// <param name="Subscription">Subscription id.</param>
/// <param name="ResourceGroup">Name of the resource group.</param>
public sealed record AzurePlace(InertText Cloud, InertText Tenant, InertText Subscription, InertText ResourceGroup) : EntryPart
{
    internal static AzurePlace Read(EntryFields f)
    {
        var cloud = f.Text("cloud", Limits.LabelChars);
        var resourceGroup = f.Text("resourceGroup", Limits.LabelChars);
        var subscription = f.Text("subscription", Limits.LabelChars);
        return new AzurePlace(cloud, f.Text("tenant", Limits.LabelChars), subscription, resourceGroup);
    }

    internal override void Write(FieldWriter to)
    {
        to.Text("cloud", Cloud, Limits.LabelChars);
        to.Text("resourceGroup", ResourceGroup, Limits.LabelChars);
        to.Text("subscription", Subscription, Limits.LabelChars);
        to.Text("tenant", Tenant, Limits.LabelChars);
    }
}

/// <summary>The embedded Azure that a rehearsal acts on.</summary>
/// <param name="Version">Version of the simulator.</param>
/// <param name="Seed">Seed of everything that it chooses.</param>
public sealed record EmbeddedPlace(InertText Version, long Seed) : EntryPart
{
    internal static EmbeddedPlace Read(EntryFields f)
    {
        var seed = f.Natural("seed");
        return new EmbeddedPlace(f.Text("version", Limits.LabelChars), seed);
    }

    internal override void Write(FieldWriter to)
    {
        to.Integer("seed", Seed);
        to.Text("version", Version, Limits.LabelChars);
    }
}

/// <summary>The program that writes a journal.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Build">Digest of the program file. Said by the program itself: compare it with one from elsewhere.</param>
public sealed record ConsoleProgram(InertText Name, InertText Version, Digest Build) : EntryPart
{
    internal static ConsoleProgram Read(EntryFields f)
    {
        var build = f.Digest("build");
        var name = f.Text("name", Limits.LabelChars);
        return new ConsoleProgram(name, f.Text("version", Limits.LabelChars), build);
    }

    internal override void Write(FieldWriter to)
    {
        to.Digest("build", Build);
        to.Text("name", Name, Limits.LabelChars);
        to.Text("version", Version, Limits.LabelChars);
    }
}

/// <summary>The session before this one.</summary>
/// <param name="Session">Its id.</param>
/// <param name="Head">The hash of its last line.</param>
public sealed record PreviousSession(string Session, Digest Head) : EntryPart
{
    internal static PreviousSession Read(EntryFields f)
    {
        var head = f.Hex("head");
        return new PreviousSession(f.Token("session", TextRule.SessionId), head);
    }

    internal override void Write(FieldWriter to)
    {
        to.Hex("head", Head);
        to.Token("session", Session);
    }
}
