using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>
/// Members of an object, asked for in ascending order of their names.
/// </summary>
/// <remarks>
/// Canonical members ascend, so asking in that order needs no table: a smaller name than the one asked for is unknown, a
/// larger one means that the member is missing. The same questions, asked of <see cref="SchemaFields"/>, write the JSON
/// Schema. The first thing that is wrong sticks, and everything after it answers with defaults: a reader asks on and the
/// caller looks at the finding once.
/// </remarks>
internal abstract class EntryFields
{
    /// <summary>Stands for a name where the value is an item of a list or map.</summary>
    internal const string Item = "";

    /// <summary>Whether an optional member is there. Asked right before the member itself.</summary>
    internal abstract bool May(string name);

    internal abstract string Token(string name, TextRule rule);

    internal abstract InertText Text(string name, int maxChars);

    internal abstract Digest Digest(string name);

    /// <summary>A digest without its <c>sha256:</c>, as in <c>prev</c> and in heads.</summary>
    internal abstract Digest Hex(string name);

    internal abstract long Integer(string name, long min, long max);

    internal abstract bool Flag(string name);

    /// <summary>A member that is <c>true</c> wherever it is there.</summary>
    internal abstract bool True(string name);

    internal abstract JournalTime Time(string name);

    internal abstract string Base64(string name, int maxBytes);

    /// <summary>A digest in base64, as in signed notes.</summary>
    internal abstract Digest Root(string name);

    internal abstract CanonicalJson Value(string name);

    internal abstract CanonicalJson ObjectValue(string name);

    internal InertText? TextIfAny(string name, int maxChars) => May(name) ? Text(name, maxChars) : default(InertText?);

    internal int Count(string name, int min, int max) => (int)Integer(name, min, max);

    internal long Natural(string name) => Integer(name, 0, Limits.IntegerMax);

    internal long Seq(string name) => Integer(name, 1, Limits.JournalLines);

    internal EffectId Effect(string name) => EffectId.TryParse(Token(name, TextRule.Effect), out var effect) ? effect : default;

    internal T Word<T>(string name) where T : struct, Enum => Words<T>.Values[OneOf(name, Words<T>.All)];

    internal T Object<T>(string name, Func<EntryFields, T> read)
    {
        if (!OpenObject(name)) return default!;
        var value = read(this);
        CloseObject();
        return value;
    }

    internal ImmutableArray<T> List<T>(string name, int itemsMin, Func<EntryFields, T> read)
    {
        if (!OpenList(name, itemsMin)) return [];
        var items = ImmutableArray.CreateBuilder<T>();
        while (NextItem(items.Count)) items.Add(read(this));
        CloseList(items.Count, itemsMin);
        return items.DrainToImmutable();
    }

    internal ImmutableArray<T> Map<T>(string name, TextRule names, Func<EntryFields, string, T> read)
    {
        if (!OpenMap(name, names)) return [];
        var items = ImmutableArray.CreateBuilder<T>();
        while (NextName(names, items.Count, out var key)) items.Add(read(this, key));
        CloseMap();
        return items.DrainToImmutable();
    }

    internal NamedValues Values(string name)
        => new(Map(name, TextRule.Variable, (f, key) => KeyValuePair.Create(key, f.Value(Item))));

    /// <summary>Which of the words it is; 0 where it is none.</summary>
    protected abstract int OneOf(string name, string[] words);

    protected abstract bool OpenObject(string name);

    protected abstract void CloseObject();

    protected abstract bool OpenList(string name, int itemsMin);

    protected abstract bool NextItem(int count);

    protected abstract void CloseList(int count, int itemsMin);

    protected abstract bool OpenMap(string name, TextRule names);

    protected abstract bool NextName(TextRule names, int count, out string key);

    protected abstract void CloseMap();
}
