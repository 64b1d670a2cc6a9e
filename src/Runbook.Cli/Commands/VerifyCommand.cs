using System.CommandLine;
using System.Globalization;
using Runbook.Actions;
using Runbook.Cli.People;
using Runbook.Cli.Sessions;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook verify DIR…</c>: checks transcripts; exit 0 only where everything holds.</summary>
internal static class VerifyCommand
{
    private sealed record Asked(string[] Directories, string[] Trust, VerifyOptions Options, (long Line, string File)? Prove, bool Explain, bool Json);

    public static Command Build(CliConsole console)
    {
        var directories = new Argument<string[]>("DIR") { Description = "Sessions' directories.", Arity = ArgumentArity.OneOrMore };
        var trust = new Option<string[]>("--trust") { Description = "Public key of a roster authority, from outside the session's folder; repeatable.", HelpName = "FILE.pem" };
        var head = new Option<string?>("--expect-head") { Description = "Hash of the last line, or of line --size, that somebody wrote down.", HelpName = "HEX" };
        var root = new Option<string?>("--expect-root") { Description = "Root over all lines, or over the first --size, that somebody wrote down.", HelpName = "BASE64" };
        var size = new Option<long?>("--size") { Description = "The size that goes with them.", HelpName = "N" };
        var require = new Option<string[]>("--require") { Description = "What must be there: completed, anchored, timestamped, no-claimed-ticks, or names of checks, joined by commas.", HelpName = "WORDS" };
        var prove = new Option<string[]>("--prove") { Description = "Write line N and its proof to a file.", HelpName = "N FILE", Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = true };
        var explain = new Option<bool>("--explain") { Description = "Say also what no check can catch." };
        var pending = new Option<bool>("--pending") { Description = "A closed session may still wait for signatures; exit 4 then." };
        var json = new Option<bool>("--json") { Description = "One JSON document a session." };
        var command = new Command("verify", "Check transcripts.") { directories, trust, head, root, size, require, prove, explain, pending, json };
        command.SetAction(parsed => Verify(
            new Asked(
                parsed.GetValue(directories)!,
                parsed.GetValue(trust) ?? [],
                new VerifyOptions
                {
                    ExpectHead = Hex(parsed.GetValue(head)),
                    ExpectRoot = Base64(parsed.GetValue(root)),
                    ExpectSize = parsed.GetValue(size),
                    Require = [.. (parsed.GetValue(require) ?? []).SelectMany(r => r.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(Known)],
                    Pending = parsed.GetValue(pending),
                    Tool = (ProgramIdentity.Name, ProgramIdentity.Version),
                },
                parsed.GetResult(prove) is { Implicit: false } ? Proof(parsed.GetValue(prove)!) : null,
                parsed.GetValue(explain),
                parsed.GetValue(json)),
            console));
        return command;
    }

    private static int Verify(Asked asked, CliConsole console)
    {
        var trusted = Trusted(asked.Trust);
        var worst = ExitCodes.Done;
        for (var i = 0; i < asked.Directories.Length; i++)
        {
            var directory = SessionPaths.Find(asked.Directories[i]);
            var report = JournalVerifier.Verify(LocalDisk.Instance, directory, asked.Options with { Trust = trusted, Machine = new MachineReplay(AzureActions.Catalogue) });
            if (!asked.Json && i > 0) console.Line();
            console.Line(asked.Json ? ReportJson.Render(report).TrimEnd('\n') : ReportText.Render(report, asked.Explain).TrimEnd('\n'));
            worst = Worse(worst, report.ExitCode);
            if (asked.Prove is { } prove) Prove(directory, prove, report, console);
        }

        return worst;
    }

    /// <summary>The authorities that this user trusts, and those that were named.</summary>
    public static TrustedAuthorities Trusted(IEnumerable<string> files)
    {
        var trusted = OwnKeys.OfThisUser().TrustedAuthorities();
        foreach (var file in files)
        {
            if (!File.Exists(file)) throw new CliException("RC069", $"there is no file \"{file}\".", "nothing was verified.", "name the PEM file of the authority's public key.");
            if (!trusted.TryAdd(File.ReadAllText(file), $"--trust {Path.GetFileName(file)}")) throw new CliException("RC069", $"\"{file}\" holds no P-256 or P-384 public key that may be trusted.", "nothing was verified.", "name the PEM file of the authority's public key.");
        }

        return trusted;
    }

    // A failed verification outweighs bad input, and that a session that is merely not finished.
    private static int Worse(int one, int other) => Weight(one) >= Weight(other) ? one : other;

    private static int Weight(int exit) => exit switch
    {
        ExitCodes.VerificationFailed => 4,
        ExitCodes.BadInput => 3,
        ExitCodes.NotCompleted => 2,
        ExitCodes.NeedsPerson => 1,
        _ => 0,
    };

    private static void Prove(string directory, (long Line, string File) prove, VerificationReport report, CliConsole console)
    {
        if (prove.Line > report.Journal.Lines) throw new CliException("RC003", $"the journal has {report.Journal.Lines} lines.", "nothing was written.", $"name a line from 1 to {report.Journal.Lines}.");
        var proof = JournalVerifier.Prove(LocalDisk.Instance, directory, prove.Line);
        File.WriteAllBytes(prove.File, [.. proof.Line.Span, (byte)'\n']);
        File.WriteAllText(prove.File + ".tlog-proof", proof.Proof.ToString());
        console.Line($"  wrote line {prove.Line} to {prove.File}, and its proof to {prove.File}.tlog-proof");
    }

    private static (long Line, string File) Proof(string[] words) =>
        long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var line) && line > 0
            ? (line, words[1])
            : throw new CliException("RC003", $"\"{words[0]}\" is no line number.", "nothing was verified.", "--prove N FILE");

    private static Digest? Hex(string? text)
    {
        if (text is null) return null;
        var plain = text.Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
        return Digest.TryParseHex(plain.StartsWith("sha256:", StringComparison.Ordinal) ? plain[7..] : plain, out var digest)
            ? digest
            : throw new CliException("RC003", "a head has 64 hexadecimal digits.", "nothing was verified.", "--expect-head HEX");
    }

    private static Digest? Base64(string? text)
    {
        if (text is null) return null;
        Span<byte> bytes = stackalloc byte[48];
        return Convert.TryFromBase64String(text, bytes, out var count) && count == Digest.Length
            ? new Digest(bytes[..count])
            : throw new CliException("RC003", "a root is 32 bytes in base64.", "nothing was verified.", "--expect-root BASE64 --size N");
    }

    private static string Known(string word) => VerifyOptions.IsKnownRequirement(word)
        ? word
        : throw new CliException("RC003", $"\"{word}\" is nothing that can be required.", "nothing was verified.", "completed, anchored, timestamped, no-claimed-ticks, or the name of a check.");
}
