using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>Digests in the spelling of this product.</summary>
internal static class Hashes
{
    /// <summary><c>sha256:</c> and 64 hex digits.</summary>
    public static string Sha256(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
