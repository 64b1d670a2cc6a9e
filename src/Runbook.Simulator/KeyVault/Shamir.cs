using System.Buffers.Binary;

namespace Runbook.Simulator.KeyVault;

/// <summary>
/// Sharing a secret over GF(257), one polynomial a byte. A share is one 16-bit little-endian word for each byte of the secret:
/// the share's number in the upper seven bits, the polynomial's value, 0 to 256, in the lower nine.
/// </summary>
internal static class Shamir
{
    private const int Prime = 257;
    private const int NumberShift = 9;

    /// <summary>Makes shares 1 to <paramref name="shares"/>, any <paramref name="required"/> of which give the secret back.</summary>
    public static byte[][] Split(ReadOnlySpan<byte> secret, int required, int shares)
    {
        var result = new byte[shares][];
        for (var share = 0; share < shares; share++)
            result[share] = new byte[secret.Length * 2];
        var coefficients = new int[required];
        for (var position = 0; position < secret.Length; position++)
        {
            coefficients[0] = secret[position];
            for (var power = 1; power < required; power++)
                coefficients[power] = SimulatorRandom.Below(Prime);
            for (var number = 1; number <= shares; number++)
            {
                var value = 0;
                for (var power = required - 1; power >= 0; power--)
                    value = ((value * number) + coefficients[power]) % Prime;
                BinaryPrimitives.WriteUInt16LittleEndian(result[number - 1].AsSpan(position * 2), (ushort)((number << NumberShift) | value));
            }
        }
        Array.Clear(coefficients);
        return result;
    }
}
