using System.Security.Cryptography;
using Runbook.Actions;
using Runbook.Engine;
using Runbook.Simulator;

namespace Runbook.Cli.Exploring;

/// <summary>What is random on the operator's and the holders' computers in an explored run: it follows from the run, as Azure's does.</summary>
internal sealed class ExploredRandomness : IRandomness
{
    private ExploredRandomness()
    {
    }

    /// <summary>Actions' key pairs, bytes and padding.</summary>
    public static ExploredRandomness Instance { get; } = new();

    /// <summary>The people's: each has the same key pair in every run.</summary>
    public static RehearsalKeySource People { get; } = new() { Make = RepeatedRuns.KeyOf, Encrypt = static (key, value, padding) => RepeatedRuns.Encrypt(key, value, padding) };

    public byte[] NextPkcs8(int bits) => RepeatedRuns.NextPkcs8(bits);

    public void Fill(Span<byte> bytes) => RepeatedRuns.Fill(bytes);

    public byte[] Encrypt(RSA key, byte[] value, RSAEncryptionPadding padding) => RepeatedRuns.Encrypt(key, value, padding);
}
