using Runbook.Simulator.State;

namespace Runbook.Simulator.Postgres;

/// <summary>What is on a flexible server, encrypted.</summary>
internal sealed record PostgresState
{
    /// <summary>Id of the server.</summary>
    public required string Id { get; init; }

    /// <summary>The names of its databases, sealed with the data key.</summary>
    [Unrepeatable]
    public required byte[] Content { get; init; }

    /// <summary>The data key as the platform keeps it; <see langword="null"/> where a customer's key wraps it.</summary>
    [Unrepeatable]
    public byte[]? Platform { get; init; }

    public static PostgresState? Find(EstateView view, string id) => view.Find(Tables.PostgresServers, id.ToLowerInvariant());

    public static void Put(EstateTransaction tx, PostgresState state) => tx.Put(Tables.PostgresServers, state.Id.ToLowerInvariant(), state);
}
