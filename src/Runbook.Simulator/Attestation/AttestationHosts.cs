using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Attestation;

/// <summary>Host names of attestation providers: one shared provider a region, and those that somebody made.</summary>
internal static class AttestationHosts
{
    public const string Type = "Microsoft.Attestation/attestationProviders";

    /// <summary>Short names of regions; a region that is not listed goes by its own name.</summary>
    private static readonly Dictionary<string, string> Short = new(StringComparer.Ordinal)
    {
        ["eastus2"] = "eus2",
        ["westeurope"] = "weu",
        ["eastus"] = "eus",
        ["centralus"] = "cus",
        ["northeurope"] = "neu",
        ["uksouth"] = "uks",
        ["westus"] = "wus",
    };

    public static string ShortOf(string location) => Short.GetValueOrDefault(location, location);

    public static string HostOf(Resource provider) => $"{provider.Name.ToLowerInvariant()}.{ShortOf(provider.Location ?? "")}{HostNames.Attestation}";

    /// <summary>Region of a shared provider's host; <see langword="null"/> for other hosts.</summary>
    public static string? SharedRegion(string host)
    {
        foreach (var (location, name) in Short)
            if (host == $"shared{name}.{name}{HostNames.Attestation}")
                return location;
        return null;
    }

    /// <summary>The resource behind a host that somebody made.</summary>
    public static Resource? Find(EstateView view, string host) => view.Has(Tables.AttestationHosts, host)
        ? view.Find(Tables.Resources, view.Find(Tables.AttestationHosts, host)!.Text!)
        : null;

    /// <summary>The control plane of providers: kept generically, with a URL.</summary>
    public static void Plug(ArmService arm, GenericRoutes routes, GenericResources resources)
    {
        routes.Add(Type, new GenericType
        {
            Properties = (tx, call, existing, body, properties) =>
            {
                var name = call.Target.Segments[^1];
                if (name.Length is < 3 or > 24 || !name.All(char.IsAsciiLetterOrDigit))
                    throw arm.Refuse(call, 400, "BadRequest", $"The attestation provider name '{name}' must have 3 to 24 letters and digits.");
                var location = Locations.Normal(body.Loose("location").Text() ?? existing?.Location ?? "");
                var host = $"{name.ToLowerInvariant()}.{ShortOf(location)}{HostNames.Attestation}";
                if (SharedRegion(host) is not null || (existing is null && tx.Has(Tables.AttestationHosts, host)))
                    throw arm.Refuse(call, 409, "Conflict", $"The attestation provider name '{name}' is taken in that region.");
                properties["trustModel"] = properties["policySigningCertificates"] is null ? "AAD" : "Isolated";
                properties["status"] = "Ready";
                properties["attestUri"] = $"https://{host}";
                return properties;
            },
            Kept = (tx, resource) => tx.Put(Tables.AttestationHosts, HostOf(resource), new MetaRow { Text = ArmId.Key(resource.Id) }),
        });
        resources.OnRemoval(Type, (tx, resource) =>
        {
            tx.Remove(Tables.AttestationHosts, HostOf(resource));
            tx.Remove(Tables.AttestationProviders, HostOf(resource));
        });
    }
}
