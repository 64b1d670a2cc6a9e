using Runbook.Simulator.State;

namespace Runbook.Simulator.Sql;

/// <summary>A database beyond what the control plane shows: its encrypted content and where that is replicated.</summary>
internal sealed record SqlDatabaseState
{
    /// <summary>Id of the database.</summary>
    public required string Id { get; init; }

    /// <summary>Its tables, encrypted (AES-256-GCM: nonce, tag, text) with the data key.</summary>
    [Unrepeatable]
    public required byte[] Content { get; init; }

    /// <summary>Data keys by the time from which they were wrapped so, oldest first. The last one is in use.</summary>
    public required IReadOnlyList<SqlDatabaseWrap> Wraps { get; init; }

    /// <summary>Id of the database at the other end of the replication.</summary>
    public string? Partner { get; init; }

    public bool IsSecondary { get; init; }

    /// <summary>Failover group that made the replication.</summary>
    public string? Group { get; init; }

    /// <summary>The time for healing by itself is over.</summary>
    public bool LostForGood { get; init; }

    /// <summary>How it is protected now.</summary>
    public SqlDatabaseWrap Wrap => Wraps[^1];

    public static SqlDatabaseState? Find(EstateView view, string databaseId) => view.Find(Tables.SqlDatabases, databaseId.ToLowerInvariant());

    public static void Put(EstateTransaction tx, SqlDatabaseState state) => tx.Put(Tables.SqlDatabases, state.Id.ToLowerInvariant(), state);
}

/// <summary>A data key as it was wrapped from some time on.</summary>
internal sealed record SqlDatabaseWrap
{
    public required DateTimeOffset From { get; init; }

    /// <summary>The key version, as a URL; <see langword="null"/> where the platform keeps it.</summary>
    public string? Key { get; init; }

    [Unrepeatable]
    public required byte[] Wrapped { get; init; }
}
