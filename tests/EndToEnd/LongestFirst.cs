using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(Runbook.EndToEnd.LongestFirst))]

namespace Runbook.EndToEnd;

/// <summary>Begins with the tests that take longest, most of it waiting: what is short fills the gaps, and nothing long is left for the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long =
    [
        nameof(GuardKillTests), nameof(Rehearsals.EveryWayFirstTests), nameof(Documents.ReadmeTests), nameof(KillTests), nameof(Rehearsals.EveryWaySecondTests), nameof(Rehearsals.EveryWayThirdTests), nameof(BreakGlassTests), nameof(ShippedDrillTests), nameof(Terminal.NarrowWalkTests),
        nameof(PeopleTests), nameof(ByokImportTests), nameof(OutageTests), nameof(Terminal.ConsoleTests), nameof(Terminal.WideWalkTests),
    ];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection => [.. testCollections.OrderBy(Place)];

    private static int Place<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection =>
        Array.FindIndex(Long, name => collection.TestCollectionDisplayName.Contains("." + name + " ", StringComparison.Ordinal)) is >= 0 and var at ? at : Long.Length;
}
