using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Sql;

/// <summary>
/// What becomes of databases as their keys come and go: inaccessible within ten minutes, healing by themselves within half an
/// hour, by revalidation afterwards; and wrapped anew whenever the protector changes.
/// </summary>
internal sealed class SqlWatch
{
    private const string RewrapWork = "sql-rewrap";
    private const string GraceWork = "sql-grace-over";
    private const string RevalidateKind = "sql-revalidate";
    private const string MakeInaccessible = "Microsoft.Sql/servers/databases/MakeDatabaseInaccessible/action";
    private const string MakeAccessible = "Microsoft.Sql/servers/databases/MakeDatabaseAccessible/action";

    private readonly SqlProvider _sql;

    public SqlWatch(SqlProvider sql, KeyLinkBook links)
    {
        _sql = sql;
        sql.Watch = this;
        Links = links;
        var timings = sql.Core.Timings;
        Protector = links.Register(new KeyLinkProfile
        {
            Name = "sql-protector",
            Poll = timings.SqlKeyPoll,
            Cached = timings.SqlKeyCache,
            PollBroken = timings.SqlKeyPoll,
            Follow = timings.SqlProtectorRotation,
            ExpiryBreaks = true,
            RsaBits = [2048, 3072],
            Changed = ProtectorChanged,
        });
        Database = links.Register(new KeyLinkProfile
        {
            Name = "sql-database",
            Poll = timings.SqlKeyPoll,
            Cached = timings.SqlKeyCache,
            PollBroken = timings.SqlKeyPoll,
            Healing = timings.SqlHealing,
            HealsWithin = timings.SqlHealsWithin,
            ExpiryBreaks = true,
            RsaBits = [2048, 3072],
            Changed = DatabaseChanged,
        });
        sql.Core.Work.On(RewrapWork, Rewrap);
        sql.Core.Work.OnChange(GraceWork, EndGrace);
        sql.Operations.OnEnd(RevalidateKind, EndRevalidate, BeforeRevalidate);
        sql.Arm.Plug([sql.Protectors.Act("Revalidate SQL encryption protector", "revalidate", Revalidate)]);
    }

    public KeyLinkBook Links { get; }

    public KeyLinkProfile Protector { get; }

    public KeyLinkProfile Database { get; }

    public static string ProtectorLink(string serverId) => KeyLink.IdOf(serverId, "protector");

    public static string DatabaseLink(string databaseId) => KeyLink.IdOf(databaseId, "dek");

    /// <summary>As whom a server asks for keys; <see langword="null"/> where it has no identity.</summary>
    public static (string PrincipalId, string? IdentityId)? PrincipalOf(EstateView view, Resource server)
    {
        // An identity that was deleted leaves its id behind: asking as nobody is then refused by the directory.
        if (server.Properties.Member("primaryUserAssignedIdentityId").Text() is { } primary)
            return server.Identity?.UserAssigned?.Contains(primary, StringComparer.OrdinalIgnoreCase) == true ? (Shapes.PrincipalOf(view, primary)?.ObjectId ?? "", primary) : null;
        return server.Identity?.PrincipalId is { } own ? (own, null) : null;
    }

    /// <summary>Binds a server's or a database's data key to a key, as the server.</summary>
    public KeyFault? TryBind(
        EstateView view, Resource server, KeyLinkProfile profile, string linkId, string resourceId, KeyIdentifier key, byte[]? dataKey, DateTimeOffset now, out KeyLink link)
    {
        if (PrincipalOf(view, server) is { } who)
        {
            return Links.TryBind(
                new KeyLinkRequest
                {
                    Profile = profile,
                    Id = linkId,
                    ResourceId = resourceId,
                    Region = server.Location!,
                    Key = key,
                    PrincipalId = who.PrincipalId,
                    IdentityId = who.IdentityId,
                    DataKey = dataKey,
                },
                now,
                out link);
        }
        link = null!;
        return new KeyFault { Trouble = KeyTrouble.TokenRefused, Use = "token", Key = key.ToString(), Code = "NoServerIdentity", Text = "The server has no identity." };
    }

    /// <summary>After a server's identities changed: its links go on as whoever it is now.</summary>
    public void FollowIdentity(EstateTransaction tx, Resource server)
    {
        var who = PrincipalOf(tx, server);
        KeyLinkBook.Reassign(tx, ProtectorLink(server.Id), who?.PrincipalId, who?.IdentityId);
        foreach (var database in _sql.Databases.Under(tx, server.Id))
            KeyLinkBook.Reassign(tx, DatabaseLink(database.Id), who?.PrincipalId, who?.IdentityId);
    }

    public static void PlanRewrap(EstateTransaction tx, string serverId) => tx.Schedule(tx.Now, RewrapWork, serverId.ToLowerInvariant());

    /// <summary>The data key of a database, as the running engine has it.</summary>
    /// <returns>Why there is none, or <see langword="null"/>.</returns>
    public KeyFault? TryDataKey(EstateView view, SqlDatabaseState state, DateTimeOffset now, out byte[] dataKey)
    {
        if (KeyLinkBook.Find(view, DatabaseLink(state.Id)) is { } link)
            return Links.TryDataKey(link, now, out dataKey);
        dataKey = PlatformKeys.Unwrap(view, state.Wrap.Wrapped);
        return null;
    }

