using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>What holds for resources of every type: lists across types, and removal.</summary>
internal sealed partial class GenericResources
{
    private const int PageSize = 1000;

    private readonly ArmService _arm;
    private readonly Dictionary<string, Action<EstateTransaction, Resource>> _removals = new(StringComparer.OrdinalIgnoreCase);

    public GenericResources(ArmService arm)
    {
        _arm = arm;
        arm.Plug(
        [
            List("List resources", "/subscriptions/{subscription}/resources"),
            List("List resources of a group", "/subscriptions/{subscription}/resourceGroups/{group}/resources"),
        ]);
    }

    /// <summary>Says what else goes when a resource of that type is removed.</summary>
    public void OnRemoval(string type, Action<EstateTransaction, Resource> removal) => _removals.Add(type, removal);

    /// <summary>Removes a resource with its children, its own identity and what its type adds.</summary>
    public void Remove(EstateTransaction tx, Resource resource)
    {
        if (!tx.Has(Tables.Resources, ArmId.Key(resource.Id)))
            return;
        foreach (var (_, child) in tx.Scan(Tables.Resources, ArmId.Key(resource.Id) + "/").Reverse().ToList())
            Remove(tx, child);
        if (_removals.TryGetValue(resource.Type, out var removal))
            removal(tx, resource);
        ManagedIdentities.DropSystemIdentity(tx, resource.Identity);
        Locks.DropWithin(tx, resource.Id);
        tx.Remove(Tables.Resources, ArmId.Key(resource.Id));
    }

    private Operation List(string name, string template) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = "GET",
        Template = template,
        Handler = ListAll,
        ReadsOnly = true,
    };

    private Answer ListAll(Call call)
    {
        var view = call.Read();
        var scope = call.Route.Values.ContainsKey("group") ? ResourceGroups.Require(_arm, call, view).Id : ArmService.ScopeOf(call);
        var filter = Filter(call);
        var after = call.Parameter("$skiptoken");
        var top = int.TryParse(call.Parameter("$top"), out var wanted) && wanted is > 0 and < PageSize ? wanted : PageSize;
        var items = view.Scan(Tables.Resources, ArmId.Key(scope) + "/", after)
            .Where(pair => Providers.CanonicalType(pair.Value.Type) is { } type && IsTopLevel(type) && filter(pair.Value))
            .Where(pair => AccessControl.Allows(view, call.Caller, pair.Value.Type + "/read", pair.Value.Id, call.Now))
            .Take(top + 1)
            .ToList();
        var expand = call.Parameter("$expand") ?? "";
        var list = Shapes.List(items.Take(top).Select(pair =>
        {
            var json = Shapes.Resource(view, pair.Value, withProperties: false);
            if (expand.Contains("createdTime", StringComparison.OrdinalIgnoreCase))
                json["createdTime"] = Shapes.Time(pair.Value.Created);
            if (expand.Contains("changedTime", StringComparison.OrdinalIgnoreCase))
                json["changedTime"] = Shapes.Time(pair.Value.Changed);
            if (expand.Contains("provisioningState", StringComparison.OrdinalIgnoreCase))
                json["provisioningState"] = pair.Value.Properties.Member("provisioningState").Text();
            return json;
        }));
        if (items.Count > top)
            list["nextLink"] = NextLink(call, items[top - 1].Key);
        return Answer.Json(200, list);
    }

    /// <summary>The same request, going on after a key.</summary>
    public static string NextLink(Call call, string after)
    {
        var query = call.Target.Query.Where(pair => !pair.Key.Equals("$skiptoken", StringComparison.OrdinalIgnoreCase))
            .Append(new("$skiptoken", after))
            .Select(pair => $"{Uri.EscapeDataString(pair.Key).Replace("%24", "$", StringComparison.Ordinal)}={Uri.EscapeDataString(pair.Value)}");
        return $"https://{call.Request.Authority}{call.Target.Path}?{string.Join('&', query)}";
    }

    private static bool IsTopLevel(string type) =>
        type.AsSpan().Count('/') == 1 || type.Equals("Microsoft.Sql/servers/databases", StringComparison.OrdinalIgnoreCase);

    private Func<Resource, bool> Filter(Call call)
    {
        if (call.Parameter("$filter") is not { Length: > 0 } filter)
            return _ => true;
        var tests = new List<Func<Resource, bool>>();
        foreach (var part in AndWord().Split(filter))
        {
            if (Equality().Match(part.Trim()) is not { Success: true } match)
                throw _arm.Refuse(call, 400, "InvalidFilterInQueryString", $"Invalid $filter '{filter}' specified in the query string.");
            var value = match.Groups["value"].Value.Replace("''", "'", StringComparison.Ordinal);
            var equal = match.Groups["op"].Value.Equals("eq", StringComparison.OrdinalIgnoreCase);
            Func<Resource, string?> field = match.Groups["field"].Value.ToLowerInvariant() switch
            {
                "resourcetype" => resource => resource.Type,
                "name" => resource => resource.Name,
                "location" => resource => resource.Location,
                "resourcegroup" => resource => ArmId.TryParse(resource.Id, out var id) ? id.Group : null,
                "tagname" => resource => resource.Tags?.ContainsKey(value) == true ? value : null,
                "tagvalue" => resource => resource.Tags?.ContainsValue(value) == true ? value : null,
                var unknown => throw _arm.Refuse(call, 400, "InvalidFilterInQueryString", $"Invalid $filter '{filter}' specified in the query string: '{unknown}' can't be filtered on."),
            };
            tests.Add(resource => string.Equals(field(resource), value, StringComparison.OrdinalIgnoreCase) == equal);
        }
        return resource => tests.All(test => test(resource));
    }

    [GeneratedRegex(@"\s+and\s+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex AndWord();

    [GeneratedRegex(@"^(?<field>\w+)\s+(?<op>eq|ne)\s+'(?<value>(?:[^']|'')*)'$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Equality();
}
