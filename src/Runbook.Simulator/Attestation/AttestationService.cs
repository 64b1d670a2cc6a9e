using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.KeyVault;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.Attestation;

/// <summary>The data plane of attestation providers: evidence in, signed tokens out. Key release takes these tokens.</summary>
internal sealed class AttestationService : Service
{
    private const string Guest = "SevSnpVm";
    private const string Machine = "AzureGuest";
    private const int TokenHours = 8;
    private const int KeyBits = 2048;

    private static readonly string[] Kinds = [Guest, Machine];

    private readonly TestHardware _hardware;

    public AttestationService(SimulatorCore core, TestHardware hardware)
        : base(core)
    {
        _hardware = hardware;
        core.OwnAttestationKeys = KeysOf;
    }

    public override ServiceKind Kind => ServiceKind.Attestation;

    public override IEnumerable<Operation> Operations =>
    [
        Op("OpenID metadata", "GET", "/.well-known/openid-configuration", Metadata) with { Anonymous = true },
        Op("Signing certificates", "GET", "/certs", Certificates) with { Anonymous = true },
        Op("Attest SEV-SNP guest", "POST", "/attest/SevSnpVm", Attest) with { Anonymous = true, ReadsOnly = true },
        Op("Attest Azure guest", "POST", "/attest/AzureGuest", AttestMachine) with { Anonymous = true, ReadsOnly = true, Fidelity = Fidelity.Part, Note = "Confidential machines of SEV-SNP; the TCG log is not read, and claims that follow from it are missing." },
        Op("Get policy", "GET", "/policies/{kind}", GetPolicy),
        Op("Set policy", "PUT", "/policies/{kind}", SetPolicy) with { Fidelity = Fidelity.Part, Note = "A subset of the policy language, version 1.0." },
        Op("Reset policy", "POST", "/policies/{kind}", ResetPolicy),
        Op("List policy certificates", "GET", "/certificates", PolicyCertificates),
        .. ((string[])["TdxVm", "SgxEnclave", "OpenEnclave", "Tpm"]).Select(kind => Op($"Attest {kind}", "POST", $"/attest/{kind}", NoSuch) with { Fidelity = Fidelity.None, Note = "Evidence of SEV-SNP only." }),
        Op("Add policy certificate", "POST", "/certificates:add", NoSuch) with { Fidelity = Fidelity.None, Note = "Certificates are given when a provider is made." },
        Op("Remove policy certificate", "POST", "/certificates:remove", NoSuch) with { Fidelity = Fidelity.None, Note = "Certificates are given when a provider is made." },
    ];

    private static Operation Op(string name, string method, string template, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.Attestation,
        Name = name,
        Method = method,
        Template = template,
        Handler = handler,
    };

    private Answer NoSuch(Call call) => NoSuchOperation(call, knownPath: false);

    public override bool Exists(string host) => AttestationHosts.SharedRegion(host) is not null || AttestationHosts.Find(Core.Estate.Current, host) is not null;

    public override IReadOnlyList<string> RegionsOf(string host) =>
        AttestationHosts.SharedRegion(host) is { } region ? [region] : AttestationHosts.Find(Core.Estate.Current, host)?.Location is { } location ? [location] : [];

    public override void Admit(Call call)
    {
        if (call.Request.Headers["Authorization"] is not { } header)
            return;
        var fault = Core.Tokens.Check(header, ["https://attest.azure.net"], out var caller);
        call.Caller = caller;
        if (fault != TokenFault.None)
            throw new RefusedException(Challenge(call));
    }

    public override void CheckVersion(Call call)
    {
        if (call.Route.Operation.Method == "GET" && call.Route.Operation.Anonymous)
            return;
        if (call.ApiVersion is not ("2020-10-01" or "2022-08-01" or "2025-06-01"))
            throw Refuse(call, 400, "InvalidParameter", $"The api-version '{call.ApiVersion}' must be 2020-10-01, 2022-08-01 or 2025-06-01.");
    }

    /// <summary>Evidence may come from anybody; policies need a role on the provider.</summary>
    public override void Authorize(Call call)
    {
        if (call.Route.Operation.Anonymous)
            return;
        if (call.Caller.ObjectId.Length == 0)
            throw new RefusedException(Challenge(call));
        var verb = call.Request.Method switch { "GET" => "read", "PUT" => "write", _ => "delete" };
        if (AttestationHosts.Find(call.Read(), call.Request.Host) is not { } provider)
        {
            if (verb == "read")
                return;
            throw Refuse(call, 403, "Forbidden", "The policies of a shared provider can't be changed.");
        }
        if (!AccessControl.Allows(call.Read(), call.Caller, $"{AttestationHosts.Type}/attestation/{verb}", provider.Id, call.Now))
            throw Refuse(call, 403, "Forbidden", $"The caller does not have the permission {AttestationHosts.Type}/attestation/{verb}.");
    }

