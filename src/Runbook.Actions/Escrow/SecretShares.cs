using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>
/// Shamir's scheme over GF(2⁸) with the polynomial of AES (x⁸+x⁴+x³+x+1), a polynomial of its own for each byte: any
/// <c>required</c> shares give the secret, fewer tell nothing of it. (A. Shamir, How to share a secret, 1979.)
/// </summary>
internal static class SecretShares
{
    /// <summary>Splits a secret.</summary>
    /// <param name="secret">At least one byte.</param>
    /// <param name="required">How many shares give it back: 2 to <paramref name="count"/>.</param>
    /// <param name="count">How many shares there are: at most 255. Share number n, from 1, is at n − 1.</param>
    public static byte[][] Split(ReadOnlySpan<byte> secret, int required, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(required, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(required, count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 255);
        var shares = new byte[count][];
        for (var n = 0; n < count; n++) shares[n] = new byte[secret.Length];
        var coefficients = new byte[required];
        try
        {
            for (var i = 0; i < secret.Length; i++)
            {
                Randomness.Fill(coefficients);
                coefficients[0] = secret[i];
                for (var n = 0; n < count; n++) shares[n][i] = At(coefficients, (byte)(n + 1));
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(coefficients);
        }

        return shares;
    }

    /// <summary>Joins shares; too few of them, or wrong ones, give something else than the secret.</summary>
    /// <param name="shares">Numbers, each once, and contents of one length.</param>
    public static byte[] Join(IReadOnlyList<(byte Number, byte[] Content)> shares)
    {
        var secret = new byte[shares[0].Content.Length];
        foreach (var (number, content) in shares)
        {
            byte weight = 1;
            foreach (var (other, _) in shares)
            {
                if (other != number) weight = Multiply(weight, Multiply(other, Inverse((byte)(other ^ number))));
            }

            for (var i = 0; i < secret.Length; i++) secret[i] ^= Multiply(content[i], weight);
        }

        return secret;
    }

    private static byte At(ReadOnlySpan<byte> coefficients, byte x)
    {
        byte y = 0;
        for (var i = coefficients.Length - 1; i >= 0; i--) y = (byte)(Multiply(y, x) ^ coefficients[i]);
        return y;
    }

    // No table and no branch on a secret byte: what it costs does not depend on what it is.
    private static byte Multiply(byte a, byte b)
    {
        int product = 0, factor = a;
        for (var bit = 0; bit < 8; bit++)
        {
            product ^= factor & -((b >> bit) & 1);
            factor = (factor << 1) ^ (0x11b & -((factor >> 7) & 1));
        }

        return (byte)product;
    }

    // a²⁵⁴, which is a's inverse.
    private static byte Inverse(byte a)
    {
        byte result = 1;
        for (var i = 0; i < 254; i++) result = Multiply(result, a);
        return result;
    }
}
