using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Runbook.Simulator.Attestation;

/// <summary>
/// An attestation report of AMD SEV-SNP: 1184 bytes, little-endian, the last 512 of them the signature over what stands before
/// (SEV Secure Nested Paging Firmware ABI Specification, table "ATTESTATION_REPORT").
/// </summary>
internal sealed class SnpReport(byte[] bytes)
{
    public const int Length = 0x4A0;
    private const int SignedLength = 0x2A0;
    private const int NumberLength = 72;
    private const int CurveLength = 48;
    private const ulong DebugBit = 1UL << 19;
    private const ulong MigrationBit = 1UL << 18;
    private const ulong ThreadsBit = 1UL << 16;

    public byte[] Bytes { get; } = bytes;

    public uint Version => BinaryPrimitives.ReadUInt32LittleEndian(Bytes);

    public uint GuestSvn => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(0x04));

    private ulong Policy => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(0x08));

    public bool IsDebuggable => (Policy & DebugBit) != 0;

    public bool AllowsMigration => (Policy & MigrationBit) != 0;

    public bool AllowsThreads => (Policy & ThreadsBit) != 0;

    public uint Vmpl => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(0x30));

    public byte BootloaderSvn => Bytes[0x180];

    public byte TeeSvn => Bytes[0x181];

    public byte FirmwareSvn => Bytes[0x186];

    public byte MicrocodeSvn => Bytes[0x187];

    public ReadOnlySpan<byte> FamilyId => Bytes.AsSpan(0x10, 16);

    public ReadOnlySpan<byte> ImageId => Bytes.AsSpan(0x20, 16);

    public ReadOnlySpan<byte> ReportData => Bytes.AsSpan(0x50, 64);

    public ReadOnlySpan<byte> Measurement => Bytes.AsSpan(0x90, 48);

    public ReadOnlySpan<byte> HostData => Bytes.AsSpan(0xC0, 32);

    public ReadOnlySpan<byte> IdKeyDigest => Bytes.AsSpan(0xE0, 48);

    public ReadOnlySpan<byte> AuthorKeyDigest => Bytes.AsSpan(0x110, 48);

    public ReadOnlySpan<byte> ReportId => Bytes.AsSpan(0x140, 32);

    /// <summary>Whether the chip that the certificate is of signed the report.</summary>
    public bool IsSignedBy(ECDsa chip)
    {
        Span<byte> signature = stackalloc byte[2 * CurveLength];
        for (var i = 0; i < CurveLength; i++)
        {
            // The numbers stand with their lowest byte first.
            signature[i] = Bytes[SignedLength + CurveLength - 1 - i];
            signature[CurveLength + i] = Bytes[SignedLength + NumberLength + CurveLength - 1 - i];
        }
        return chip.VerifyData(Bytes.AsSpan(0, SignedLength), signature, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>A report about a guest, signed by a chip.</summary>
    public static SnpReport Sign(ECDsa chip, SnpGuest guest, ReadOnlySpan<byte> reportData)
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 2);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(0x04), (uint)guest.GuestSvn);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(0x08), (1UL << 17) | ThreadsBit | (guest.Debuggable ? DebugBit : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(0x34), 1);
        bytes[0x180] = bytes[0x38] = 3;
        bytes[0x186] = bytes[0x3E] = 8;
        bytes[0x187] = bytes[0x3F] = 115;
        reportData.CopyTo(bytes.AsSpan(0x50, 64));
        guest.Measurement.Span.CopyTo(bytes.AsSpan(0x90, 48));
        guest.HostData.Span.CopyTo(bytes.AsSpan(0xC0, 32));
        SHA256.HashData(reportData, bytes.AsSpan(0x140, 32));
        var signature = GivenCurve.SignHash(chip, SHA384.HashData(bytes.AsSpan(0, SignedLength)));
        for (var i = 0; i < CurveLength; i++)
        {
            bytes[SignedLength + CurveLength - 1 - i] = signature[i];
            bytes[SignedLength + NumberLength + CurveLength - 1 - i] = signature[CurveLength + i];
        }
        return new SnpReport(bytes);
    }
}
