using System.Collections.Immutable;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>What refusals mean that any call may meet, each plane's own.</summary>
internal static class Refusals
{
    /// <summary>Resource Manager's.</summary>
    public static ImmutableArray<ActionError> ResourceManager { get; } =
    [
        new("AuthorizationFailed", "Your identity has no role that permits this on the resource.", "Nothing changed.", "Have the role under 'Permissions' assigned, wait up to ten minutes for it to spread, and resume."),
        new("SubscriptionNotFound", "The subscription of the profile does not exist, or your identity does not see it.", "Nothing changed.", "Check tenant and subscription in the profile."),
        new("ResourceGroupNotFound", "The resource group of the profile does not exist.", "Nothing changed.", "Check the resource group in the profile, or make it."),
        new("TooManyRequests", "Azure throttles this identity or subscription.", "Nothing changed.", "Wait as long as Azure said; the console does so by itself where a step allows it."),
    ];

    /// <summary>Resource Manager's, of calls that change something.</summary>
    public static ImmutableArray<ActionError> ResourceManagerWrites { get; } = ResourceManager.AddRange(
        new("MissingSubscriptionRegistration", "The subscription is not registered for the provider that the message names.", "Nothing changed.", "Register it with provider.registration.register or az provider register --namespace NAME, wait until it says Registered, and resume."),
        new("QuotaExceeded", "The subscription's quota has no room for another resource of the kind.", "Nothing changed.", "Have the quota raised (az quota update, or a support request), or remove what is no longer needed, and resume."),
        new("RequestDisallowedByPolicy", "A policy of the organization forbids it.", "Nothing changed.", "Read the policy's name in the message, and ask its owner for an exemption or another setting."),
        new("ScopeLocked", "A lock stands on the resource or above it.", "Nothing changed.", "Ask who set the lock, and have it removed for this step only."),
        new("Conflict", "Another operation is under way, or the name is taken.", "Nothing changed by this call.", "Read the resource; wait until it is at rest, then resume."));

    /// <summary>What a reading of something that is not there means.</summary>
    /// <param name="what">What it is.</param>
    public static ActionError NotThere(string what) => new("ResourceNotFound", $"There is no such {what}.", "Nothing changed.", "Check the name, and the resource group of the profile.");

    /// <summary>A managed HSM's.</summary>
    public static ImmutableArray<ActionError> ManagedHsm { get; } =
    [
        new("AccessDenied", "Your identity lacks the local role for this at that scope.", "Nothing changed.", "Ask an Administrator or Crypto Officer of the HSM for the role under 'Permissions'. A role on the subscription does not help: the HSM has roles of its own."),
        new("Forbidden", "The HSM refuses: it is not activated, its firewall does not know your address, or the key is disabled, out of its dates, or not meant for this. The word in parentheses says which.", "Nothing changed.", "HsmNotActivated: download the security domain. ForbiddenByFirewall: add your address. KeyDisabled, KeyExpired, KeyNotYetValid: look at the key's attributes."),
        new("Throttled", "The HSM is asked too much.", "Nothing changed.", "Wait as long as it said."),
        new("NameNotResolved", "There is no HSM of that name in this cloud, or it is not provisioned yet.", "Nothing was sent.", "Check the name, and the HSM's state in Resource Manager."),
    ];
}
