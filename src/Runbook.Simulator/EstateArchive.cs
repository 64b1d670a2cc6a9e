using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>The whole estate as one JSON document, out and in.</summary>
/// <remarks>
/// <c>{"format":"runbook-estate/1","clock":…,"secrets":true,"tables":{…}}</c>; members are sorted by name at every depth, so
/// equal estates give equal bytes. The call log, the activity log and finished operations are not part of it.
/// </remarks>
public sealed class EstateArchive
{
    private const string Format = "runbook-estate/1";

    private readonly SimulatorCore _core;

    internal EstateArchive(SimulatorCore core) => _core = core;

    /// <summary>The estate as it is now.</summary>
    /// <param name="secrets">What of its secrets goes along.</param>
    /// <param name="indented">Line by line, for people and version control; else compact.</param>
    /// <returns>UTF-8 text as a string, ending in a line feed where it is indented.</returns>
    public string Export(EstateSecrets secrets, bool indented = false)
    {
        var tables = Rows(secrets, Tables.All);
        var document = new JsonObject
        {
            ["clock"] = _core.Clock.GetUtcNow().UtcDateTime,
            ["format"] = Format,
            ["secrets"] = secrets == EstateSecrets.Included,
            ["tables"] = Sorted(tables),
        };
        if (secrets == EstateSecrets.Repeatable)
            document.Remove("clock");
        var text = document.ToJsonString(indented ? Indented : Compact);
        return indented ? text + "\n" : text;
    }

    /// <summary>Some tables of the estate as it is now, as <see cref="Export"/> writes them.</summary>
    /// <param name="secrets">What of its secrets goes along.</param>
    /// <param name="names">Their names; what has no rows is left out.</param>
    public JsonObject ExportTables(EstateSecrets secrets, params IReadOnlyCollection<string> names) => Rows(secrets, Tables.All.Where(t => names.Contains(t.Name)));

    private JsonObject Rows(EstateSecrets secrets, IEnumerable<Table> some)
    {
        var snapshot = _core.Estate.Current;
        var tables = new JsonObject();
        foreach (var table in some)
        {
            var rows = new JsonObject();
            foreach (var row in snapshot.AllRows[table.Index])
                if (IsExported(table, row))
                    rows[row.Key] = Parse(table, row, secrets);
            if (rows.Count > 0)
                tables[table.Name] = rows;
        }
        return tables;
    }

    /// <summary>
    /// Puts the estate of a document in the place of this one. The clock goes to the document's time unless it is a real one;
    /// the certificate authority stays the one that clients were told to trust.
    /// </summary>
    /// <param name="json">As <see cref="Export"/> gave it, secrets included.</param>
    /// <exception cref="StateFileException"><c>RS204</c>: it is no estate, or has no secrets. Nothing was changed.</exception>
    public void Import(string json)
    {
        var (tables, clock) = Read(json);
        var meta = tables[Tables.Meta.Index];
        if (_core.Estate.Current.Find(Tables.Meta, MetaKeys.AuthorityKey) is { } own)
            meta = meta.Remove(new Row(MetaKeys.AuthorityKey)).Add(new Row(MetaKeys.AuthorityKey, own));
        _core.Estate.Replace(tables.SetItem(Tables.Meta.Index, meta));
        if (_core.Clock.Mode != ClockMode.Real)
            _core.Clock.Place(clock);
        _core.Work.KeepPosition(_core.Clock.GetUtcNow(), _core.Clock.Host.GetUtcNow());
    }

    /// <exception cref="StateFileException"><c>RS204</c>.</exception>
    internal static (ImmutableArray<ImmutableSortedSet<Row>> Tables, DateTimeOffset Clock) Read(string json)
    {
        if (json.Length > Limits.EstateBytes)
            throw StateFileException.BadDocument("estate", "it is too large");
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 128 });
            var root = document.RootElement;
            if (root.Member("format").Text() != Format)
                throw StateFileException.BadDocument("estate", $"its \"format\" is not \"{Format}\"");
            if (root.Member("secrets").Flag() != true)
                throw StateFileException.BadDocument("estate", "it was exported without its secrets");
            var clock = root.GetProperty("clock").GetDateTimeOffset();
            var given = root.GetProperty("tables");
            foreach (var table in given.EnumerateObject())
                if (Tables.All.All(known => known.Name != table.Name))
                    throw StateFileException.BadDocument("estate", $"it has a table \"{table.Name}\" that this simulator does not know");
            var tables = ImmutableArray.CreateBuilder<ImmutableSortedSet<Row>>(Tables.All.Length);
            foreach (var table in Tables.All)
                tables.Add(ImmutableSortedSet.CreateRange(Row.ByKey.Order, Rows(table, given)));
            return (tables.MoveToImmutable(), clock);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or InvalidDataException)
        {
            throw StateFileException.BadDocument("estate", error.Message, error);
        }
    }

    private static IEnumerable<Row> Rows(Table table, JsonElement tables)
    {
        if (tables.Member(table.Name) is not { } rows)
            yield break;
        foreach (var row in rows.EnumerateObject())
            yield return new Row(row.Name, table.Parse(System.Text.Encoding.UTF8.GetBytes(row.Value.GetRawText())));
    }

    private static bool IsExported(Table table, Row row) =>
        !(table == Tables.Meta && row.Key is MetaKeys.Clock or MetaKeys.Boots or MetaKeys.Activity)
        && table != Tables.Activity
        && !(table == Tables.Operations && row.Value(table) is ResourceManager.AsyncOperation { Status: not "InProgress" });

    private static JsonNode Parse(Table table, Row row, EstateSecrets secrets) =>
        JsonSerializer.SerializeToNode(row.Value(table), OptionsFor(secrets).GetTypeInfo(table.ValueType))!;

    private static readonly JsonSerializerOptions Compact = Writing(indented: false);
    private static readonly JsonSerializerOptions Indented = Writing(indented: true);
    private static readonly JsonSerializerOptions Whole = EstateJson.Default.Options;
    private static readonly JsonSerializerOptions WithoutSecrets = Without(typeof(SecretAttribute));
    private static readonly JsonSerializerOptions Repeatable = Without(typeof(SecretAttribute), typeof(UnrepeatableAttribute));

    private static JsonSerializerOptions OptionsFor(EstateSecrets secrets) => secrets switch
    {
        EstateSecrets.Included => Whole,
        EstateSecrets.LeftOut => WithoutSecrets,
        _ => Repeatable,
    };

    private static JsonSerializerOptions Writing(bool indented) =>
        new() { WriteIndented = indented, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n", TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    private static JsonSerializerOptions Without(params Type[] marks) => new(EstateJson.Default.Options)
    {
        TypeInfoResolver = EstateJson.Default.WithAddedModifier(type =>
        {
            foreach (var property in type.Properties.ToList())
                if (marks.Any(mark => property.AttributeProvider?.IsDefined(mark, inherit: false) == true))
                    type.Properties.Remove(property);
        }),
    };

    // In place.
    private static JsonNode Sorted(JsonNode node)
    {
        switch (node)
        {
            case JsonObject members:
                var all = members.OrderBy(member => member.Key, StringComparer.Ordinal).ToList();
                members.Clear();
                foreach (var (name, value) in all)
                    members[name] = value is null ? null : Sorted(value);
                return members;
            case JsonArray items:
                foreach (var item in items.OfType<JsonNode>())
                    Sorted(item);
                return items;
            default:
                return node;
        }
    }
}
