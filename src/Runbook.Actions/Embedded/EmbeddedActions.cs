using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>embedded.*</c>: what no call to Azure can cause. Each is a fault of the embedded Azure under a name that follows from its
/// arguments, so that arming twice is arming once and whoever undoes it needs to know nothing else. In a real Azure they are
/// refused, before a byte leaves.
/// </summary>
internal static class EmbeddedActions
{
    /// <summary>Where faults are armed. The name resolves nowhere (RFC 2606), so a request that went astray would reach nobody.</summary>
    public const string Host = "faults.embedded.invalid";

    private const string TargetText = """
        hsm?: {type: string, minLength: 3, description: "Name of the Managed HSM in the profile's resource group, or its full id"}
        account?: {type: string, minLength: 3, description: "Name of the storage account, or its full id"}
        """;

    /// <summary>Whether an address is where faults are armed.</summary>
    public static bool IsHere(Uri address) => string.Equals(address.Host, Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) =>
    [
        .. new Pair
        {
            Down = "embedded.region.down",
            Up = "embedded.region.up",
            DownSummary = "Takes a region of the embedded Azure down: nothing in it answers. What lives in several regions answers from another.",
            UpSummary = "Brings a region of the embedded Azure back.",
            DownSays = with => $"Take the region '{with.Text("region")}' down.",
            UpSays = with => $"Bring the region '{with.Text("region")}' back.",
            ByHand = "No call to Azure does this. In a real one a person cuts the routes to the region and opens them again.",
            With = Shape.Of("""region: {type: string, pattern: '^[a-z0-9]{2,50}$', description: "The region, such as eastus2"}"""),
            NameOf = (_, with) => $"region-down.{with.Text("region")}",
            FaultOf = (_, with) => new JsonObject { ["kind"] = "region-down", ["region"] = with.Text("region") },
        }.Make(site, wire),
        .. new Pair
        {
            Down = "embedded.network.deny",
            Up = "embedded.network.allow",
            DownSummary = "Cuts the way to a Managed HSM or a storage account of the embedded Azure, for everybody: packets get lost, and nobody answers.",
            UpSummary = "Opens the way again that embedded.network.deny cut.",
            DownSays = with => $"Cut the way to '{Named(with)}'.",
            UpSays = with => $"Open the way to '{Named(with)}'.",
            ByHand = "No call to Azure does this. In a real one a person cuts the route and opens it again.",
            With = Shape.Of(TargetText),
            OneTarget = true,
            NameOf = (s, with) => $"network-denied.{HostOf(s, with)}",
            FaultOf = (s, with) => new JsonObject { ["kind"] = "host-unreachable", ["host"] = HostOf(s, with) },
        }.Make(site, wire),
        .. new Pair
        {
            Down = "embedded.throttling.start",
            Up = "embedded.throttling.stop",
            DownSummary = "Lets a Managed HSM or a storage account of the embedded Azure refuse calls as an overloaded one does, with 429 and a Retry-After.",
            UpSummary = "Ends what embedded.throttling.start began.",
            DownSays = with => $"Let '{Named(with)}' refuse calls with 429.",
            UpSays = with => $"Let '{Named(with)}' answer as usual.",
            ByHand = "No single call to Azure does this. In a real one a person starts a load generator and ends it.",
            With = Shape.Of(TargetText + "\n" + """
                share: {type: number, minimum: 0.01, maximum: 1, default: 1, description: "Which part of the calls is refused"}
                retryAfter: {type: integer, minimum: 1, maximum: 3600, default: 10, description: "Seconds that each refusal asks to wait"}
                """),
            Kept = ["hsm", "account"],
            OneTarget = true,
            NameOf = (s, with) => $"throttled.{HostOf(s, with)}",
            FaultOf = (s, with) => Arguments.ObjectOf(("kind", "throttle"), ("host", HostOf(s, with)), ("rate", with.Node("share") ?? 1), ("retryAfter", with.Node("retryAfter") ?? 10)),
        }.Make(site, wire),
    ];

    private static string Named(Arguments with) => with.TextOrNull("hsm") ?? with.Text("account");

    private static string HostOf(AzureSite site, Arguments with) => with.TextOrNull("hsm") is { } hsm
        ? site.HsmHost(hsm)["https://".Length..].ToLowerInvariant()
        : $"{with.Text("account")[(with.Text("account").LastIndexOf('/') + 1)..]}.{site.Cloud.BlobDomain}".ToLowerInvariant();

    /// <summary>A harm and its undoing: a fault of one name, armed and removed.</summary>
    private sealed record Pair
    {
        private static readonly Schema Told = Shape.Of("""
            id: {type: string}
            from: {type: string}
            """);

        public required string Down { get; init; }

        public required string Up { get; init; }

        public required string DownSummary { get; init; }

        public required string UpSummary { get; init; }

        public required Func<Arguments, string> DownSays { get; init; }

        public required Func<Arguments, string> UpSays { get; init; }

        public required string ByHand { get; init; }

        public required Schema With { get; init; }

        /// <summary>The arguments that undoing needs; all of them where nothing is said.</summary>
        public string[]? Kept { get; init; }

        public bool OneTarget { get; init; }

        public required Func<AzureSite, Arguments, string> NameOf { get; init; }

        public required Func<AzureSite, Arguments, JsonObject> FaultOf { get; init; }

        public IEnumerable<IAction> Make(AzureSite site, AzureWire? wire)
        {
            yield return new RequestAction(site, wire, Describe(Down, DownSummary, With, Up, "Removes the fault."), Arms, new RequestCall
            {
                Method = "PUT",
                Url = Address,
                Says = DownSays,
                Body = (s, with, _) => FaultOf(s, with),
            });
            yield return new RequestAction(site, wire, Describe(Up, UpSummary, Kept is null ? With : Shape.Of(TargetText), Down, "Arms the fault again, as it is by default."), Arms, new RequestCall
            {
                Method = "DELETE",
                Url = Address,
                Says = UpSays,
                AbsentIsDone = true,
            });
        }

        private JsonObject Arms(Arguments with, JsonElement? reading) =>
            new(With.Members.Select(m => m.Name).Where(n => (Kept is null || Kept.Contains(n)) && with.Has(n)).Select(n => KeyValuePair.Create(n, with.Node(n))));

        private string Address(AzureSite site, Arguments with) => $"https://{Host}/faults/{NameOf(site, with)}";

        private ActionDescriptor Describe(string name, string summary, Schema with, string inverse, string note) => new()
        {
            Name = name,
            Summary = summary,
            Effect = EffectClass.Idempotent,
            With = with,
            OneOf = OneTarget ? [["hsm"], ["account"]] : [],
            Result = Told,
            NoAzCommand = ByHand,
            Settle = new SettlingProbe("Reads the fault by its name.", TimeSpan.Zero),
            Inverse = new ActionInverse(inverse, null, note),
            EmbeddedOnly = true,
            Errors = [new ActionError("AnotherFault", "A fault of that name is armed with other figures.", "Nothing changed.", "End that one first.")],
        };
    }
}
