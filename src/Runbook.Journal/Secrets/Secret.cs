using System.Diagnostics;
using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>A secret value: held in memory only, wiped when it is disposed, shown by nothing.</summary>
/// <remarks>No entry can hold one: entries take <see cref="InertText"/> and <see cref="CanonicalJson"/>, and nothing turns
/// a secret into either but <see cref="SessionOpening.Commit"/>. The memory is pinned, so that wiping it leaves no copy.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class Secret : IDisposable
{
    private readonly byte[] _bytes;
    private bool _wiped;

    /// <summary>Copies a secret.</summary>
    /// <param name="bytes">Its bytes; the caller wipes its own copy.</param>
    public Secret(ReadOnlySpan<byte> bytes)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(_bytes);
    }

    /// <summary>The bytes, until the secret is disposed.</summary>
    /// <exception cref="ObjectDisposedException">It was.</exception>
    public ReadOnlySpan<byte> Reveal()
    {
        ObjectDisposedException.ThrowIf(_wiped, this);
        return _bytes;
    }

    /// <summary>Wipes it.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _wiped = true;
    }

    /// <summary>Always <c>⟦secret⟧</c>.</summary>
    public override string ToString() => Inert.SecretMark;
}
