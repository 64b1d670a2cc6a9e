using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>RSA keys that lie ready in a folder, as rehearsals take them from there.</summary>
public sealed class RehearsalKeysTests
{
    private static readonly string[] People = ["bob", "carol", "dave"];

    [Fact]
    public async Task An_estate_and_the_people_take_their_keys_from_the_folder_and_no_two_the_same()
    {
        using var scratch = new ScratchFolder();
        await RehearseAsync(scratch, "first", scratch.In("keys"));
        var laid = Directory.GetFiles(scratch.In("keys")).ToDictionary(f => f, File.ReadAllBytes, StringComparer.Ordinal);
        await RehearseAsync(scratch, "second", scratch.In("keys"));

        Assert.Contains(ModulusOfTheKey(scratch, "first"), laid.Values.Select(Modulus));
        Assert.All(laid, l => Assert.Equal(l.Value, File.ReadAllBytes(l.Key)));
        Assert.All(People, p => Assert.Equal(CertifiedKey(scratch, "first", p), CertifiedKey(scratch, "second", p)));
        Assert.Equal(People.Length, People.Select(p => CertifiedKey(scratch, "first", p)).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Where_no_folder_is_named_every_key_is_made_anew()
    {
        using var scratch = new ScratchFolder();
        await RehearseAsync(scratch, "first", "");
        await RehearseAsync(scratch, "second", "");

        Assert.NotEqual(ModulusOfTheKey(scratch, "first"), ModulusOfTheKey(scratch, "second"));
        Assert.All(People, p => Assert.NotEqual(CertifiedKey(scratch, "first", p), CertifiedKey(scratch, "second", p)));
    }

    private static async Task RehearseAsync(ScratchFolder scratch, string session, string keys)
    {
        var runbook = new RunbookProgram(scratch.In("home")) { Variables = new Dictionary<string, string> { ["RUNBOOK_REHEARSAL_KEYS"] = keys } };
        var said = await runbook.RunAsync("run", "runbooks/hsm-activation.md", "--rehearse", "--out", scratch.In(session));
        Assert.True(said.ExitCode == 0, said.ToString());
    }

    // The journal tells the public half of the key that the ceremony makes.
    private static string ModulusOfTheKey(ScratchFolder scratch, string session) =>
        File.ReadLines(Path.Combine(scratch.In(session), "journal.jsonl"))
            .Select(l => JsonElement.Parse(l).GetProperty("body"))
            .Where(b => b.TryGetProperty("observed", out var seen) && seen.ValueKind == JsonValueKind.Object && seen.TryGetProperty("key", out var key) && key.TryGetProperty("n", out _))
            .Select(b => b.GetProperty("observed").GetProperty("key").GetProperty("n").GetString()!)
            .Distinct(StringComparer.Ordinal)
            .Single();

    private static string CertifiedKey(ScratchFolder scratch, string session, string person)
    {
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(scratch.In(session) + ".files", "rehearsal-people", person, "wrapping.cer"), Encoding.ASCII));
        return Convert.ToHexString(certificate.GetPublicKey());
    }

    private static string Modulus(byte[] pkcs8)
    {
        using var key = RSA.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return Base64Url.EncodeToString(key.ExportParameters(false).Modulus);
    }
}
