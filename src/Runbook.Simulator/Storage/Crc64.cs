namespace Runbook.Simulator.Storage;

/// <summary>The 64-bit checksum of the blob service: reflected, polynomial 0x9A6C9329AC4BC9B5, all ones before and after.</summary>
internal static class Crc64
{
    private const ulong Polynomial = 0x9A6C9329AC4BC9B5;

    private static readonly ulong[] Table = Build();

    /// <summary>Eight bytes, the lowest first, as the service's header carries them in base64.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> bytes)
    {
        var crc = ulong.MaxValue;
        foreach (var one in bytes)
            crc = Table[(int)((crc & 0xff) ^ one)] ^ (crc >> 8);
        var result = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(result, ~crc);
        return result;
    }

    private static ulong[] Build()
    {
        var table = new ulong[256];
        for (var i = 0; i < table.Length; i++)
        {
            var value = (ulong)i;
            for (var bit = 0; bit < 8; bit++)
                value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ Polynomial;
            table[i] = value;
        }
        return table;
    }
}
