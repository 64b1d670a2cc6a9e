using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Sql;

/// <summary>
/// Databases, their encryption, and reading their schemas. The tables are encrypted with the database's data key; listing them
/// through the control plane is the one way to read a database here, and so the canary for its key.
/// </summary>
internal sealed class SqlDatabases
{
    private const string CreateKind = "sql-database-create";
    private const string UpdateKind = "sql-database-update";
    private const string DeleteKind = "sql-database-delete";
    private const string EncryptionKind = "sql-encryption-change";
    private const int RetentionDays = 7;

    private static readonly System.Buffers.SearchValues<char> NotInNames = System.Buffers.SearchValues.Create("<>*%&:\\/?");

    private readonly SqlProvider _sql;

    public SqlDatabases(SqlProvider sql)
    {
        _sql = sql;
        sql.Operations.OnEnd(CreateKind, EndCreate);
        sql.Operations.OnEnd(UpdateKind, EndUpdate);
        sql.Operations.OnEnd(DeleteKind, EndDelete);
        sql.Operations.OnEnd(EncryptionKind, EndEncryption);
        sql.Resources.OnRemoval(sql.Databases.Type, (tx, database) => Drop(tx, database.Id));
        sql.Resources.OnRemoval(sql.Servers.Type, (tx, server) => sql.Watch.Links.RemoveAll(tx, server.Id));
        var databases = sql.Databases;
        var encryption = sql.Encryption;
        sql.Arm.Plug(
        [
            databases.Put("Create or update SQL database", Put),
            databases.Patch("Update SQL database", Patch),
            databases.Get("Get SQL database"),
            databases.Delete("Delete SQL database", Delete),
            databases.ListUnder("List SQL databases", sql.Servers, ResourceKind.Whole),
            encryption.Put("Set transparent data encryption", PutEncryption),
            encryption.Get("Get transparent data encryption"),
            encryption.ListUnder("List transparent data encryption", databases, ResourceKind.Whole),
            ResourceKind.Op("List schemas of a SQL database", "GET", databases.Path + "/schemas", databases.Type + "/schemas/read", ListSchemas) with { ReadsOnly = true },
            ResourceKind.Op("List tables of a SQL database", "GET", databases.Path + "/schemas/{schema}/tables", databases.Type + "/schemas/tables/read", ListTables) with { ReadsOnly = true },
        ]);
    }

    public static bool IsEncrypted(EstateView view, string databaseId) =>
        view.Find(Tables.Resources, ArmId.Key(databaseId + "/transparentDataEncryption/current"))?.Properties.Member("state").Text() != "Disabled";

    private Answer Put(Call call)
    {
        var view = call.Read();
        var server = _sql.Databases.NeedParent(view, call, _sql.Servers);
        _sql.Servers.RequireRegionUp(call, server.Location!);
        return _sql.Databases.Find(view, call) is { } existing ? Update(call, server, existing) : Create(call, server);
    }

    private Answer Patch(Call call)
    {
        var view = call.Read();
        var server = _sql.Databases.NeedParent(view, call, _sql.Servers);
        _sql.Servers.RequireRegionUp(call, server.Location!);
        return Update(call, server, _sql.Databases.Need(view, call));
    }

    private Answer Create(Call call, Resource server)
    {
        var body = call.Json();
        var name = call.Value("database");
        if (name.Length > 128 || name.AsSpan().ContainsAny(NotInNames) || name.EndsWith('.') || name.EndsWith(' '))
            throw SqlProvider.Refuse(call, 400, "InvalidDatabaseName", $"Invalid database name '{name}'.");
        var location = body.Loose("location").Text() is { } given ? Locations.Normal(given) : server.Location;
        if (location != server.Location)
            throw SqlProvider.Refuse(call, 400, Assumptions.SqlDatabaseElsewhere, $"The database must be in the region of its server, '{server.Location}'.");
        SqlProvider.RequireIdle(call, call.Read(), server.Id);
        var mode = body.At("properties", "createMode").Text() ?? "Default";
        var id = _sql.Databases.IdOf(call);
        switch (mode.ToLowerInvariant())
        {
            case "default":
                return Make(call, server, id, Encoding.UTF8.GetBytes(NewContent(body.At("properties", "sampleName").Text()).ToJsonString()), null, CreateKind);
            case "copy" or "pointintimerestore":
                var (plain, source) = Restored(call, server, mode, body.Loose("properties") ?? default);
                return Make(call, server, id, plain, source, CreateKind);
            case "secondary" or "onlinesecondary":
                return _sql.Replication.CreateSecondary(call, server, id, body.At("properties", "sourceDatabaseId").Text());
            default:
                throw SqlProvider.Refuse(call, 400, "InvalidParameterValue", $"Invalid value given for parameter createMode: '{mode}'. Specify a valid parameter value.");
        }
    }

