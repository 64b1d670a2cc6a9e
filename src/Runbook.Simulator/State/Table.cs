using System.Text.Json.Serialization.Metadata;

namespace Runbook.Simulator.State;

/// <summary>One collection of documents of the estate.</summary>
internal abstract class Table(string name, int index)
{
    /// <summary>Its name in the state file and in exports.</summary>
    public string Name { get; } = name;

    public int Index { get; } = index;

    public abstract object Parse(ReadOnlySpan<byte> json);

    public abstract byte[] Format(object value);

    public abstract Type ValueType { get; }
}

/// <summary>A collection of <typeparamref name="T"/>, keyed by strings in ordinal order; rows are never changed in place.</summary>
internal sealed class Table<T>(string name, int index, JsonTypeInfo<T> json) : Table(name, index)
    where T : class
{
    public override Type ValueType => typeof(T);

    public override object Parse(ReadOnlySpan<byte> text) =>
        System.Text.Json.JsonSerializer.Deserialize(text, json)
        ?? throw new InvalidDataException($"A row of \"{Name}\" is null.");

    public override byte[] Format(object value) => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes((T)value, json);
}
