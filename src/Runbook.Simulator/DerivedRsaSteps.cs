using System.Collections.Immutable;

namespace Runbook.Simulator;

/// <summary>Where the primes of <see cref="DerivedRsa"/> lie, as its search finds them.</summary>
internal static class DerivedRsaSteps
{
    /// <summary>Steps to both primes of a key, by its word.</summary>
    public static ImmutableSortedDictionary<string, (int P, int Q)> Of { get; } = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new KeyValuePair<string, (int P, int Q)>[]
    {
        new("estate 1 2048", (1757, 976)),
        new("estate 1 3072", (32, 10)),
        new("estate 1 4096", (160, 1933)),
        new("estate 2 2048", (417, 754)),
        new("estate 2 3072", (290, 522)),
        new("estate 2 4096", (1299, 225)),
        new("estate 3 2048", (956, 128)),
        new("estate 3 3072", (271, 452)),
        new("estate 4 2048", (45, 233)),
        new("estate 4 3072", (145, 1247)),
        new("estate 5 2048", (259, 376)),
        new("estate 6 2048", (213, 323)),
        new("run 1 2048", (467, 319)),
        new("run 1 3072", (268, 1347)),
        new("run 1 4096", (772, 405)),
        new("run 2 2048", (256, 331)),
        new("run 2 3072", (580, 1261)),
        new("run 2 4096", (630, 349)),
        new("run 3 2048", (420, 473)),
        new("run 3 3072", (657, 501)),
        new("run 4 2048", (534, 1444)),
        new("run 4 3072", (47, 1704)),
        new("run 5 2048", (49, 168)),
        new("run 6 2048", (51, 103)),
        new("run alice 2048", (688, 569)),
        new("run bob 2048", (51, 193)),
        new("run carol 2048", (639, 422)),
        new("run dave 2048", (40, 1540)),
        new("run erin 2048", (98, 348)),
    });
}
