using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Runbook.Simulator.Attestation;

/// <summary>An RSA key's public area as a TPM writes it (TPM 2.0 Library, part 2: TPMT_PUBLIC, with or without its size in front).</summary>
internal sealed record TpmPublic
{
    private const ushort RsaType = 0x0001;
    private const ushort Sha256 = 0x000B;
    private const ushort Null = 0x0010;
    private const ushort Pkcs1Encryption = 0x0015;
    private const uint DefaultExponent = 65537;

    public required byte[] Modulus { get; init; }

    public required byte[] Exponent { get; init; }

    /// <summary>The object's name: the hash algorithm and the digest of the public area.</summary>
    public required byte[] Name { get; init; }

    public RSA ToKey() => RSA.Create(new RSAParameters { Modulus = Modulus, Exponent = Exponent });

    private static byte[] Digits(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes.AsSpan().TrimStart((byte)0).ToArray();
    }

    /// <exception cref="InvalidDataException">It is no such structure.</exception>
    public static TpmPublic Parse(byte[] bytes)
    {
        var area = bytes.Length > 2 && BinaryPrimitives.ReadUInt16BigEndian(bytes) == bytes.Length - 2 ? bytes.AsSpan(2) : bytes;
        var reader = new TpmReader(area);
        if (reader.Number16() != RsaType)
            throw new InvalidDataException("a TPM key must be RSA");
        if (reader.Number16() != Sha256)
            throw new InvalidDataException("a TPM key's name must be a SHA-256 digest");
        reader.Skip(4);
        reader.Sized();
        // Symmetric algorithm and scheme each take more members unless they are null.
        if (reader.Number16() != Null)
            reader.Skip(4);
        switch (reader.Number16())
        {
            case Null or Pkcs1Encryption:
                break;
            default:
                reader.Skip(2);
                break;
        }
        reader.Skip(2);
        var exponent = reader.Number32();
        var modulus = reader.Sized().ToArray();
        if (modulus.Length < 256)
            throw new InvalidDataException("a TPM key must have at least 2048 bits");
        return new TpmPublic
        {
            Modulus = modulus,
            Exponent = Digits(exponent == 0 ? DefaultExponent : exponent),
            Name = [0, (byte)Sha256, .. SHA256.HashData(area)],
        };
    }
}

/// <summary>What a TPM says and signs (TPM 2.0 Library, part 2: TPMS_ATTEST).</summary>
internal static class TpmAttest
{
    private const uint Magic = 0xFF544347;
    private const ushort Certifies = 0x8017;
    private const ushort Quotes = 0x8018;
    private const int ClockLength = 17;
    private const int FirmwareLength = 8;

    /// <summary>The name of the key that a statement certifies.</summary>
    /// <exception cref="InvalidDataException">It is no such statement.</exception>
    public static byte[] CertifiedName(byte[] statement) => Body(statement, Certifies).Sized().ToArray();

    /// <summary>The digest over platform registers that a statement quotes.</summary>
    /// <exception cref="InvalidDataException">It is no such statement.</exception>
    public static byte[] QuotedDigest(byte[] statement)
    {
        var reader = Body(statement, Quotes);
        for (var selections = reader.Number32(); selections > 0; selections--)
        {
            reader.Skip(2);
            reader.Skip(reader.Number8());
        }
        return reader.Sized().ToArray();
    }

    /// <summary>Whether a key signed a statement: RSASSA with SHA-256, bare or as a TPMT_SIGNATURE.</summary>
    public static bool IsSigned(RSA key, byte[] statement, byte[] signature)
    {
        const int HeadLength = 6;
        var bare = signature.Length == (key.KeySize / 8) + HeadLength ? signature.AsSpan(HeadLength) : signature;
        return key.VerifyData(statement, bare, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private static TpmReader Body(byte[] statement, ushort kind)
    {
        var reader = new TpmReader(statement);
        if (reader.Number32() != Magic || reader.Number16() != kind)
            throw new InvalidDataException("a TPM's statement is not of the kind that belongs here");
        reader.Sized();
        reader.Sized();
        reader.Skip(ClockLength + FirmwareLength);
        return reader;
    }
}

/// <summary>Reads a TPM's structures: big-endian, sizes of 16 bits in front.</summary>
internal ref struct TpmReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public byte Number8() => Take(1)[0];

    public ushort Number16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint Number32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ReadOnlySpan<byte> Sized() => Take(Number16());

    public void Skip(int count) => Take(count);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new InvalidDataException("a TPM's structure ends before its end");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
