namespace Runbook.Cli.Exploring;

/// <summary>Numbers that follow from a seed: SplitMix64, the same on every machine and in every version.</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from 0 to below <paramref name="below"/>.</summary>
    public int Next(int below) => (int)(NextWord() % (ulong)below);

    /// <summary>One of some.</summary>
    public T Of<T>(ReadOnlySpan<T> some) => some[Next(some.Length)];

    private ulong NextWord()
    {
        unchecked
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
