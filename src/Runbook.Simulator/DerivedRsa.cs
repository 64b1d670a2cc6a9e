using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Runbook.Simulator.KeyVault;

namespace Runbook.Simulator;

/// <summary>RSA keys that follow from a word, the same on every machine: whoever knows the word knows the key.</summary>
/// <remarks>
/// A prime is the first from a number that follows from the word. Where it lies is looked up for the words that are used most, as the
/// search takes up to some seconds; the search finds the same.
/// </remarks>
internal static class DerivedRsa
{
    private const int PublicExponent = 65537;
    private const int Witnesses = 24;

    /// <summary>The key of a word.</summary>
    /// <param name="word">Any text.</param>
    /// <param name="bits">Its size, a multiple of 16.</param>
    public static KeyMaterial Of(string word, int bits)
    {
        var (first, second) = DerivedRsaSteps.Of.TryGetValue(word, out var known) ? known : (Search(word, "p", bits), Search(word, "q", bits));
        var (p, q) = (Start(word, "p", bits) + (2 * first), Start(word, "q", bits) + (2 * second));
        var d = Inverse(PublicExponent, (p - 1) * (q - 1));
        var half = bits / 16;
        using var key = RSA.Create(new RSAParameters
        {
            Modulus = BigEndian.Bytes(p * q, bits / 8),
            Exponent = [1, 0, 1],
            D = BigEndian.Bytes(d, bits / 8),
            P = BigEndian.Bytes(p, half),
            Q = BigEndian.Bytes(q, half),
            DP = BigEndian.Bytes(d % (p - 1), half),
            DQ = BigEndian.Bytes(d % (q - 1), half),
            InverseQ = BigEndian.Bytes(Inverse(q, p), half),
        });
        return KeyMaterial.Of(key);
    }

    /// <summary>How many odd numbers lie between where a search begins and the prime that it finds.</summary>
    public static int Search(string word, string which, int bits)
    {
        var start = Start(word, which, bits);
        var small = SmallPrimes().Select(p => (Prime: p, Left: (int)(start % p))).ToArray();
        for (var steps = 0; ; steps++)
        {
            var at = 2L * steps;
            if (small.Any(s => (s.Left + at) % s.Prime == 0)) continue;
            var candidate = start + at;
            if (candidate % PublicExponent != 1 && IsPrime(candidate)) return steps;
        }
    }

    /// <summary>Whether a number is prime, as far as Miller and Rabin's test tells with the first primes as bases.</summary>
    public static bool IsPrime(BigInteger number)
    {
        var (odd, twos) = (number - 1, 0);
        for (; odd.IsEven; twos++) odd >>= 1;
        return SmallPrimes().Take(Witnesses).All(witness => IsLikely(number, witness, odd, twos));
    }

    private static bool IsLikely(BigInteger number, int witness, BigInteger odd, int twos)
    {
        var power = BigInteger.ModPow(witness, odd, number);
        if (power.IsOne || power == number - 1) return true;
        for (var i = 1; i < twos; i++)
        {
            power = power * power % number;
            if (power == number - 1) return true;
        }

        return false;
    }

    /// <summary>Where the search of a prime begins: odd, and so large that two of them make a key of the full size.</summary>
    public static BigInteger Start(string word, string which, int bits)
    {
        var bytes = new byte[bits / 16];
        for (var block = 0; block * SHA256.HashSizeInBytes < bytes.Length; block++)
        {
            var input = Encoding.UTF8.GetBytes($"runbook rehearsal key {word} {which}    ");
            BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(input.Length - 4), block);
            var output = SHA256.HashData(input).AsSpan();
            output[..Math.Min(output.Length, bytes.Length - (block * output.Length))].CopyTo(bytes.AsSpan(block * output.Length));
        }

        bytes[0] |= 0xc0;
        bytes[^1] |= 1;
        return BigEndian.Number(bytes);
    }

    private static IEnumerable<int> SmallPrimes() => Enumerable.Range(3, 4096).Where(n => n % 2 == 1 && Enumerable.Range(3, 64).Where(d => d < n && d * d <= n).All(d => n % d != 0));

    private static BigInteger Inverse(BigInteger number, BigInteger modulus)
    {
        var (before, rest, was, factor) = (modulus, number % modulus, BigInteger.Zero, BigInteger.One);
        while (!rest.IsZero)
        {
            var times = before / rest;
            (before, rest) = (rest, before - (times * rest));
            (was, factor) = (factor, was - (times * factor));
        }

        return was.Sign < 0 ? was + modulus : was;
    }
}
