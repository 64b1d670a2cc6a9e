using System.Collections.Immutable;
using System.Text.Json;

namespace Runbook.Actions;

/// <summary>
/// What an access token says of its bearer (a JSON Web Token, RFC 7519). Nothing is trusted because of it: it is a note of who
/// Azure took us for.
/// </summary>
/// <param name="ObjectId">The claim <c>oid</c>.</param>
/// <param name="Name">The name that people know the bearer by; the object id where the token has none.</param>
/// <param name="Groups">Object ids of groups.</param>
/// <param name="HasMoreGroups">Whether the groups were too many for the token, which then names none.</param>
public sealed record TokenClaims(string ObjectId, string Name, ImmutableArray<string> Groups, bool HasMoreGroups)
{
    /// <summary>Reads a token; <see langword="null"/> where it is none, or names no object id.</summary>
    public static TokenClaims? Of(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (token.Split('.') is not [_, var payload, _]) return null;
        try
        {
            using var document = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload));
            var claims = document.RootElement;
            if (claims.Text("oid") is not { } oid) return null;
            var name = claims.Text("upn") ?? claims.Text("preferred_username") ?? claims.Text("app_displayname") ?? claims.Text("appid") ?? oid;
            return new TokenClaims(oid, name, [.. claims.List("groups").Where(g => g.ValueKind == JsonValueKind.String).Select(g => g.GetString()!)], claims.TryGetProperty("hasgroups", out _) || claims.TryGetProperty("_claim_names", out _));
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            // What is no token says nothing of anybody; the caller tells so.
            return null;
        }
    }
}