    /// <summary>Refuses to change the protector while a database can't be unwrapped: not with its own key, nor with the new one.</summary>
    public void RequireRewrappable(Call call, Resource server, KeyIdentifier? key)
    {
        var view = call.Read();
        foreach (var database in _sql.Databases.Under(view, server.Id))
            if (SqlDatabaseState.Find(view, database.Id) is { } state && UnwrapAny(view, server, state, key, call.Now) is null)
                throw SqlWords.Unavailable(call, database.Name);
    }

    /// <summary>The data key by the key in use or, where that is lost, by another with the same material.</summary>
    private byte[]? UnwrapAny(EstateView view, Resource server, SqlDatabaseState state, KeyIdentifier? other, DateTimeOffset now)
    {
        if (KeyLinkBook.Find(view, DatabaseLink(state.Id)) is not { Accessible: false } && TryDataKey(view, state, now, out var dataKey) is null)
            return dataKey;
        return other is not null && PrincipalOf(view, server) is { } who && Links.Access.TryUnwrap(who.PrincipalId, other, state.Wrap.Wrapped, now, out dataKey) is null ? dataKey : null;
    }

    private void ProtectorChanged(EstateTransaction tx, KeyLink before, KeyLink after)
    {
        if (before.Current == after.Current || tx.Find(Tables.Resources, ArmId.Key(after.ResourceId)) is not { } server)
            return;
        _sql.Keys.Show(tx, server, after);
        PlanRewrap(tx, server.Id);
    }

    /// <summary>Wraps every database of a server with the protector as it is now. What can't be unwrapped stays as it is.</summary>
    private void Rewrap(DueItem item)
    {
        var view = _sql.Core.Estate.Current;
        var changes = new List<(SqlDatabaseState State, KeyLink? Link)>();
        if (view.Find(Tables.Resources, item.Target) is { } server)
        {
            var target = KeyLinkBook.Find(view, ProtectorLink(server.Id)) is { } protector && KeyIdentifier.TryParse(protector.Current, out var key) ? key : null;
            foreach (var database in _sql.Databases.Under(view, server.Id).ToList())
            {
                if (SqlDatabaseState.Find(view, database.Id) is not { IsSecondary: false } state)
                    continue;
                var wanted = SqlDatabases.IsEncrypted(view, database.Id) ? target : null;
                if (state.Wrap.Key == wanted?.ToString() || UnwrapAny(view, server, state, wanted, item.Due) is not { } dataKey)
                    continue;
                if (Rewrapped(view, server, state, wanted, dataKey, item.Due) is { } change)
                    changes.Add(change);
                if (_sql.Replication.RewrappedPartner(view, state, wanted, dataKey, item.Due) is { } partner)
                    changes.Add(partner);
            }
        }
        _sql.Core.Work.Complete(item, tx =>
        {
            foreach (var (state, link) in changes)
                if (tx.Has(Tables.SqlDatabases, state.Id.ToLowerInvariant()))
                    Keep(tx, state, link);
        });
    }

    /// <summary>A database's data key under another key, or under the platform's.</summary>
    public (SqlDatabaseState State, KeyLink? Link)? Rewrapped(EstateView view, Resource server, SqlDatabaseState state, KeyIdentifier? key, byte[] dataKey, DateTimeOffset now)
    {
        KeyLink? link = null;
        if (key is not null)
        {
            if (TryBind(view, server, Database, DatabaseLink(state.Id), state.Id, key, dataKey, now, out var bound) is not null)
                return null;
            link = bound;
        }
        return (state with { Wraps = [.. state.Wraps, WrapOf(link, dataKey, now)] }, link);
    }

    /// <summary>How a data key is kept: by its link's key, or by the platform.</summary>
    public SqlDatabaseWrap WrapOf(KeyLink? link, byte[] dataKey, DateTimeOffset now) => link is not null
        ? new SqlDatabaseWrap { From = now, Key = link.Current, Wrapped = link.Wrapped }
        : _sql.Core.Estate.Write(now, tx => new SqlDatabaseWrap { From = now, Wrapped = PlatformKeys.Wrap(tx, dataKey) });

    /// <summary>Stores a database's state with its link, or without one.</summary>
    public void Keep(EstateTransaction tx, SqlDatabaseState state, KeyLink? link)
    {
        var before = KeyLinkBook.Find(tx, DatabaseLink(state.Id));
        if (link is not null)
        {
            // A key that a database is wrapped with is one of its server's keys.
            _sql.Keys.Know(tx, SqlProvider.ServerOf(tx, state.Id), KeyIdentifier.Parse(link.Current));
            Links.Put(tx, link);
        }
        else
            Links.Remove(tx, DatabaseLink(state.Id));
        SqlDatabaseState.Put(tx, state);
        if (before is { Accessible: false })
            BecomeAccessible(tx, state);
    }

