using Runbook.Simulator.State;

namespace Runbook.Simulator.Compute;

/// <summary>What is on a disk, encrypted.</summary>
internal sealed record DiskState
{
    /// <summary>Id of the disk.</summary>
    public required string Id { get; init; }

    /// <summary>First block, sealed with the platform's data key where there is one, then with the customer's where there is one.</summary>
    [Unrepeatable]
    public required byte[] Content { get; init; }

    /// <summary>The platform's data key, wrapped; <see langword="null"/> where the customer's key protects alone.</summary>
    [Unrepeatable]
    public byte[]? Platform { get; init; }

    public static DiskState? Find(EstateView view, string id) => view.Find(Tables.Disks, id.ToLowerInvariant());

    public static void Put(EstateTransaction tx, DiskState state) => tx.Put(Tables.Disks, state.Id.ToLowerInvariant(), state);
}

/// <summary>Whether a machine runs.</summary>
internal sealed record MachineState
{
    public required string Id { get; init; }

    /// <summary><c>running</c>, <c>stopped</c> or <c>deallocated</c>.</summary>
    public required string Power { get; init; }

    public required DateTimeOffset Since { get; init; }

    public static MachineState? Find(EstateView view, string id) => view.Find(Tables.Machines, id.ToLowerInvariant());

    public static void Put(EstateTransaction tx, string id, string power) =>
        tx.Put(Tables.Machines, id.ToLowerInvariant(), new MachineState { Id = id, Power = power, Since = tx.Now });
}
