using Runbook.Actions;

namespace Runbook.Cli.Commands;

/// <summary>Reads what the workbench is given.</summary>
internal static class ByokFiles
{
    private const string Nothing = "nothing was written.";

    /// <summary>A file, up to the size that any of these may have.</summary>
    public static byte[] Read(string path)
    {
        if (!File.Exists(path)) throw new CliException("RC110", $"there is no file \"{path}\".", Nothing, "name the file.");
        return new FileInfo(path).Length <= ByokFile.BytesMax ? File.ReadAllBytes(path) : throw new CliException("RC110", $"\"{path}\" has more than {ByokFile.BytesMax} bytes, and is none of the files that belong here.", Nothing, "name the right file.");
    }

    /// <summary>The KEK, if one was named.</summary>
    public static ExchangeKey? Kek(string? path, string? kid) => path is null
        ? null
        : ExchangeKey.TryRead(Read(path), kid) ?? throw new CliException("RC111", $"\"{path}\" holds no KEK: that is an RSA key of 2048, 3072 or 4096 bits, without a passphrase.", Nothing, "az keyvault key download --hsm-name HSM --name KEK --file kek.pem");

    /// <summary>The KEK of an escrow, out of its shares.</summary>
    public static ExchangeKey OfEscrow(string shares, string[] holderKeys, string? kek)
    {
        if (kek is not null) throw new CliException("RC002", "--shares gives the KEK, and so does --kek.", Nothing, "leave out one of the two.");
        if (holderKeys.Length == 0) throw new CliException("RC002", "--shares is opened with holders' keys, and none was named.", Nothing, "--holder-key FILE.pem, once for each holder who is here");
        try
        {
            return EscrowedKey.Join(Read(shares), [.. holderKeys.Select(Read)]);
        }
        catch (EscrowException exception)
        {
            throw new CliException("RC112", $"the escrow does not open. {exception.Message}", Nothing, "have more of the holders bring their keys, or look for another copy of the shares.", ExitCodes.VerificationFailed, exception);
        }
    }
}