    private void DatabaseChanged(EstateTransaction tx, KeyLink before, KeyLink after)
    {
        if (before.Accessible == after.Accessible || SqlDatabaseState.Find(tx, after.ResourceId) is not { } state)
            return;
        if (after.Accessible)
        {
            BecomeAccessible(tx, state);
            return;
        }
        SetStatus(tx, state.Id, "Inaccessible");
        var server = SqlProvider.ServerOf(tx, state.Id);
        var (_, code, message) = SqlWords.Of(tx, server, after.Broke!);
        Report(tx, state.Id, MakeInaccessible, "Started", code, message);
        tx.Schedule(tx.Now + _sql.Core.Timings.SqlHealsWithin, GraceWork, after.Id, Shapes.Time(after.Since));
    }

    private void BecomeAccessible(EstateTransaction tx, SqlDatabaseState state)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(state.Id)) is not { } database)
            return;
        if (state.LostForGood)
        {
            // What the service can't keep over so long a time has to be set up again.
            database = ResourceKind.With(database with { Tags = null }, ("earliestRestoreDate", Shapes.Time(tx.Now)));
            ResourceKind.Store(tx, database);
            SqlDatabaseState.Put(tx, state with { LostForGood = false, Wraps = [state.Wrap] });
            _sql.Replication.Leave(tx, state.Id);
        }
        SetStatus(tx, state.Id, "Online");
        Report(tx, state.Id, MakeAccessible, "Succeeded");
    }

    /// <summary>The activity log tells of databases and their keys later than of anything else.</summary>
    private void Report(EstateTransaction tx, string databaseId, string action, string status, string? code = null, string? description = null) =>
        _sql.Arm.Activity!.Happened(tx, databaseId, action, status, code, description, _sql.Core.Timings.SqlKeyReport);

    private static void SetStatus(EstateTransaction tx, string databaseId, string status)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(databaseId)) is { } database)
            ResourceKind.Store(tx, ResourceKind.With(database, ("status", status)) with { Changed = tx.Now });
    }

    private void EndGrace(EstateTransaction tx, DueItem item)
    {
        if (KeyLinkBook.Find(tx, item.Target) is not { Accessible: false, HealsAt: null } link || Shapes.Time(link.Since) != item.Detail
            || link.Broke?.IsNetwork == true || SqlDatabaseState.Find(tx, link.ResourceId) is not { } state)
            return;
        SqlDatabaseState.Put(tx, state with { LostForGood = true });
        Report(
            tx, state.Id, MakeInaccessible, "Succeeded", SqlWords.Of(tx, SqlProvider.ServerOf(tx, state.Id), link.Broke!).Code,
            "The database is inaccessible and requires user to resolve Azure key vault errors and reestablish access to Azure key vault using Re-validate key.");
    }

    private Answer Revalidate(Call call)
    {
        SqlKeys.RequireCurrent(call);
        var server = _sql.Servers.Need(call.Read(), call);
        _sql.Servers.RequireRegionUp(call, server.Location!);
        return call.Write(tx =>
        {
            var id = SqlKeys.ProtectorOf(tx, server).Id;
            if (AsyncOperations.Running(tx, id) is not null)
                throw SqlProvider.Refuse(call, 409, "EncryptionProtectorChangeInProgress", "Cannot update database encryption key protector while protector change is already in progress");
            foreach (var database in _sql.Databases.Under(tx, server.Id))
                if (KeyLinkBook.Find(tx, DatabaseLink(database.Id)) is { Accessible: false })
                    Report(tx, database.Id, MakeAccessible, "Started");
            return _sql.Start(tx, call, RevalidateKind, "RevalidateEncryptionProtector", id, server.Location!, emptyStatus: 200);
        });
    }

    private IEnumerable<string> LinksOf(EstateView view, string protectorId)
    {
        var server = SqlProvider.ServerOf(view, protectorId);
        return _sql.Databases.Under(view, server.Id).Select(database => DatabaseLink(database.Id)).Prepend(ProtectorLink(server.Id)).Where(id => KeyLinkBook.Find(view, id) is not null);
    }

    private void BeforeRevalidate(AsyncOperation operation)
    {
        foreach (var link in LinksOf(_sql.Core.Estate.Current, operation.ResourceId).ToList())
            Links.Check(link, operation.Ends);
    }

    private AsyncOperation EndRevalidate(EstateTransaction tx, AsyncOperation operation)
    {
        var server = SqlProvider.ServerOf(tx, operation.ResourceId);
        var failed = operation;
        foreach (var link in LinksOf(tx, operation.ResourceId).Select(id => KeyLinkBook.Find(tx, id)!))
        {
            if (link.Fault is not { } fault)
                continue;
            var (_, code, message) = SqlWords.Of(tx, server, fault);
            failed = AsyncOperations.Failed(operation, code, message);
            if (!link.Accessible && link.Profile == Database.Name)
                Report(tx, link.ResourceId, MakeAccessible, "Failed", code, message);
        }
        return failed;
    }
}
