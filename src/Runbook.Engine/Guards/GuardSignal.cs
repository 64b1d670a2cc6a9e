using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>What a console tells a guard.</summary>
public enum GuardWord
{
    /// <summary>Go on standing by.</summary>
    StandBy,

    /// <summary>The fault is lifted: there is nothing more to do.</summary>
    Lifted,

    /// <summary>Undo it now.</summary>
    Undo,
}

/// <summary>A console's heartbeat.</summary>
/// <param name="Beat">Changes with every beat; which console it is, and how often it has beaten.</param>
/// <param name="SessionNow">The session's clock at that beat.</param>
/// <param name="Say">What it says.</param>
/// <param name="Armed">The line that armed the fault, once it is durable.</param>
public sealed record GuardSignal(string Beat, DateTimeOffset SessionNow, GuardWord Say, JournalLine? Armed);

/// <summary>The world in which a guard undoes.</summary>
public interface IGuardWorld : IAsyncDisposable
{
    /// <summary>What can be done there.</summary>
    ActionSet Actions { get; }

    /// <summary>Its clock.</summary>
    ISessionClock Clock { get; }

    /// <summary>Folder of the files that are carried in and out of the room.</summary>
    string FilesFolder { get; }
}

/// <summary>Finds out whether an action would be permitted, without doing it. Reads only.</summary>
public interface IUndoPermissions
{
    /// <summary>Judges one action for the identity that asks.</summary>
    /// <param name="action">The action.</param>
    /// <param name="with">Its arguments; a value that is not known yet is the string <c>${undo.n.…}</c>.</param>
    /// <param name="context">What readings may use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Why it would not be permitted, or why that can't be told, without full stop; <see langword="null"/> where it is permitted.</returns>
    Task<string?> WhyNotAsync(string action, System.Text.Json.JsonElement with, ActionContext context, CancellationToken cancellationToken);
}

/// <summary>How a guard's watch ended.</summary>
public enum GuardEnd
{
    /// <summary>The fault was never armed: the console died before.</summary>
    NeverArmed,

    /// <summary>It was told that the fault is lifted.</summary>
    StoodDown,

    /// <summary>It undid the fault, and saw it gone.</summary>
    Lifted,
}
