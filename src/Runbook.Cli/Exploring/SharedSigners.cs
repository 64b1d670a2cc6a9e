using System.Collections.Concurrent;
using Runbook.Journal;

namespace Runbook.Cli.Exploring;

/// <summary>
/// The keys of explored runs, made once and shared, and fast: what a run signs holds as any signature does, and its keys are
/// worth nothing to anybody.
/// </summary>
internal static class SharedSigners
{
    private static readonly ConcurrentDictionary<string, ISigner> ByPerson = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, ISigner> BySeed = new(StringComparer.Ordinal);

    /// <summary>A rehearsal person's key; <see langword="null"/> for anybody else.</summary>
    public static ISigner? Of(string person) => Rehearsal.People.Contains(person) ? ByPerson.GetOrAdd(person, static p => Rehearsal.KeyOf(p).WithFewNonces()) : null;

    /// <summary>A session's or guard's key.</summary>
    public static ISigner New(IRandomSource random)
    {
        Span<byte> seed = stackalloc byte[32];
        random.Fill(seed);
        var bytes = seed.ToArray();
        return BySeed.GetOrAdd(Convert.ToHexString(seed), _ => DeterministicSigner.FromSeed(bytes).WithFewNonces());
    }
}
