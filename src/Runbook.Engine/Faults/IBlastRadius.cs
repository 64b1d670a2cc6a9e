using System.Collections.Immutable;
using System.Text.Json;

namespace Runbook.Engine.Actions;

/// <summary>A resource that depends on what a fault touches.</summary>
/// <param name="Id">Its resource id.</param>
/// <param name="Type">Its type, such as <c>Microsoft.Storage/storageAccounts</c>.</param>
/// <param name="Through">What it depends on: a key's id, or another dependant's.</param>
/// <param name="Owner">Its tag <c>owner</c>, where it has one.</param>
/// <param name="Environment">Its tag <c>environment</c>, where it has one.</param>
public sealed record AffectedResource(string Id, string Type, string Through, string? Owner, string? Environment);

/// <summary>Every resource that depends on what a fault touches, directly or through another one; nearest first.</summary>
/// <param name="Resources">The resources, each once.</param>
public sealed record BlastRadius(ImmutableArray<AffectedResource> Resources);

/// <summary>Finds what a fault would reach, and for how long it can be undone. Reads only.</summary>
public interface IBlastRadius
{
    /// <summary>What depends on what an action touches.</summary>
    /// <param name="action">The action that breaks something.</param>
    /// <param name="with">Its arguments, all known.</param>
    /// <param name="context">What readings may use of the session.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FaultUnknownException">It can't be told completely: nobody may act on a part of it.</exception>
    Task<BlastRadius> FindAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken);

    /// <summary>For how long what the action does can be undone; <see langword="null"/> where it does not run out.</summary>
    /// <param name="action">The action that breaks something.</param>
    /// <param name="with">Its arguments, all known.</param>
    /// <param name="context">What readings may use of the session.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FaultUnknownException">It can't be told.</exception>
    Task<TimeSpan?> UndoableForAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken);
}

/// <summary>What must be known before a fault is armed can't be told.</summary>
public sealed class FaultUnknownException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="message">What can't be told, and why, in a sentence without full stop.</param>
    /// <param name="inner">The cause.</param>
    public FaultUnknownException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
