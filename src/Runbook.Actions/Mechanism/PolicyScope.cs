namespace Runbook.Actions;

/// <summary>Where something holds: the profile's resource group, its subscription, or anything by its id.</summary>
internal static class PolicyScope
{
    /// <summary>The argument.</summary>
    public const string Argument = """{type: string, pattern: '^(group|subscription|/.+)$', default: group, description: "Where it holds: group (the profile's resource group), subscription, or an id"}""";

    /// <summary>The id of a scope.</summary>
    public static string IdOf(AzureSite site, Arguments with) => with.TextOrNull("scope") switch
    {
        null or "group" => $"/subscriptions/{site.SubscriptionId}/resourceGroups/{site.ResourceGroup}",
        "subscription" => $"/subscriptions/{site.SubscriptionId}",
        var id => id.TrimEnd('/'),
    };

    /// <summary>The scope in a sentence.</summary>
    public static string Words(Arguments with) => with.TextOrNull("scope") switch
    {
        null or "group" => "the resource group",
        "subscription" => "the subscription",
        var id => id,
    };
}
