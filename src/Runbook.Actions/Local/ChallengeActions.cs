using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>local.challenge.make</c>: a random value for each holder of a security domain, encrypted for the key of their certificate. Who
/// answers with its digest has the private half in hand. The value itself is kept by nobody, and of the answer only a digest.
/// </summary>
internal sealed class ChallengeMake : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.challenge.make",
        Summary = "Makes a challenge for each holder of a security domain's share, on this computer: a random value, encrypted for the key of their certificate.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of($$"""
            domain: {type: string, format: file, maxLength: 2097152, description: "The security domain whose shares are held"}
            certificates: {type: array, minItems: 1, maxItems: 10, items: {type: string, format: file, maxLength: 65536}, description: "The holders' certificates, as many as are to be proven"}
            {{KeyTransferActions.FileArgument}}
            """),
        Result = Shape.Of($$"""
            file: {{ResultText.File}}
            challenges:
              type: array
              items: {type: object, additionalProperties: false, properties: {certificate: {type: string, description: "SHA-256 of the certificate's DER, as sha256sum prints it"}, share: {type: boolean, description: "Whether the domain has a share for it"}, expected: {type: string, description: "Digest of the right answer"} } }
            required: {type: integer, description: "How many holders together open the domain"}
            shares: {type: integer, description: "How many shares it has"}
            """),
        NoAzCommand = "Nothing is called. By hand: openssl rand 32 > VALUE; openssl pkeyutl -encrypt -certin -inkey CERTIFICATE -in VALUE, with OAEP and SHA-256.",
        Errors = EscrowErrors.All.RemoveAll(e => e.Code is "QuorumTooLarge" or "KeyUnreadable" or "EscrowUnreadable" or "TooFewShares" or "OtherSecret").AddRange(
            new ActionError("SecurityDomainUnreadable", "The file is no security domain that could be restored.", "Nothing was written.", "Take another of the copies: their digest stands in the transcript of the activation."),
            new ActionError("CertificateUnreadable", "A file holds no certificate.", "Nothing was written.", "Have it handed in again.")),
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => $"Make a challenge for each holder of '{FileValue.NameOf(with, "domain")}', into '{with.Text("file")}'.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        var domain = SecurityDomainFile.Read(files.Read(with.GetProperty("domain"), ActionsLimits.SecurityDomainBytesMax));
        var holders = EscrowErrors.Usable(WrappingCertificate.ReadAll(with.GetProperty("certificates"), files));
        var (posed, told) = (new JsonArray(), new JsonArray());
        foreach (var holder in holders)
        {
            var value = Randomness.Bytes(ActionsLimits.ChallengeBytes);
            using var rsa = RSA.Create(holder.Rsa);
            posed.Add((JsonNode)new JsonObject { ["certificate"] = holder.Sha256, ["challenge"] = Convert.ToBase64String(Randomness.Encrypt(rsa, value, RSAEncryptionPadding.OaepSHA256)) });
            told.Add((JsonNode)new JsonObject
            {
                ["certificate"] = holder.Sha256,
                ["share"] = domain.Shares.Any(s => s.Thumbprint == holder.Thumbprint && s.WrappedKeyBytes * 8 == holder.KeyBits),
                ["expected"] = Challenge.Expected(Convert.ToHexStringLower(SHA256.HashData(value))),
            });
            CryptographicOperations.ZeroMemory(value);
        }

        var file = files.Write(with.GetProperty("file").GetString()!, Encoding.UTF8.GetBytes(new JsonObject { ["challenges"] = posed }.ToJsonString() + "\n"));
        return Task.FromResult<JsonNode>(new JsonObject { ["file"] = file, ["challenges"] = told, ["required"] = domain.Required, ["shares"] = domain.Shares.Length });
    }
}

/// <summary><c>local.challenge.check</c>: which holders answered their challenge.</summary>
internal sealed class ChallengeCheck : LocalAction
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "local.challenge.check",
        Summary = "Tells which of the holders proved that they have their private key, each by their own answer, and what quorum that leaves.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of("""
            challenges: {type: array, minItems: 1, maxItems: 10, items: {type: object}, description: "As local.challenge.make told them, in the order of the certificates"}
            owners: {type: array, minItems: 1, maxItems: 10, items: {type: string}, description: "Who handed in the certificates, in the same order"}
            answers: {type: array, maxItems: 10, items: {type: string}, description: "The answers"}
            answerers: {type: array, maxItems: 10, items: {type: string}, description: "Who gave them, in the same order"}
            required: {type: integer, minimum: 2, maximum: 10, description: "How many holders together open the domain"}
            """),
        Result = Shape.Of("""
            holders:
              type: array
              items: {type: object, additionalProperties: false, properties: {person: {type: string}, certificate: {type: string}, share: {type: boolean}, proven: {type: boolean} } }
            proven: {type: array, items: {type: string}, description: "Who proved it"}
            unproven: {type: array, items: {type: string}, description: "Who did not, and who has no share"}
            spare: {type: integer, description: "How many of the proven holders may leave until nobody can open the domain any more; below zero it is so already"}
            afterTwoLeave: {type: integer, description: "How many proven holders are left if two leave"}
            survivesTwo: {type: boolean, description: "Whether those can still open it"}
            """),
        NoAzCommand = "Nothing is called. By hand: the answer is right when sha256sum of its 64 characters is what was expected.",
        Errors = [new("AnswersDontMatch", "There is not one answerer for each answer, or not one owner for each challenge.", "Nothing changed.", "Give both lists in one order.")],
    };

    /// <inheritdoc/>
    protected override string Describe(Arguments with) => "See which holders proved that they have their private key.";

    /// <inheritdoc/>
    protected override Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken)
    {
        JsonElement[] challenges = [.. with.GetProperty("challenges").EnumerateArray()];
        var (owners, answers, answerers) = (Texts(with, "owners"), Texts(with, "answers"), Texts(with, "answerers"));
        if (owners.Length != challenges.Length || answers.Length != answerers.Length) throw new FileRefusedException("AnswersDontMatch", $"There are {challenges.Length} challenges of {owners.Length} owners, and {answers.Length} answers of {answerers.Length} people.");

        var holders = new JsonArray();
        var (proven, unproven) = (new List<string>(), new List<string>());
        for (var i = 0; i < challenges.Length; i++)
        {
            var (expected, share) = (challenges[i].GetProperty("expected").GetString()!, challenges[i].GetProperty("share").GetBoolean());
            // Only the holder's own answer counts: one who answers for another shows that the key is in other hands.
            var isProven = share && answers.Zip(answerers).Any(a => a.Second == owners[i] && Challenge.Expected(a.First.Trim().ToLowerInvariant()) == expected);
            (isProven ? proven : unproven).Add(owners[i]);
            holders.Add((JsonNode)new JsonObject { ["person"] = owners[i], ["certificate"] = challenges[i].GetProperty("certificate").GetString(), ["share"] = share, ["proven"] = isProven });
        }

        var required = with.GetProperty("required").GetInt32();
        var left = proven.Distinct(StringComparer.Ordinal).Count();
        return Task.FromResult<JsonNode>(new JsonObject
        {
            ["holders"] = holders,
            ["proven"] = new JsonArray([.. proven.Select(p => (JsonNode)p)]),
            ["unproven"] = new JsonArray([.. unproven.Select(p => (JsonNode)p)]),
            ["spare"] = left - required,
            ["afterTwoLeave"] = Math.Max(0, left - 2),
            ["survivesTwo"] = left - 2 >= required,
        });
    }

    private static string[] Texts(JsonElement with, string name) => [.. with.GetProperty(name).EnumerateArray().Select(i => i.GetString()!)];
}

/// <summary>How a right answer is recognized without being kept.</summary>
internal static class Challenge
{
    /// <summary>Digest of an answer: 64 hex digits, as <c>sha256sum</c> prints them of the decrypted value.</summary>
    public static string Expected(string answer) => Hashes.Sha256(Encoding.ASCII.GetBytes(answer));
}