    /// <summary>A new database with that content, encrypted under a data key of its own.</summary>
    private Answer Make(Call call, Resource server, string id, byte[] plain, Resource? source, string kind)
    {
        var view = call.Read();
        var dataKey = SimulatorRandom.Bytes(32);
        KeyLink? link = null;
        if (KeyLinkBook.Find(view, SqlWatch.ProtectorLink(server.Id)) is { } protector && KeyIdentifier.TryParse(protector.Current, out var key))
        {
            if (_sql.Watch.TryBind(view, server, _sql.Watch.Database, SqlWatch.DatabaseLink(id), id, key, dataKey, call.Now, out var bound) is { } fault)
                throw SqlWords.Refusal(call, server, fault);
            link = bound;
        }
        var state = new SqlDatabaseState { Id = id, Content = SealedContent.Seal(dataKey, plain), Wraps = [_sql.Watch.WrapOf(link, dataKey, call.Now)] };
        return call.Write(tx =>
        {
            if (_sql.Databases.Find(tx, call) is not null)
                throw SqlProvider.Refuse(call, 409, "ConflictingServerOperation", $"The database '{call.Value("database")}' is being created.");
            ResourceKind.Store(tx, Drafted(tx, call, server, source));
            StoreEncryption(tx, id, "Enabled");
            _sql.Watch.Keep(tx, state, link);
            return _sql.Start(tx, call, kind, "CreateLogicalDatabase", id, server.Location!);
        });
    }

    public Resource Drafted(EstateTransaction tx, Call call, Resource server, Resource? source)
    {
        var body = call.Json();
        var sku = body.At("sku", "name").Text() ?? source?.Sku?.Member("name").Text() ?? "GP_Gen5_2";
        var given = body.Loose("properties") ?? default;
        return _sql.Databases.Make(tx, call, body, null, server.Location, new JsonObject
        {
            ["status"] = "Creating",
            ["databaseId"] = tx.NextGuid().ToString(),
            ["collation"] = given.Loose("collation").Text() ?? source?.Properties.Member("collation").Text() ?? "SQL_Latin1_General_CP1_CI_AS",
            ["maxSizeBytes"] = given.Loose("maxSizeBytes") is { ValueKind: JsonValueKind.Number } size ? size.ToNode() : 268435456000L,
            ["creationDate"] = Shapes.Time(tx.Now),
            ["earliestRestoreDate"] = Shapes.Time(tx.Now),
            ["currentServiceObjectiveName"] = sku,
            ["requestedServiceObjectiveName"] = sku,
            ["defaultSecondaryLocation"] = Locations.Find(server.Location!)?.Paired,
            ["catalogCollation"] = "SQL_Latin1_General_CP1_CI_AS",
            ["zoneRedundant"] = given.Loose("zoneRedundant").Flag() ?? false,
            ["readScale"] = "Disabled",
            ["isInfraEncryptionEnabled"] = false,
        }.ToElement()) with
        {
            Kind = "v12.0,user",
            Sku = new JsonObject { ["name"] = sku, ["tier"] = TierOf(sku) }.ToElement(),
        };
    }

    private static string TierOf(string sku) => sku switch
    {
        _ when sku.StartsWith("BC_", StringComparison.OrdinalIgnoreCase) => "BusinessCritical",
        _ when sku.StartsWith("HS_", StringComparison.OrdinalIgnoreCase) => "Hyperscale",
        _ when sku.StartsWith("GP_", StringComparison.OrdinalIgnoreCase) => "GeneralPurpose",
        _ when sku.StartsWith('P') => "Premium",
        _ when sku.Equals("Basic", StringComparison.OrdinalIgnoreCase) => "Basic",
        _ => "Standard",
    };

    public static void StoreEncryption(EstateTransaction tx, string databaseId, string state)
    {
        var id = databaseId + "/transparentDataEncryption/current";
        ResourceKind.Store(tx, new Resource
        {
            Id = id,
            Name = "current",
            Type = "Microsoft.Sql/servers/databases/transparentDataEncryption",
            Properties = new JsonObject { ["state"] = state }.ToElement(),
            Created = tx.Find(Tables.Resources, ArmId.Key(id))?.Created ?? tx.Now,
            Changed = tx.Now,
        });
    }

