namespace Runbook.Actions;

/// <summary>How to do by hand what <c>az</c> has no command for: the very request that was planned.</summary>
internal static class AzRest
{
    /// <summary>The command; its places are those of the call.</summary>
    public const string Command = "az rest --method {method} --resource {resource} --url {url} --body {body}";
}
