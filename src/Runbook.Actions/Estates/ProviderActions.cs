using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>provider.registration.*</c>: whether a subscription may use a provider's resources at all.</summary>
internal static class ProviderActions
{
    private const string Version = "2021-04-01";
    private const string With = """namespace: {type: string, pattern: '^Microsoft\.[A-Za-z]+$', description: "The provider, such as Microsoft.Compute"}""";
    private const string Provider = """
        id: {type: string}
        namespace: {type: string}
        registrationState: {type: string, description: "Registered, Registering, NotRegistered"}
        """;

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Get(site, wire), Register(site, wire)];

    private static RequestAction Get(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "provider.registration.get",
        Summary = "Reads whether the subscription is registered for a provider.",
        Effect = EffectClass.Read,
        With = Shape.Of(With),
        Result = Shape.Of(Provider),
        Permissions = [Needs.Arm("Microsoft.Resources/subscriptions/providers/read", "the subscription", "Reader")],
        AzCommand = "az provider show --namespace {namespace}",
        Errors = Refusals.ResourceManager.Add(None),
    },
        null,
        new RequestCall { Method = "GET", Url = (s, with) => Address(s, with, ""), Says = with => $"Read whether the subscription is registered for {with.Text("namespace")}." });

    private static RequestAction Register(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "provider.registration.register",
        Summary = "Registers the subscription for a provider, which takes minutes; provider.registration.get tells when it is done. One that is registered stays so.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of(With),
        Result = Shape.Of(Provider),
        Permissions = [Needs.Arm("Microsoft.Resources/subscriptions/providers/register/action", "the subscription", "Contributor")],
        AzCommand = "az provider register --namespace {namespace}",
        Settle = new SettlingProbe("Reads the provider: it took effect when it is registered, or on its way.", TimeSpan.FromMinutes(1)),
        Errors = Refusals.ResourceManagerWrites.Add(None),
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = (s, with) => Address(s, with, "/register"),
            Says = with => $"Register the subscription for {with.Text("namespace")}.",
            Settle = Settling.By(c => c.Url.Replace("/register?", "?", StringComparison.Ordinal), (_, provider) => provider.TryGetProperty("registrationState", out var state) && state.GetString() is "Registered" or "Registering"),
        });

    private static ActionError None => new("InvalidResourceNamespace", "There is no such provider.", "Nothing changed.", "Check its spelling: Microsoft.Compute, Microsoft.DBforPostgreSQL.");

    private static string Address(AzureSite site, Arguments with, string below) => site.Arm($"/subscriptions/{site.SubscriptionId}/providers/{with.Text("namespace")}{below}", Version);
}
