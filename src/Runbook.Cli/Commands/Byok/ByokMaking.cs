using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Runbook.Actions;

namespace Runbook.Cli.Commands;

/// <summary>What was typed to have a blob made.</summary>
internal sealed record ByokRequest
{
    public required string Kek { get; init; }

    public string? KekId { get; init; }

    public required string Out { get; init; }

    public string? Key { get; init; }

    public string? Module { get; init; }

    public string? Token { get; init; }

    public string? Label { get; init; }

    public int? MakeBits { get; init; }

    public string? PinFile { get; init; }

    public ImmutableArray<string> Escrow { get; init; } = [];

    public int Quorum { get; init; }

    public bool Json { get; init; }
}

/// <summary>Makes blobs, and what is carried beside them.</summary>
internal static class ByokMaking
{
    private const string Nothing = "nothing was written.";

    /// <summary>Makes what was asked for, and writes it into a folder.</summary>
    public static int Make(ByokRequest request, CliConsole console)
    {
        Require(request);
        var names = request.Key is not null ? [CarriedKey.BlobName] : (string[])[CarriedKey.BlobName, CarriedKey.EscrowName, CarriedKey.SharesName, CarriedKey.ReceiptName];
        if (names.FirstOrDefault(n => File.Exists(Path.Combine(request.Out, n))) is { } there) throw new CliException("RC114", $"\"{Path.Combine(request.Out, there)}\" is there already.", Nothing, "name another folder: --out DIR");
        using var kek = ByokFiles.Kek(request.Kek, request.KekId)!;
        if (kek.Kid is null) throw new CliException("RC111", $"\"{request.Kek}\" does not tell the id of the KEK's version, which stands in the blob.", Nothing, "--kek-id https://HSM.managedhsm.azure.net/keys/KEK/VERSION");
        var made = Made(request, kek, console);
        Directory.CreateDirectory(request.Out);
        foreach (var file in made) Write(Path.Combine(request.Out, file.Name), file.Content);
        Tell(request, made, console);
        return ExitCodes.Done;
    }

    private static void Require(ByokRequest request)
    {
        if (request.Key is null == request.Module is null) throw new CliException("RC002", "a blob is made of the key in a file, --key, or of one in a token, --module, --token and --label.", Nothing, "name one of the two.");
        if (request.Module is not null && (request.Token is null || request.Label is null)) throw new CliException("RC002", "--module needs --token and --label.", Nothing, "name the token and the key by their labels.");
        if (request.Key is not null && (!request.Escrow.IsEmpty || request.MakeBits is not null)) throw new CliException("RC002", "--escrow and --make-key are for a key in a token.", Nothing, "leave them out, or name the token: --module, --token, --label.");
        if (request.MakeBits is not (null or 2048 or 3072 or 4096)) throw new CliException("RC003", $"a key of {request.MakeBits} bits can't be imported.", Nothing, "--make-key 2048, 3072 or 4096");
    }

    private static ImmutableArray<MadeFile> Made(ByokRequest request, ExchangeKey kek, CliConsole console)
    {
        try
        {
            if (request.Key is { } path) return [FromFile(path, kek)];
            var pin = new string(PinOf(request, console));
            var escrow = request.Escrow.IsEmpty ? null : new EscrowHolders([.. request.Escrow.Select(c => (Path.GetFileName(c), ByokFiles.Read(c)))], request.Quorum);
            return CarriedKey.FromToken(new NamedToken(request.Module!, request.Token!, pin), request.Label!, request.MakeBits, kek, escrow);
        }
        catch (ByokException exception)
        {
            throw new CliException("RC113", exception.Message, request.MakeBits is null ? Nothing : "nothing was written. A key that was made stays in the token.", "mend what the message names, then type it again; runbook actions pkcs11.key.wrap explains each case.", ExitCodes.Refused, exception);
        }
    }

    private static MadeFile FromFile(string path, ExchangeKey kek)
    {
        var key = ByokFiles.Read(path);
        try
        {
            return CarriedKey.FromFile(key, kek);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static char[] PinOf(ByokRequest request, CliConsole console)
    {
        if (request.PinFile is { } file && !File.Exists(file)) throw new CliException("RC110", $"there is no file \"{file}\".", Nothing, "name the file whose first line is the PIN.");
        return Passphrases.Ask(console, $"PIN of the token {CliConsole.Safe(request.Token!)}: ", request.PinFile);
    }

    private static void Write(string path, byte[] content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var stream = new FileStream(path, options);
        stream.Write(content);
    }

    private static void Tell(ByokRequest request, ImmutableArray<MadeFile> made, CliConsole console)
    {
        var files = made.Select(f => (Path: Path.Combine(request.Out, f.Name), Digest: Convert.ToHexStringLower(SHA256.HashData(f.Content)), f.Content.Length)).ToList();
        if (request.Json)
        {
            console.Line(new JsonObject { ["files"] = new JsonArray([.. files.Select(f => (JsonNode)new JsonObject { ["path"] = f.Path, ["digest"] = "sha256:" + f.Digest, ["bytes"] = f.Length })]) }.ToJsonString());
            return;
        }

        if (request.Key is not null) console.Line("This key lies in a file, in the clear: no HSM has kept it. Destroy the file when the import is proven.");
        foreach (var file in files) console.Line($"{file.Digest}  {CliConsole.Safe(file.Path)}");
        console.Line($"Check it:  runbook byok check {CliConsole.Safe(files[0].Path)} --kek {CliConsole.Safe(request.Kek)}");
    }
}