    public override Answer NoSuchOperation(Call call, bool knownPath) => Error(call, knownPath ? 405 : 404, knownPath ? "MethodNotAllowed" : "NotFound", $"There is no {call.Request.Method} {call.Target.Path}.");

    public override Answer Malformed(Call call, string why) => Error(call, 400, "InvalidParameter", $"The request can't be read: {why}");

    public override Answer Error(Call call, int status, string code, string message) =>
        Answer.Json(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }, code, message);

    private RefusedException Refuse(Call call, int status, string code, string message) => new(Error(call, status, code, message));

    public override Answer Finish(Call call, Answer answer) => answer.With("x-ms-request-id", call.RequestId.ToString()).With("x-ms-maa-service-version", "1.10.00000.0000");

    public override string? ResourceOf(Call call) => AttestationHosts.Find(Core.Estate.Current, call.Request.Host)?.Id;

    private Answer Challenge(Call call) => Error(call, 401, "Unauthorized", "A token for https://attest.azure.net is needed.")
        .With("WWW-Authenticate", $"Bearer authorization_uri=\"https://{HostNames.Login}/{Core.Tenant}\", resource=\"https://attest.azure.net\"");

    // Signing.

    private IEnumerable<RSA> KeysOf(string issuer)
    {
        if (Uri.TryCreate(issuer, UriKind.Absolute, out var uri) && Exists(uri.Host) && Core.Estate.Current.Find(Tables.AttestationProviders, uri.Host) is { } provider)
            yield return provider.SigningKey();
    }

    private AttestationProvider Provider(Call call)
    {
        var host = call.Request.Host;
        if (Core.Estate.Current.Find(Tables.AttestationProviders, host) is { } known)
            return known;
        using var key = KeyMaterial.LoadedRsa(KeyBits);
        using var certificate = Core.Authority.IssueFor(key, host);
        var made = new AttestationProvider { Host = host, Key = Convert.ToBase64String(key.ExportPkcs8PrivateKey()), Certificate = Convert.ToBase64String(certificate.RawData) };
        return Core.Estate.Write(call.Now, tx =>
        {
            // Another request may have been first.
            if (tx.Find(Tables.AttestationProviders, host) is { } first)
                return first;
            tx.Put(Tables.AttestationProviders, host, made);
            return made;
        });
    }

    private string Sign(Call call, JsonObject claims)
    {
        var provider = Provider(call);
        using var key = provider.SigningKey();
        var now = Core.Clock.Host.GetUtcNow().ToUnixTimeSeconds();
        claims["iss"] = $"https://{provider.Host}";
        claims["iat"] = now;
        claims["nbf"] = now;
        claims["exp"] = now + (TokenHours * 3600);
        claims["jti"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(call.RequestId.ToString())));
        return Jwt.Sign(
            key,
            header =>
            {
                header.WriteString("alg", "RS256");
                header.WriteString("jku", $"https://{provider.Host}/certs");
                header.WriteString("kid", provider.KeyId);
                header.WriteString("typ", "JWT");
            },
            payload =>
            {
                foreach (var (name, value) in claims)
                {
                    payload.WritePropertyName(name);
                    if (value is null)
                        payload.WriteNullValue();
                    else
                        value.WriteTo(payload);
                }
            });
    }

    private static Answer Metadata(Call call)
    {
        var root = $"https://{call.Request.Host}";
        return Answer.Json(200, new JsonObject
        {
            ["issuer"] = root,
            ["jwks_uri"] = root + "/certs",
            ["response_types_supported"] = new JsonArray("token", "none"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
            ["revocation_endpoint"] = root + "/revoke",
            ["claims_supported"] = new JsonArray("is-debuggable", "sgx-mrsigner", "sgx-mrenclave", "product-id", "svn", "tee", "x-ms-attestation-type", "x-ms-sevsnpvm-launchmeasurement", "x-ms-runtime"),
        });
    }

    private Answer Certificates(Call call)
    {
        var provider = Provider(call);
        using var certificate = provider.ToCertificate();
        return Answer.Json(200, new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kid"] = provider.KeyId,
                ["kty"] = "RSA",
                ["x5c"] = new JsonArray(provider.Certificate, Convert.ToBase64String(Core.Authority.Certificate.RawData)),
                ["alg"] = "RS256",
                ["use"] = "sig",
            }),
        });
    }

    // Evidence.

    private RefusedException Failed(Call call, string why) => Refuse(call, 400, "AttestationFailure", why);

    private Answer Attest(Call call)
    {
        var body = call.Json();
        if (!Base64Url.TryDecode(body.Member("report").Text(), out var proof))
            throw Refuse(call, 400, "InvalidParameter", "'report' must be base64url.");
        var report = Proven(call, proof);
        var claims = Claims(report);
        if (Data(call, body, "runtimeData") is { } runtime)
        {
            Span<byte> digest = stackalloc byte[32];
            SHA256.HashData(runtime.Bytes, digest);
            if (!report.ReportData[..32].SequenceEqual(digest))
                throw Failed(call, "The report data is not the SHA-256 digest of the runtime data.");
            claims["x-ms-runtime"] = runtime.Value;
        }
        if (Data(call, body, "initTimeData") is { } init)
        {
            Span<byte> digest = stackalloc byte[32];
            SHA256.HashData(init.Bytes, digest);
            if (!report.HostData.SequenceEqual(digest))
                throw Failed(call, "The host data is not the SHA-256 digest of the init time data.");
            claims["x-ms-inittime"] = init.Value;
        }
        return Answer.Json(200, new JsonObject { ["token"] = Issue(call, Guest, body, claims) });
    }

    /// <summary>A machine with a virtual TPM: the processor's claims lie nested in its own, and the token is sealed to the TPM.</summary>
    private Answer AttestMachine(Call call)
    {
        var body = call.Json();
        try
        {
            var evidence = GuestEvidence.Parse(body.Loose("attestationInfo").Text());
            var report = Proven(call, evidence.Proof);
            if (!report.ReportData[..32].SequenceEqual(SHA256.HashData(evidence.RuntimeData)))
                throw Failed(call, "The report data is not the SHA-256 digest of the runtime data.");
            return Answer.Json(200, new JsonObject { ["token"] = evidence.Seal(Issue(call, Machine, body, evidence.Claims(Claims(report)))) });
        }
        catch (EvidenceException error)
        {
            throw Failed(call, error.Message);
        }
        catch (CryptographicException error)
        {
            throw Failed(call, $"A key of the TPM can't be used: {error.Message}");
        }
    }

    /// <summary>The report of a processor that this Azure trusts.</summary>
    private SnpReport Proven(Call call, byte[] proof)
    {
        var (report, chain) = ReadReport(call, proof);
        using var chip = chain[0].GetECDsaPublicKey() ?? throw Failed(call, "The certificate of the chip holds no EC key.");
        if (!_hardware.Trusts(chain))
            throw Failed(call, "The certificate chain of the chip does not lead to a trusted root.");
        return report.IsSignedBy(chip) ? report : throw Failed(call, "The signature of the report does not hold.");
    }

    /// <summary>A token with the claims, where the provider's policy permits them.</summary>
    private string Issue(Call call, string kind, JsonElement body, JsonObject claims)
    {
        var issued = new JsonObject();
        var text = body.Member("draftPolicyForAttestation").Text() ?? PolicyOf(call, kind).Text;
        AttestationPolicy policy;
        try
        {
            policy = AttestationPolicy.Parse(text);
        }
        catch (AttestationPolicyException error)
        {
            throw Refuse(call, 400, "PolicyParsingError", error.Message);
        }
        if (!policy.Judge(claims, issued))
            throw Refuse(call, 400, "PolicyEvaluationError", "The policy does not permit this evidence.");
        foreach (var (name, value) in issued.ToList())
            claims[name] = value?.DeepClone();
        claims["x-ms-policy-hash"] = Base64Url.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        claims["x-ms-ver"] = "1.0";
        if (body.Member("nonce").Text() is { } nonce)
            claims["nonce"] = nonce;
        return Sign(call, claims);
    }

    private (SnpReport Report, X509Certificate2Collection Chain) ReadReport(Call call, byte[] proof)
    {
        try
        {
            using var document = JsonDocument.Parse(proof, new JsonDocumentOptions { MaxDepth = Limits.JsonDepth });
            var json = document.RootElement;
            if (!Base64Url.TryDecode(json.Member("SnpReport").Text(), out var report) || report.Length != SnpReport.Length)
                throw Refuse(call, 400, "InvalidParameter", $"'SnpReport' must be {SnpReport.Length} bytes, base64url.");
            if (!Base64Url.TryDecode(json.Member("VcekCertChain").Text(), out var pem))
                throw Refuse(call, 400, "InvalidParameter", "'VcekCertChain' must be base64url.");
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(Encoding.ASCII.GetString(pem));
            return chain.Count > 0 ? (new SnpReport(report), chain) : throw Failed(call, "The certificate chain is empty.");
        }
        catch (Exception error) when (error is JsonException or CryptographicException)
        {
            throw Refuse(call, 400, "InvalidParameter", $"The report can't be read: {error.Message}");
        }
    }

    private (byte[] Bytes, JsonNode Value)? Data(Call call, JsonElement body, string name)
    {
        if (body.Member(name) is not { } data)
            return null;
        if (!Base64Url.TryDecode(data.Member("data").Text(), out var bytes))
            throw Refuse(call, 400, "InvalidParameter", $"'{name}.data' must be base64url.");
        if (!string.Equals(data.Member("dataType").Text(), "JSON", StringComparison.OrdinalIgnoreCase))
            return (bytes, JsonValue.Create(Base64Url.Encode(bytes)));
        try
        {
            return (bytes, Call.Parse(bytes)?.ToNode() as JsonObject ?? throw Refuse(call, 400, "InvalidParameter", $"'{name}.data' is no JSON object."));
        }
        catch (JsonException)
        {
            throw Refuse(call, 400, "InvalidParameter", $"'{name}.data' is no JSON.");
        }
    }

    private static JsonObject Claims(SnpReport report)
    {
        var claims = new JsonObject
        {
            ["x-ms-attestation-type"] = "sevsnpvm",
            ["x-ms-sevsnpvm-authorkeydigest"] = Convert.ToHexStringLower(report.AuthorKeyDigest),
            ["x-ms-sevsnpvm-bootloader-svn"] = report.BootloaderSvn,
            ["x-ms-sevsnpvm-familyId"] = Convert.ToHexStringLower(report.FamilyId),
            ["x-ms-sevsnpvm-guestsvn"] = report.GuestSvn,
            ["x-ms-sevsnpvm-hostdata"] = Convert.ToHexStringLower(report.HostData),
            ["x-ms-sevsnpvm-idkeydigest"] = Convert.ToHexStringLower(report.IdKeyDigest),
            ["x-ms-sevsnpvm-imageId"] = Convert.ToHexStringLower(report.ImageId),
            ["x-ms-sevsnpvm-is-debuggable"] = report.IsDebuggable,
            ["x-ms-sevsnpvm-launchmeasurement"] = Convert.ToHexStringLower(report.Measurement),
            ["x-ms-sevsnpvm-microcode-svn"] = report.MicrocodeSvn,
            ["x-ms-sevsnpvm-migration-allowed"] = report.AllowsMigration,
            ["x-ms-sevsnpvm-reportdata"] = Convert.ToHexStringLower(report.ReportData),
            ["x-ms-sevsnpvm-reportid"] = Convert.ToHexStringLower(report.ReportId),
            ["x-ms-sevsnpvm-smt-allowed"] = report.AllowsThreads,
            ["x-ms-sevsnpvm-snpfw-svn"] = report.FirmwareSvn,
            ["x-ms-sevsnpvm-tee-svn"] = report.TeeSvn,
            ["x-ms-sevsnpvm-vmpl"] = report.Vmpl,
        };
        // Containers carry the digest of their policy as host data; a guest that may be debugged complies with nothing.
        if (!report.IsDebuggable)
            claims["x-ms-compliance-status"] = report.HostData.IndexOfAnyExcept((byte)0) >= 0 ? "azure-compliant-uvm" : "azure-compliant-cvm";
        return claims;
    }

    // Policies.

    private static AttestationPolicyState PolicyOf(Call call, string kind) =>
        call.Read().Find(Tables.AttestationProviders, call.Request.Host)?.Policies?.GetValueOrDefault(kind)
        ?? new AttestationPolicyState { Text = AttestationPolicy.Default, Token = Unsigned(AttestationPolicy.Default) };

    private static string Unsigned(string policy) =>
        $"{Base64Url.Encode("{\"alg\":\"none\"}"u8)}.{Base64Url.Encode(Answer.Serialize(new JsonObject { ["AttestationPolicy"] = Base64Url.Encode(Encoding.UTF8.GetBytes(policy)) }))}.";

    private string KindOf(Call call, string kind) =>
        Array.Find(Kinds, known => known.Equals(kind, StringComparison.OrdinalIgnoreCase))
        ?? throw Refuse(call, 400, "InvalidParameter", $"The attestation type '{kind}' is not simulated; {Guest} and {Machine} are.");

    private Answer GetPolicy(Call call)
    {
        var kind = KindOf(call, call.Value("kind"));
        return Answer.Json(200, new JsonObject { ["token"] = Sign(call, new JsonObject { ["x-ms-policy"] = PolicyOf(call, kind).Token }) });
    }

    private Answer SetPolicy(Call call)
    {
        var kind = KindOf(call, call.Value("kind"));
        var token = Encoding.ASCII.GetString(call.Body.Span).Trim().Trim('"');
        var payload = ReadPolicyToken(call, token);
        if (!Base64Url.TryDecode(payload.Member("AttestationPolicy").Text(), out var bytes))
            throw Refuse(call, 400, "InvalidParameter", "The policy token has no 'AttestationPolicy'.");
        var text = Encoding.UTF8.GetString(bytes);
        try
        {
            AttestationPolicy.Parse(text);
        }
        catch (Exception error) when (error is AttestationPolicyException or System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            throw Refuse(call, 400, "PolicyParsingError", error.Message);
        }
        var provider = Provider(call);
        Change(call, provider.Host, policies => policies[kind] = new AttestationPolicyState { Text = text, Token = token });
        return Result(call, "Updated", token);
    }

    private Answer ResetPolicy(Call call)
    {
        const string Suffix = ":reset";
        var kind = call.Value("kind");
        if (!kind.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase))
            return NoSuchOperation(call, knownPath: true);
        kind = KindOf(call, kind[..^Suffix.Length]);
        var token = Encoding.ASCII.GetString(call.Body.Span).Trim().Trim('"');
        _ = ReadPolicyToken(call, token);
        Change(call, Provider(call).Host, policies => policies.Remove(kind));
        return Result(call, "Removed", token);
    }

    private static void Change(Call call, string host, Action<SortedDictionary<string, AttestationPolicyState>> change) => call.Write(tx =>
    {
        var provider = tx.Find(Tables.AttestationProviders, host)!;
        var policies = new SortedDictionary<string, AttestationPolicyState>(provider.Policies ?? [], StringComparer.Ordinal);
        change(policies);
        tx.Put(Tables.AttestationProviders, host, provider with { Policies = policies });
        return Answer.Empty(200);
    });

    private Answer Result(Call call, string result, string token) => Answer.Json(200, new JsonObject
    {
        ["token"] = Sign(call, new JsonObject { ["x-ms-policy-result"] = result, ["x-ms-policy-token-hash"] = Base64Url.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(token))) }),
    });

    /// <summary>The payload of a policy token; one for an isolated provider must be signed by one of its policy signers.</summary>
    private JsonElement ReadPolicyToken(Call call, string token)
    {
        var signers = AttestationHosts.Find(call.Read(), call.Request.Host)?.Properties.At("policySigningCertificates", "keys");
        var parts = token.Split('.');
        if (signers is null && parts.Length == 3 && parts[2].Length == 0 && Base64Url.TryDecode(parts[1], out var bare))
            return Parsed(call, bare);
        if (!Jwt.TryParse(token, out var parsed))
            throw Refuse(call, 400, "InvalidParameter", "The body must be a policy token: a compact JSON Web Signature.");
        if (parsed.Header.Member("x5c").Texts() is not [var first, ..])
            throw Refuse(call, 400, "InvalidParameter", "The policy token must be signed, and name its certificate in 'x5c'.");
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(first));
            using var key = certificate.GetRSAPublicKey();
            if (key is null || !parsed.IsSignedBy(key) || (signers is { ValueKind: JsonValueKind.Array } known && !known.EnumerateArray().Any(signer => signer.Member("x5c").Texts() is [var own, ..] && own == first)))
                throw Refuse(call, 401, "Unauthorized", "The policy token is not signed by a policy signer of this provider.");
        }
        catch (Exception error) when (error is FormatException or CryptographicException)
        {
            throw Refuse(call, 400, "InvalidParameter", $"The certificate of the policy token can't be read: {error.Message}");
        }
        return parsed.Payload;
    }

    private JsonElement Parsed(Call call, byte[] payload)
    {
        try
        {
            return Call.Parse(payload) ?? default;
        }
        catch (JsonException)
        {
            throw Refuse(call, 400, "InvalidParameter", "The payload of the policy token is no JSON.");
        }
    }

    private Answer PolicyCertificates(Call call) => Answer.Json(200, new JsonObject
    {
        ["token"] = Sign(call, new JsonObject
        {
            ["x-ms-policy-certificates"] = AttestationHosts.Find(call.Read(), call.Request.Host)?.Properties.Loose("policySigningCertificates").ToNode() ?? new JsonObject { ["keys"] = new JsonArray() },
        }),
    });
}
