using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>Where ids, nonces and blinding keys come from.</summary>
public interface IRandomSource
{
    /// <summary>Fills with random bytes.</summary>
    /// <param name="bytes">Where they go.</param>
    void Fill(Span<byte> bytes);
}

/// <summary>The operating system's generator.</summary>
public sealed class SystemRandomSource : IRandomSource
{
    private SystemRandomSource() { }

    /// <summary>The generator. Safe to share between threads.</summary>
    public static SystemRandomSource Instance { get; } = new();

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
}

/// <summary>Bytes that follow from a seed, for rehearsals that must repeat exactly. Never for a session outside the embedded Azure.</summary>
/// <param name="seed">The same seed gives the same bytes.</param>
public sealed class SeededRandomSource(long seed) : IRandomSource
{
    private readonly Lock _gate = new();
    private long _block;

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes)
    {
        Span<byte> input = stackalloc byte[16];
        Span<byte> output = stackalloc byte[SHA256.HashSizeInBytes];
        lock (_gate)
        {
            while (!bytes.IsEmpty)
            {
                BinaryPrimitives.WriteInt64BigEndian(input, seed);
                BinaryPrimitives.WriteInt64BigEndian(input[8..], _block++);
                SHA256.HashData(input, output);
                var part = Math.Min(bytes.Length, output.Length);
                output[..part].CopyTo(bytes);
                bytes = bytes[part..];
            }
        }
    }
}
