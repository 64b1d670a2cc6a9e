using System.CommandLine;
using Runbook.Actions;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook byok</c>: makes, inspects and checks <c>.byok</c> files, off-line.</summary>
internal static class ByokCommand
{
    public static Command Build(CliConsole console) => new("byok", "Make, inspect and check .byok files, off-line.")
    {
        Make(console),
        Inspect(console),
        Check(console),
    };

    private static Command Inspect(CliConsole console)
    {
        var (file, kek, kekId, json) = (FileArgument(), KekOption(), KekIdOption(), JsonOption());
        var command = new Command("inspect", "Show what a .byok file is made of.") { file, kek, kekId, json };
        command.SetAction(parsed =>
        {
            using var key = ByokFiles.Kek(parsed.GetValue(kek), parsed.GetValue(kekId));
            var report = ByokInspector.Inspect(ByokFiles.Read(parsed.GetValue(file)!), new ByokExpectation { Kid = parsed.GetValue(kekId), Kek = key });
            console.Line(parsed.GetValue(json) ? ByokReportText.Json(report) : ByokReportText.Parts(report, parsed.GetValue(file)!).TrimEnd('\n'));
            return report.File is null ? ExitCodes.BadInput : ExitCodes.Done;
        });
        return command;
    }

    private static Command Check(CliConsole console)
    {
        var (file, kek, kekId, json) = (FileArgument(), KekOption(), KekIdOption(), JsonOption());
        var shares = new Option<string?>("--shares") { Description = "The shares of an escrow, to open its copy with holders' keys.", HelpName = "FILE" };
        var holders = new Option<string[]>("--holder-key") { Description = "A holder's private key, PEM without a passphrase; repeatable.", HelpName = "FILE.pem" };
        var modulus = new Option<string?>("--modulus") { Description = "Modulus of the RSA key that has to be in it, base64url, as Azure shows it.", HelpName = "TEXT" };
        var digest = new Option<string?>("--public-digest") { Description = "SHA-256 of the public half of the key that has to be in it.", HelpName = "sha256:HEX" };
        var command = new Command("check", "Say whether Azure would take a .byok file, and which part is wrong.") { file, kek, kekId, shares, holders, modulus, digest, json };
        command.SetAction(parsed =>
        {
            using var key = parsed.GetValue(shares) is { } sharesFile ? ByokFiles.OfEscrow(sharesFile, parsed.GetValue(holders) ?? [], parsed.GetValue(kek)) : ByokFiles.Kek(parsed.GetValue(kek), parsed.GetValue(kekId));
            var expected = new ByokExpectation
            {
                Kid = parsed.GetValue(shares) is null ? parsed.GetValue(kekId) : EscrowedKey.KidOf(key!),
                Kek = key,
                Modulus = parsed.GetValue(modulus),
                PublicDigest = parsed.GetValue(digest),
            };
            var report = ByokInspector.Inspect(ByokFiles.Read(parsed.GetValue(file)!), expected);
            console.Line(parsed.GetValue(json) ? ByokReportText.Json(report) : ByokReportText.Verdict(report, parsed.GetValue(file)!, expected).TrimEnd('\n'));
            return report.IsWellFormed ? ExitCodes.Done : ExitCodes.VerificationFailed;
        });
        return command;
    }

    private static Command Make(CliConsole console)
    {
        var kek = new Option<string>("--kek") { Description = "The KEK's public half: PEM, or the JSON of 'az keyvault key show'.", HelpName = "FILE", Required = true };
        var (kekId, json) = (KekIdOption(), JsonOption());
        var output = new Option<string>("--out") { Description = "Folder for what is made; made if it is not there.", HelpName = "DIR", Required = true };
        var key = new Option<string?>("--key") { Description = "A key in a file, in the clear: PKCS#8, or the bytes of a symmetric key.", HelpName = "FILE" };
        var module = new Option<string?>("--module") { Description = "PKCS#11 module of the token: its path, or p11-kit's name for it.", HelpName = "MODULE" };
        var token = new Option<string?>("--token") { Description = "The token's label.", HelpName = "LABEL" };
        var label = new Option<string?>("--label") { Description = "The key's label in the token.", HelpName = "LABEL" };
        var size = new Option<int?>("--make-key") { Description = "Make the key in the token first, of so many bits.", HelpName = "2048|3072|4096" };
        var pin = new Option<string?>("--pin-file") { Description = "A file whose first line is the token's PIN; asked for if left out.", HelpName = "FILE" };
        var escrow = new Option<string[]>("--escrow") { Description = "Certificate of a holder of an escrow; repeatable.", HelpName = "FILE.cer" };
        var quorum = new Option<int>("--quorum") { Description = "How many holders open the escrow.", HelpName = "N", DefaultValueFactory = _ => 2 };
        var command = new Command("make", "Wrap a key for a KEK, in the token that holds it.") { kek, kekId, output, key, module, token, label, size, pin, escrow, quorum, json };
        command.SetAction(parsed => ByokMaking.Make(
            new ByokRequest
            {
                Kek = parsed.GetValue(kek)!,
                KekId = parsed.GetValue(kekId),
                Out = parsed.GetValue(output)!,
                Key = parsed.GetValue(key),
                Module = parsed.GetValue(module),
                Token = parsed.GetValue(token),
                Label = parsed.GetValue(label),
                MakeBits = parsed.GetValue(size),
                PinFile = parsed.GetValue(pin),
                Escrow = [.. parsed.GetValue(escrow) ?? []],
                Quorum = parsed.GetValue(quorum),
                Json = parsed.GetValue(json),
            },
            console));
        return command;
    }

    private static Argument<string> FileArgument() => new("FILE") { Description = "The .byok file." };

    private static Option<string?> KekOption() => new("--kek") { Description = "The KEK: its public half, PEM or the JSON of 'az keyvault key show'; or, of a KEK of your own, the private half.", HelpName = "FILE" };

    private static Option<string?> KekIdOption() => new("--kek-id") { Description = "The full id of the KEK's version, where the file does not tell it.", HelpName = "URL" };

    private static Option<bool> JsonOption() => new("--json") { Description = "One JSON document." };
}
