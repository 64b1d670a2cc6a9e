using Azure.Core;
using Runbook.Actions;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Simulator;

namespace Runbook.Cli.Worlds;

/// <summary>Actions that can render their calls for a place, and make none: for plans, and for approvers on machines of their own.</summary>
internal static class RenderingActions
{
    // Every estate is of this tenant and subscription.
    private static readonly EmbeddedAzureOptions Embedded = new();

    /// <summary>For the place of a session, as line 1 of its journal names it.</summary>
    /// <param name="azure">A real Azure; <see langword="null"/> for the embedded one.</param>
    public static ActionSet For(AzurePlace? azure) => azure is null
        ? Create(AzureCloud.Public, Embedded.TenantId.ToString(), Embedded.SubscriptionId.ToString(), EmbeddedWorld.ResourceGroup, EmbeddedWorld.EnvironmentLabel)
        : Create(RealWorld.CloudNamed(azure.Cloud.ToString()), azure.Tenant.ToString(), azure.Subscription.ToString(), azure.ResourceGroup.ToString(), "");

    private static ActionSet Create(AzureCloud cloud, string tenant, string subscription, string group, string label) => AzureActions.Create(new AzureEnvironment
    {
        Cloud = cloud,
        TenantId = tenant,
        SubscriptionId = subscription,
        ResourceGroup = group,
        Label = label,
        Credential = new NoCredential(),
    });

    // Whoever renders a plan asks for no token: there is no call that would need one.
    private sealed class NoCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new InvalidOperationException("A plan is rendered without calling anything.");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new InvalidOperationException("A plan is rendered without calling anything.");
    }
}
