using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>What a session stands on: actions, clock, disk, chance, people. Everything that a test or rehearsal replaces.</summary>
public sealed record SessionGround
{
    /// <summary>What can be done.</summary>
    public required ActionSet Actions { get; init; }

    /// <summary>The clock.</summary>
    public required ISessionClock Clock { get; init; }

    /// <summary>What the journal stands on; its clock is the session's.</summary>
    public required JournalGround Journal { get; init; }

    /// <summary>Folder of the files that are carried in and out of the room.</summary>
    public required string FilesFolder { get; init; }

    /// <summary>
    /// People who act by themselves, as in a rehearsal; <see langword="null"/> where real people give commands.
    /// </summary>
    public ISimulatedPeople? Simulated { get; init; }

    /// <summary>Keys of people that are unlocked here from the beginning; asked for the endorsement of the session key and for the statement.</summary>
    public required IPersonKeys Keys { get; init; }

    /// <summary>Looks before a session begins whether what it needs is there; <see langword="null"/> where nobody looks.</summary>
    public IPreflight? Preflight { get; init; }

    /// <summary>Starts the processes that undo faults whatever becomes of this one; <see langword="null"/> where there are none, and so no faults.</summary>
    public IGuardPost? Guards { get; init; }

    /// <summary>
    /// Whether leases have guards too. On the embedded Azure they have none: what is lent there is nothing real, and ends with
    /// the world that it was lent in.
    /// </summary>
    public bool GuardsLeases { get; init; }

    /// <summary>Finds what a fault would reach; <see langword="null"/> where nobody can, and so no faults.</summary>
    public IBlastRadius? BlastRadius { get; init; }

    /// <summary>The step before which the session stops, resumable; <see langword="null"/> to go to the end.</summary>
    public string? Until { get; init; }
}

/// <summary>Finds the key of a person, when it is unlocked here.</summary>
public interface IPersonKeys
{
    /// <summary>The key, or <see langword="null"/> when it has to be asked for.</summary>
    ISigner? TryGet(string person);
}

/// <summary>People who act by themselves.</summary>
public interface ISimulatedPeople
{
    /// <summary>
    /// What somebody does next in the face of this view; <see langword="null"/> when nobody has anything to do. Asked
    /// again after each command.
    /// </summary>
    SessionCommand? Next(SessionView view, SessionNeed need);
}
