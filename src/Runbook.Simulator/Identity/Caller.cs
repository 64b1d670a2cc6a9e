namespace Runbook.Simulator.Identity;

/// <summary>Who makes a call, as its token says.</summary>
internal sealed record Caller
{
    public static Caller Nobody { get; } = new() { ObjectId = "", Groups = [], Audience = "" };

    public required string ObjectId { get; init; }

    public required IReadOnlyList<string> Groups { get; init; }

    public required string Audience { get; init; }

    public string? ApplicationId { get; init; }

    public string? UserPrincipalName { get; init; }

    public string Issuer { get; init; } = "";

    /// <summary>The kind of account, as <c>idtyp</c> says: <c>app</c> or <c>user</c>.</summary>
    public bool IsApplication { get; init; }

    /// <summary>A service of Azure that acts with a resource's managed identity.</summary>
    public bool ByService { get; init; }

    public bool Is(string principalId) =>
        string.Equals(ObjectId, principalId, StringComparison.OrdinalIgnoreCase)
        || Groups.Contains(principalId, StringComparer.OrdinalIgnoreCase);
}
