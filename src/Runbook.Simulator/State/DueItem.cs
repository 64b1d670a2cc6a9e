namespace Runbook.Simulator.State;

/// <summary>Something that will happen by itself: what, to which object, and when.</summary>
internal sealed record DueItem
{
    public required DateTimeOffset Due { get; init; }

    /// <summary>Keeps items of one instant in the order in which they were scheduled.</summary>
    public required long Sequence { get; init; }

    public required string Kind { get; init; }

    /// <summary>Key of what it happens to.</summary>
    public required string Target { get; init; }

    public string? Detail { get; init; }

    /// <summary>Sorts by time, then by sequence.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Key => KeyFor(Due, Sequence);

    public static string KeyFor(DateTimeOffset due, long sequence) =>
        string.Create(null, $"{due.UtcTicks:D19}/{sequence:D12}");
}
