using System.Collections.Immutable;

namespace Runbook.Cli.Exploring;

/// <summary>How many places of each kind a run has in which nothing goes wrong.</summary>
/// <param name="Of">By kind; what is not there has none.</param>
internal sealed record PlaceCounts(ImmutableDictionary<Place, int> Of)
{
    /// <summary>None of any kind.</summary>
    public static PlaceCounts None { get; } = new(ImmutableDictionary<Place, int>.Empty);

    /// <summary>How many of a kind.</summary>
    public int this[Place place] => Of.GetValueOrDefault(place);
}

/// <summary>Draws from a seed what goes wrong in a run.</summary>
internal static class Schedule
{
    private const int MishapsMax = 4;

    private static readonly MishapKind[] AtCalls =
        [MishapKind.Unsent, MishapKind.Lost, MishapKind.Lost, MishapKind.Error, MishapKind.ErrorAfter, MishapKind.Throttled, MishapKind.Outage, MishapKind.Slow, MishapKind.Stalled, MishapKind.KilledBefore, MishapKind.KilledAfter, MishapKind.Reboot];

    private static readonly MishapKind[] AtDisks = [MishapKind.DiskFails, MishapKind.KilledBefore, MishapKind.KilledAfter, MishapKind.Torn, MishapKind.Reboot];
    private static readonly MishapKind[] AtWaits = [MishapKind.Aborts, MishapKind.KilledBefore, MishapKind.Stalled, MishapKind.ClockJumps, MishapKind.Reboot];
    private static readonly MishapKind[] AtPeople = [MishapKind.Aborts, MishapKind.Refuses, MishapKind.Late, MishapKind.ChoosesOtherwise];
    private static readonly MishapKind[] AtGuardCalls = [MishapKind.Unsent, MishapKind.Lost, MishapKind.Error, MishapKind.ErrorAfter, MishapKind.Throttled, MishapKind.Outage, MishapKind.Slow, MishapKind.KilledBefore, MishapKind.KilledAfter];
    private static readonly MishapKind[] AtGuardDisks = [MishapKind.DiskFails, MishapKind.KilledBefore, MishapKind.Torn];
    private static readonly MishapKind[] AtGuardLooks = [MishapKind.KilledBefore, MishapKind.ClockJumps];
    private static readonly int[] UntilResumed = [0, 1, 20, 60, 600, 7200, 100_000];
    private static readonly int[] Outages = [5, 45, 120, 900];
    private static readonly int[] Delays = [5, 45, 120, 30_000];
    private static readonly int[] Jumps = [-7200, -90, 90, 7200];

    /// <summary>The mishaps of a run.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="runbook">The runbook's id.</param>
    /// <param name="clean">What a run of it is like in which nothing goes wrong.</param>
    public static ImmutableArray<Mishap> Draw(long seed, string runbook, PlaceCounts clean)
    {
        var chance = new Chance(Mix(seed, runbook));
        var mishaps = ImmutableArray.CreateBuilder<Mishap>();
        for (var left = chance.Next(MishapsMax) + 1; left > 0; left--)
        {
            var place = chance.Of<Place>(clean[Place.GuardLook] > 0
                ? [Place.Call, Place.Call, Place.Call, Place.Disk, Place.Disk, Place.Wait, Place.Wait, Place.People, Place.GuardCall, Place.GuardDisk, Place.GuardLook]
                : [Place.Call, Place.Call, Place.Call, Place.Disk, Place.Disk, Place.Wait, Place.People]);
            // A guard calls nobody while all is well: what goes wrong at its calls goes wrong at the first few.
            var places = place == Place.GuardCall ? 6 : clean[place];
            if (places > 0) mishaps.Add(At(place, chance.Next(places + (places / 8) + 1) + 1, chance));
        }

        return [.. mishaps.DistinctBy(m => (m.Place, m.Number)).OrderBy(m => m.Place).ThenBy(m => m.Number)];
    }

    /// <summary>A number that follows from a seed and a word.</summary>
    public static ulong Mix(long seed, string word)
    {
        unchecked
        {
            // FNV-1a: not for security, and the same everywhere.
            var hash = 14695981039346656037UL ^ (ulong)seed * 0x9E3779B97F4A7C15;
            foreach (var c in word) hash = (hash ^ c) * 1099511628211UL;
            return hash;
        }
    }

    private static Mishap At(Place place, int number, Chance chance)
    {
        var kind = chance.Of<MishapKind>(place switch
        {
            Place.Call => AtCalls,
            Place.Disk => AtDisks,
            Place.Wait => AtWaits,
            Place.People => AtPeople,
            Place.GuardCall => AtGuardCalls,
            Place.GuardDisk => AtGuardDisks,
            _ => AtGuardLooks,
        });
        var seconds = kind switch
        {
            MishapKind.Outage => chance.Of<int>(Outages),
            MishapKind.Slow or MishapKind.Stalled => chance.Of<int>(Delays),
            MishapKind.ClockJumps => chance.Of<int>(Jumps),
            MishapKind.KilledBefore or MishapKind.KilledAfter or MishapKind.Torn or MishapKind.Reboot or MishapKind.DiskFails => chance.Of<int>(UntilResumed),
            _ => 0,
        };
        return new Mishap(place, number, kind, seconds);
    }
}
