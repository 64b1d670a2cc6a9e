using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Runbook.Simulator.State;

/// <summary>
/// The estate's file: one SQLite database in write-ahead mode with a full sync at each commit. One process has it open at a
/// time.
/// </summary>
internal sealed class SqliteStore : IDisposable
{
    private const int SchemaVersion = 1;

    private readonly SqliteConnection _connection;

    // Made ready once: each change of the estate is a transaction, and a rehearsal makes hundreds.
    private readonly SqliteCommand _upsert;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _prune;

    private SqliteStore(SqliteConnection connection)
    {
        _connection = connection;
        _upsert = Command("INSERT INTO documents (collection, id, body) VALUES ($c, $i, $b) ON CONFLICT (collection, id) DO UPDATE SET body = excluded.body", "$c", "$i", "$b");
        _delete = Command("DELETE FROM documents WHERE collection = $c AND id = $i", "$c", "$i");
        _insert = Command("INSERT OR REPLACE INTO calls (sequence, body) VALUES ($s, $b)", "$s", "$b");
        _prune = Command("DELETE FROM calls WHERE sequence <= $s", "$s");
    }

    /// <exception cref="StateFileException"><c>RS202</c>: it is no state file, of another version, or open elsewhere.</exception>
    public static SqliteStore Open(string path)
    {
        var full = Path.GetFullPath(path);
        if (Path.GetDirectoryName(full) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = full,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 2,
        }.ToString());
        var store = new SqliteStore(connection);
        try
        {
            connection.Open();
            store.Prepare();
            return store;
        }
        catch (SqliteException error)
        {
            store.Dispose();
            throw StateFileException.CannotOpen(full, error);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private void Prepare()
    {
        // The exclusive lock keeps a second simulator out, and dies with the process whatever kills it.
        Run("PRAGMA locking_mode=EXCLUSIVE");
        Run("PRAGMA journal_mode=WAL");
        Run("PRAGMA synchronous=FULL");
        var version = Convert.ToInt32(Scalar("PRAGMA user_version"), CultureInfo.InvariantCulture);
        if (version is not (0 or SchemaVersion))
            throw StateFileException.OtherVersion(_connection.DataSource, version, SchemaVersion);
        Run("BEGIN IMMEDIATE");
        Run("CREATE TABLE IF NOT EXISTS documents (collection TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (collection, id))");
        Run("CREATE TABLE IF NOT EXISTS calls (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL)");
        Run($"PRAGMA user_version={SchemaVersion}");
        Run("COMMIT");
    }

    public IEnumerable<Row> Load(Table table)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT id, body FROM documents WHERE collection = $collection ORDER BY id";
        command.Parameters.AddWithValue("$collection", table.Name);
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return new Row(reader.GetString(0), (byte[])reader[1]);
    }

    public IEnumerable<CallRecord> LoadCalls()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT body FROM calls ORDER BY sequence";
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return JsonSerializer.Deserialize((byte[])reader[0], EstateJson.Default.CallRecord)!;
    }

    /// <summary>All of it or nothing, synced before it returns.</summary>
    public void Commit(IReadOnlyDictionary<(int Table, string Key), Row?> changes, IReadOnlyList<CallRecord> calls)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var ((index, key), row) in changes)
        {
            var table = Tables.All[index];
            var command = row is null ? _delete : _upsert;
            command.Parameters[0].Value = table.Name;
            command.Parameters[1].Value = key;
            if (row is not null)
                command.Parameters[2].Value = table.Format(row.Value(table));
            Run(command, transaction);
        }
        if (calls.Count > 0)
            Append(calls, transaction);
        transaction.Commit();
    }

    private void Append(IReadOnlyList<CallRecord> calls, SqliteTransaction transaction)
    {
        foreach (var call in calls)
        {
            _insert.Parameters[0].Value = call.Sequence;
            _insert.Parameters[1].Value = JsonSerializer.SerializeToUtf8Bytes(call, EstateJson.Default.CallRecord);
            Run(_insert, transaction);
        }
        _prune.Parameters[0].Value = calls[^1].Sequence - Limits.CallRecords;
        Run(_prune, transaction);
    }

    private SqliteCommand Command(string text, params string[] parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // The text is one of this file's literals; values travel as parameters.
        command.CommandText = text;
#pragma warning restore CA2100
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter(name, null));
        return command;
    }

    private static void Run(SqliteCommand command, SqliteTransaction transaction)
    {
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    private void Run(string text)
    {
        using var command = Command(text);
        command.ExecuteNonQuery();
    }

    private object? Scalar(string text)
    {
        using var command = Command(text);
        return command.ExecuteScalar();
    }

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_upsert, _delete, _insert, _prune])
            command.Dispose();
        _connection.Dispose();
    }
}
