using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>What came of a command.</summary>
/// <param name="Accepted">Whether it was done.</param>
/// <param name="Message">Why not, in a sentence; empty when it was.</param>
public sealed record CommandReply(bool Accepted, string Message)
{
    /// <summary>It was done.</summary>
    public static CommandReply Done { get; } = new(true, "");

    /// <summary>It was not.</summary>
    public static CommandReply Refused(string message) => new(false, message);
}

/// <summary>A file that a person hands in.</summary>
/// <param name="Name">Its name, without folders.</param>
/// <param name="Bytes">Its content.</param>
public sealed record HandedInFile(string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// What people can tell a session. Commands are taken one at a time, at the session's own pace; each is answered. A
/// closed hierarchy.
/// </summary>
public abstract record SessionCommand
{
    private SessionCommand()
    {
    }

    internal TaskCompletionSource<CommandReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A person vouches for an item, as the operator's keyboard says.</summary>
    /// <param name="Item">The attestation's number, from 1.</param>
    /// <param name="Person">Who.</param>
    public sealed record TickItem(int Item, string Person) : SessionCommand;

    /// <summary>A person answers what is asked.</summary>
    /// <param name="Person">Who.</param>
    /// <param name="Values">Values by name; a file stands in <paramref name="Files"/> instead.</param>
    /// <param name="Files">Files by name.</param>
    public sealed record GiveAnswer(string Person, ImmutableDictionary<string, JsonElement> Values, ImmutableDictionary<string, HandedInFile> Files) : SessionCommand;

    /// <summary>A person approves or refuses what is open, with a key that is unlocked here.</summary>
    /// <param name="Request">Line of the request.</param>
    /// <param name="Person">Who.</param>
    /// <param name="Decision">What.</param>
    /// <param name="Reason">Why, if said.</param>
    /// <param name="Signer">The person's key.</param>
    public sealed record Decide(long Request, string Person, Decision Decision, string? Reason, ISigner Signer) : SessionCommand;

    /// <summary>Somebody tried to unlock a person's key with a wrong passphrase.</summary>
    /// <param name="Request">Line of the request that was to be answered.</param>
    /// <param name="Person">Whose key.</param>
    public sealed record ReportWrongPassphrase(long Request, string Person) : SessionCommand;

    /// <summary>The operator goes on.</summary>
    public sealed record GoOn : SessionCommand;

    /// <summary>The operator picks.</summary>
    /// <param name="Choice">The text of the choice.</param>
    public sealed record Choose(string Choice) : SessionCommand;

    /// <summary>Stops what the runbook wanted, and follows its way out.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Trigger"><c>operator</c>, <c>signal:TERM</c>, …</param>
    public sealed record AbortSession(string Reason, string Trigger) : SessionCommand;

    /// <summary>Leaves the session where it stands, to be resumed.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record PauseSession(string Reason) : SessionCommand;

    /// <summary>Writes something down.</summary>
    /// <param name="Text">What.</param>
    public sealed record AddNote(string Text) : SessionCommand;

    /// <summary>Tells a secret that the session does not have in memory any more.</summary>
    /// <param name="Name">The variable.</param>
    /// <param name="Value">Its value; never journalled.</param>
    public sealed record TellSecret(string Name, string Value) : SessionCommand;

    /// <summary>Proposes what became of a call that nobody can tell; two people then sign it.</summary>
    /// <param name="Settlement">What.</param>
    public sealed record ProposeSettlement(Settlement Settlement) : SessionCommand;
}
