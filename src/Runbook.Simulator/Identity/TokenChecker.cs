using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Runbook.Simulator.Identity;

/// <summary>What is wrong with a token.</summary>
internal enum TokenFault
{
    None,
    Missing,
    Malformed,
    BadSignature,
    WrongIssuer,
    Expired,
    NotYetValid,
    WrongTenant,
    WrongAudience,
}

/// <summary>Checks tokens as every service does: signature, issuer, times, tenant and audience.</summary>
internal sealed class TokenChecker(SimulatorCore core)
{
    private readonly ConcurrentDictionary<string, (Caller Caller, long NotBefore, long Expires, string Tenant)> _known = new(StringComparer.Ordinal);

    /// <summary>Judges the Authorization header of a request.</summary>
    /// <param name="header">As it was sent, or <see langword="null"/>.</param>
    /// <param name="audiences">What the service accepts; a trailing slash makes no difference.</param>
    /// <param name="caller">Who it is; <see cref="Caller.Nobody"/> unless the token holds.</param>
    public TokenFault Check(string? header, IReadOnlyList<string> audiences, out Caller caller)
    {
        caller = Caller.Nobody;
        if (header is null)
            return TokenFault.Missing;
        const string Scheme = "Bearer ";
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return TokenFault.Malformed;
        var text = header[Scheme.Length..].Trim();
        var cacheKey = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        if (!_known.TryGetValue(cacheKey, out var known))
        {
            var fault = Parse(text, out known);
            if (fault != TokenFault.None)
                return fault;
            if (_known.Count >= Limits.RememberedTokens)
                _known.Clear();
            _known[cacheKey] = known;
        }
        var now = (core.Clock.Host.GetUtcNow() + core.Faults.ServiceSkew()).ToUnixTimeSeconds();
        if (now >= known.Expires + Assumptions.TokenLeewaySeconds)
            return TokenFault.Expired;
        if (now < known.NotBefore - Assumptions.TokenLeewaySeconds)
            return TokenFault.NotYetValid;
        if (!string.Equals(known.Tenant, core.Tenant, StringComparison.OrdinalIgnoreCase))
            return TokenFault.WrongTenant;
        if (!audiences.Any(audience => SameAudience(audience, known.Caller.Audience)))
            return TokenFault.WrongAudience;
        caller = known.Caller;
        return TokenFault.None;
    }

    private static bool SameAudience(string accepted, string given) =>
        string.Equals(accepted.TrimEnd('/'), given.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);

    private TokenFault Parse(string text, out (Caller Caller, long NotBefore, long Expires, string Tenant) found)
    {
        found = default;
        if (!Jwt.TryParse(text, out var token) || Jwt.Text(token.Header, "alg") != "RS256")
            return TokenFault.Malformed;
        var claims = token.Payload;
        if (Jwt.Text(claims, "iss") is { } issuer && issuer != core.Issuer.IssuerName)
            return TokenFault.WrongIssuer;
        if (!token.IsSignedBy(core.Issuer.Key))
            return TokenFault.BadSignature;
        if (Jwt.Text(claims, "oid") is not { } oid || Jwt.Text(claims, "aud") is not { } audience
            || Jwt.Number(claims, "exp") is not { } expires || Jwt.Text(claims, "tid") is not { } tenant)
            return TokenFault.Malformed;
        var groups = claims.TryGetProperty("groups", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(group => group.GetString() ?? "").ToArray()
            : [];
        var caller = new Caller
        {
            ObjectId = oid,
            Groups = groups,
            Audience = audience,
            ApplicationId = Jwt.Text(claims, "appid"),
            UserPrincipalName = Jwt.Text(claims, "upn"),
            Issuer = core.Issuer.IssuerName,
            IsApplication = Jwt.Text(claims, "idtyp") != "user",
        };
        found = (caller, Jwt.Number(claims, "nbf") ?? 0, expires, tenant);
        return TokenFault.None;
    }
}
