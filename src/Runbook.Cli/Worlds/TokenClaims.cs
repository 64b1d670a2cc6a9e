using System.Text.Json;

namespace Runbook.Cli.Worlds;

/// <summary>Reads what a token says of its bearer. Nothing is trusted because of it: it is a note of who Azure took us for.</summary>
internal static class TokenClaims
{
    /// <summary>The claim <c>oid</c> of a JSON Web Token (RFC 7519); <see langword="null"/> where it has none.</summary>
    public static string? ObjectId(string token)
    {
        if (token.Split('.') is not [_, var payload, _]) return null;
        try
        {
            using var claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload));
            return claims.RootElement.TryGetProperty("oid", out var oid) && oid.ValueKind == JsonValueKind.String ? oid.GetString() : null;
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            return null;
        }
    }
}
