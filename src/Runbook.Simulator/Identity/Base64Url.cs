namespace Runbook.Simulator.Identity;

/// <summary>Base64url without padding; reading takes padding and the other alphabet as well.</summary>
internal static class Base64Url
{
    public static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    public static bool TryDecode(string? text, out byte[] bytes)
    {
        bytes = [];
        if (text is null)
            return false;
        var usual = text.TrimEnd('=').Replace('-', '+').Replace('_', '/');
        var padded = (usual.Length % 4) switch
        {
            2 => usual + "==",
            3 => usual + "=",
            _ => usual,
        };
        var buffer = new byte[(padded.Length / 4 * 3) + 3];
        if (padded.Length % 4 != 0 || !Convert.TryFromBase64String(padded, buffer, out var written))
            return false;
        bytes = buffer[..written];
        return true;
    }
}