    private static AsyncOperation EndCreate(EstateTransaction tx, AsyncOperation operation)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is { } database && database.Properties.Member("status").Text() == "Creating")
            ResourceKind.Store(tx, ResourceKind.With(database, ("status", "Online")));
        return operation;
    }

    /// <summary>The content of a database as it was, read with the key version that protected it then.</summary>
    private (byte[] Plain, Resource Source) Restored(Call call, Resource server, string mode, JsonElement properties)
    {
        var view = call.Read();
        var sourceId = properties.Loose("sourceDatabaseId").Text();
        if (_sql.Databases.Find(view, sourceId) is not { } source || SqlDatabaseState.Find(view, source.Id) is not { } state)
            throw SqlProvider.Refuse(call, 404, "SourceDatabaseNotFound", "The source database does not exist.");
        if (mode.Equals("copy", StringComparison.OrdinalIgnoreCase))
        {
            RequireAvailable(call, source);
            if (_sql.Watch.TryDataKey(view, state, call.Now, out var current) is { } fault)
                throw SqlWords.Refusal(call, server, fault);
            return (SealedContent.Open(current, state.Content), source);
        }
        var at = properties.Loose("restorePointInTime").Text();
        if (at is null || !DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            throw SqlProvider.Refuse(call, 400, "InvalidParameterValue", "Invalid value given for parameter restorePointInTime. Specify a valid parameter value.");
        var earliest = DateTimeOffset.Parse(source.Properties.Member("earliestRestoreDate").Text()!, CultureInfo.InvariantCulture);
        if (call.Now.AddDays(-RetentionDays) is var retained && retained > earliest)
            earliest = retained;
        if (time < earliest || time > call.Now)
            throw SqlProvider.Refuse(call, 400, "InvalidRestorePointInTime", $"The restore point '{at}' is not valid. It must be from '{Shapes.Time(earliest)}' to '{Shapes.Time(call.Now)}'.");
        var wrap = state.Wraps.LastOrDefault(wrap => wrap.From <= time) ?? state.Wraps[0];
        return (SealedContent.Open(OldDataKey(call, view, server, wrap, earliest), state.Content), source);
    }

    private byte[] OldDataKey(Call call, EstateView view, Resource server, SqlDatabaseWrap wrap, DateTimeOffset earliest)
    {
        if (wrap.Key is null)
            return PlatformKeys.Unwrap(view, wrap.Wrapped);
        // Backups stay under the version that was the protector when they were taken.
        if (KeyIdentifier.TryParse(wrap.Key, out var key) && _sql.Keys.ByUri(view, server, wrap.Key) is not null && SqlWatch.PrincipalOf(view, server) is { } who
            && _sql.Watch.Links.Access.TryUnwrap(who.PrincipalId, key, wrap.Wrapped, call.Now, out var dataKey) is null)
            return dataKey;
        throw SqlProvider.Refuse(call, 400, Assumptions.SqlRestoreNeedsKeys, $"Target server `{server.Name}` doesn't have access to all AKV URIs created between {Shapes.Time(earliest)} and {Shapes.Time(call.Now)}. Retry operation after restoring all AKV URIs.");
    }

    /// <summary>Refuses what an inaccessible database does not do.</summary>
    private static void RequireAvailable(Call call, Resource database)
    {
        if (database.Properties.Member("status").Text() is not ("Online" or "Creating"))
            throw SqlWords.Unavailable(call, database.Name);
    }

    private Answer Update(Call call, Resource server, Resource existing)
    {
        var body = call.Json();
        RequireAvailable(call, existing);
        return call.Write(tx =>
        {
            SqlProvider.RequireIdle(call, tx, existing.Id);
            var changed = new JsonObject();
            if (body.At("sku", "name").Text() is { } sku)
                changed["sku"] = sku;
            if (body.At("properties", "maxSizeBytes") is { ValueKind: JsonValueKind.Number } size)
                changed["maxSizeBytes"] = size.ToNode();
            var tags = body.Loose("tags").Tags();
            if (tags is not null)
                ResourceKind.Store(tx, existing with { Tags = tags, Changed = tx.Now, ChangedBy = call.Caller.ObjectId });
            return _sql.Start(tx, call, UpdateKind, "UpdateLogicalDatabase", existing.Id, server.Location!, changed);
        });
    }

    private static AsyncOperation EndUpdate(EstateTransaction tx, AsyncOperation operation)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is not { } database)
            return operation;
        var input = operation.Input!.Value;
        if (input.Member("sku").Text() is { } sku)
            database = ResourceKind.With(database, ("currentServiceObjectiveName", sku), ("requestedServiceObjectiveName", sku)) with { Sku = new JsonObject { ["name"] = sku, ["tier"] = TierOf(sku) }.ToElement() };
        if (input.Member("maxSizeBytes") is { } size)
            database = ResourceKind.With(database, ("maxSizeBytes", size.ToNode()));
        ResourceKind.Store(tx, database with { Changed = tx.Now });
        return operation;
    }

    private Answer Delete(Call call)
    {
        var view = call.Read();
        var server = _sql.Databases.NeedParent(view, call, _sql.Servers);
        _sql.Servers.RequireRegionUp(call, server.Location!);
        return call.Write(tx =>
        {
            if (_sql.Databases.Find(tx, call) is not { } database)
                return Answer.Empty(204);
            SqlProvider.RequireIdle(call, tx, database.Id);
            return _sql.Start(tx, call, DeleteKind, "DropLogicalDatabase", database.Id, server.Location!, emptyStatus: 200);
        });
    }

    private AsyncOperation EndDelete(EstateTransaction tx, AsyncOperation operation)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is { } database)
            _sql.Resources.Remove(tx, database);
        return operation;
    }

    private void Drop(EstateTransaction tx, string databaseId)
    {
        _sql.Replication.Leave(tx, databaseId);
        _sql.Watch.Links.RemoveAll(tx, databaseId);
        tx.Remove(Tables.SqlDatabases, databaseId.ToLowerInvariant());
    }

    private Answer PutEncryption(Call call)
    {
        var view = call.Read();
        var database = _sql.Encryption.NeedParent(view, call, _sql.Databases);
        RequireAvailable(call, database);
        var wanted = call.Json().At("properties", "state").Text();
        var state = wanted?.ToLowerInvariant() switch
        {
            "enabled" => "Enabled",
            "disabled" => "Disabled",
            _ => throw SqlProvider.Refuse(call, 400, "InvalidParameterValue", $"Invalid value given for parameter state: '{wanted}'. Specify a valid parameter value."),
        };
        return call.Write(tx =>
        {
            var server = SqlProvider.ServerOf(tx, database.Id);
            var id = database.Id + "/transparentDataEncryption/current";
            SqlProvider.RequireIdle(call, tx, id);
            return _sql.Start(tx, call, EncryptionKind, "UpdateTransparentDataEncryption", id, server.Location!, new JsonObject { ["state"] = state });
        });
    }

    private AsyncOperation EndEncryption(EstateTransaction tx, AsyncOperation operation)
    {
        var database = ArmId.ParentOf(operation.ResourceId);
        if (tx.Has(Tables.Resources, ArmId.Key(database)))
        {
            var server = SqlProvider.ServerOf(tx, database);
            StoreEncryption(tx, tx.Find(Tables.Resources, ArmId.Key(database))!.Id, operation.Input!.Value.Member("state").Text()!);
            SqlWatch.PlanRewrap(tx, server.Id);
        }
        return operation;
    }

    private Answer ListSchemas(Call call) => Answer.Json(200, Shapes.List(Content(call).Select(schema => new JsonObject
    {
        ["id"] = $"{_sql.Databases.IdOf(call)}/schemas/{schema.Key}",
        ["name"] = schema.Key,
        ["type"] = _sql.Databases.Type + "/schemas",
    })));

    private Answer ListTables(Call call)
    {
        var content = Content(call);
        if (content.FirstOrDefault(schema => schema.Key.Equals(call.Value("schema"), StringComparison.OrdinalIgnoreCase)) is not { Key: not null, Value: JsonArray tables } found)
            throw SqlProvider.Refuse(call, 404, "ResourceNotFound", $"The schema '{call.Value("schema")}' was not found.");
        return Answer.Json(200, Shapes.List(tables.Select(table => new JsonObject
        {
            ["id"] = $"{_sql.Databases.IdOf(call)}/schemas/{found.Key}/tables/{(string?)table}",
            ["name"] = (string?)table,
            ["type"] = _sql.Databases.Type + "/schemas/tables",
            ["properties"] = new JsonObject { ["temporalType"] = "NonTemporalTable", ["memoryOptimized"] = false },
        })));
    }

    /// <summary>Opens the database, as a connection would.</summary>
    private JsonObject Content(Call call)
    {
        var view = call.Read();
        var database = _sql.Databases.Need(view, call);
        _sql.Servers.RequireRegionUp(call, database.Location!);
        RequireAvailable(call, database);
        if (SqlDatabaseState.Find(view, database.Id) is not { } state)
            throw SqlWords.Unavailable(call, database.Name);
        if (_sql.Watch.TryDataKey(view, state, call.Now, out var dataKey) is not null)
            throw SqlWords.Unavailable(call, database.Name);
        return JsonNode.Parse(SealedContent.Open(dataKey, state.Content))!.AsObject();
    }

    private static JsonObject NewContent(string? sample)
    {
        var content = new JsonObject { ["dbo"] = new JsonArray("canary") };
        if (string.Equals(sample, "AdventureWorksLT", StringComparison.OrdinalIgnoreCase))
            content["SalesLT"] = new JsonArray("Address", "Customer", "Product", "SalesOrderHeader");
        return content;
    }
}
