using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>Tenants, subscriptions, locations and provider registration.</summary>
internal sealed class Subscriptions
{
    private readonly SimulatorCore _core;
    private readonly ArmService _arm;

    public Subscriptions(SimulatorCore core, ArmService arm)
    {
        _core = core;
        _arm = arm;
        arm.Plug(
        [
            Read("List tenants", "/tenants", Tenants),
            Read("List subscriptions", "/subscriptions", List),
            Read("Get subscription", "/subscriptions/{subscription}", Get),
            Read("List locations", "/subscriptions/{subscription}/locations", ListLocations),
            Read("List providers", "/subscriptions/{subscription}/providers", call => Answer.Json(200, Shapes.List(Providers.All.Select(provider => Provider(call, provider.Namespace))))),
            Read("Get provider", "/subscriptions/{subscription}/providers/{namespace}", call => Answer.Json(200, Provider(call, Namespace(call)))),
            Change("Register provider", "/subscriptions/{subscription}/providers/{namespace}/register", "Registered", "Microsoft.Resources/subscriptions/providers/register/action"),
            Change("Unregister provider", "/subscriptions/{subscription}/providers/{namespace}/unregister", "NotRegistered", "Microsoft.Resources/subscriptions/providers/unregister/action"),
        ]);
    }

    /// <summary>Refuses writes for a namespace that the subscription is not registered for.</summary>
    public static void RequireRegistration(ArmService arm, Call call, string name)
    {
        if (call.Read().Find(Tables.Registrations, name.ToLowerInvariant())?.Text == "NotRegistered")
            throw arm.Refuse(call, 409, "MissingSubscriptionRegistration", $"The subscription is not registered to use namespace '{name}'. See https://aka.ms/rps-not-found for how to register subscriptions.");
    }

    private static Operation Read(string name, string template, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = "GET",
        Template = template,
        Handler = handler,
        ReadsOnly = true,
    };

    private Operation Change(string name, string template, string state, string permission) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = "POST",
        Template = template,
        Permission = permission,
        Handler = call => call.Write(tx =>
        {
            tx.Put(Tables.Registrations, Namespace(call).ToLowerInvariant(), new MetaRow { Text = state });
            return Answer.Json(200, Provider(tx, Namespace(call)));
        }),
    };

    private string Namespace(Call call) =>
        Providers.Canonical(call.Value("namespace"))
        ?? throw _arm.Refuse(call, 404, "InvalidResourceNamespace", $"The resource namespace '{call.Value("namespace")}' is invalid.");

    private Answer Tenants(Call call)
    {
        _ = call;
        return Answer.Json(200, Shapes.List(
        [
            new JsonObject
            {
                ["id"] = $"/tenants/{_core.Tenant}",
                ["tenantId"] = _core.Tenant,
                ["countryCode"] = "US",
                ["displayName"] = "Runbook rehearsal",
                ["domains"] = new JsonArray("rehearsal.onmicrosoft.com"),
                ["tenantCategory"] = "Home",
                ["defaultDomain"] = "rehearsal.onmicrosoft.com",
                ["tenantType"] = "AAD",
            },
        ]));
    }

    private Answer List(Call call)
    {
        // A subscription shows up for whoever holds any role in it.
        var mine = call.Read().Scan(Tables.RoleAssignments).Any(pair => AccessControl.IsInForce(pair.Value, call.Now) && call.Caller.Is(pair.Value.PrincipalId));
        var list = Shapes.List(mine ? [Subscription()] : []);
        list["count"] = new JsonObject { ["type"] = "Total", ["value"] = mine ? 1 : 0 };
        return Answer.Json(200, list);
    }

    private Answer Get(Call call)
    {
        var mine = call.Read().Scan(Tables.RoleAssignments).Any(pair => AccessControl.IsInForce(pair.Value, call.Now) && call.Caller.Is(pair.Value.PrincipalId));
        if (!mine)
            _arm.Require(call, call.Read(), "Microsoft.Resources/subscriptions/read", $"/subscriptions/{_core.Subscription}");
        return Answer.Json(200, Subscription());
    }

    private JsonObject Subscription() => new()
    {
        ["id"] = $"/subscriptions/{_core.Subscription}",
        ["authorizationSource"] = "RoleBased",
        ["managedByTenants"] = new JsonArray(),
        ["subscriptionId"] = _core.Subscription,
        ["tenantId"] = _core.Tenant,
        ["displayName"] = "Runbook rehearsal",
        ["state"] = "Enabled",
        ["subscriptionPolicies"] = new JsonObject
        {
            ["locationPlacementId"] = "Public_2014-09-01",
            ["quotaId"] = "PayAsYouGo_2014-09-01",
            ["spendingLimit"] = "Off",
        },
    };

    private Answer ListLocations(Call call)
    {
        _ = call;
        return Answer.Json(200, Shapes.List(Locations.All.Select(location => new JsonObject
        {
            ["id"] = $"/subscriptions/{_core.Subscription}/locations/{location.Name}",
            ["name"] = location.Name,
            ["type"] = "Region",
            ["displayName"] = location.DisplayName,
            ["regionalDisplayName"] = $"({location.Geography}) {location.DisplayName}",
            ["metadata"] = new JsonObject
            {
                ["regionType"] = "Physical",
                ["regionCategory"] = "Recommended",
                ["geographyGroup"] = location.Geography,
                ["pairedRegion"] = new JsonArray(new JsonObject
                {
                    ["name"] = location.Paired,
                    ["id"] = $"/subscriptions/{_core.Subscription}/locations/{location.Paired}",
                }),
            },
        })));
    }

    private JsonObject Provider(Call call, string name) => Provider(call.Read(), name);

    private JsonObject Provider(EstateView view, string name)
    {
        var types = new JsonArray();
        foreach (var (type, versions) in Providers.All.First(provider => provider.Namespace == name).Types)
        {
            var locations = new JsonArray();
            foreach (var location in Locations.All)
                locations.Add((JsonNode)location.DisplayName);
            var list = new JsonArray();
            foreach (var version in versions)
                list.Add((JsonNode)version);
            types.Add((JsonNode)new JsonObject
            {
                ["resourceType"] = type,
                ["locations"] = locations,
                ["apiVersions"] = list,
                ["defaultApiVersion"] = versions[0],
                ["apiProfiles"] = new JsonArray(),
                ["capabilities"] = "CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SystemAssignedResourceIdentity, SupportsTags, SupportsLocation",
            });
        }
        return new JsonObject
        {
            ["id"] = $"/subscriptions/{_core.Subscription}/providers/{name}",
            ["namespace"] = name,
            ["registrationPolicy"] = "RegistrationRequired",
            ["registrationState"] = view.Find(Tables.Registrations, name.ToLowerInvariant())?.Text ?? "Registered",
            ["resourceTypes"] = types,
        };
    }
}
