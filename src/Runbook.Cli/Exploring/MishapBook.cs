using System.Collections.Immutable;

namespace Runbook.Cli.Exploring;

/// <summary>Counts the places of a run, and says what goes wrong at each.</summary>
/// <param name="mishaps">What is to go wrong.</param>
internal sealed class MishapBook(IEnumerable<Mishap> mishaps)
{
    private readonly Dictionary<(Place, int), Mishap> _planned = mishaps.ToDictionary(m => (m.Place, m.Number));
    private readonly int[] _counted = new int[Enum.GetValues<Place>().Length];
    private readonly List<Mishap> _happened = [];

    /// <summary>What has gone wrong, in order.</summary>
    public IReadOnlyList<Mishap> Happened => _happened;

    /// <summary>The next place of a kind: what goes wrong there, or <see langword="null"/>.</summary>
    public Mishap? At(Place place)
    {
        var number = ++_counted[(int)place];
        if (!_planned.Remove((place, number), out var mishap)) return null;
        _happened.Add(mishap);
        return mishap;
    }

    /// <summary>How many places there were.</summary>
    public PlaceCounts Counts => new(Enum.GetValues<Place>().ToImmutableDictionary(p => p, p => _counted[(int)p]));
}
