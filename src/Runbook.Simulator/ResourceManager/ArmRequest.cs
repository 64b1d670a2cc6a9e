using Runbook.Simulator.Http;

namespace Runbook.Simulator.ResourceManager;

/// <summary>What a request to the control plane is about: the resource, its type and the action on it.</summary>
internal sealed record ArmRequest
{
    public const string GroupType = "Microsoft.Resources/subscriptions/resourceGroups";

    /// <summary>Id of the resource; for an action that of the resource it is done to.</summary>
    public required string Id { get; init; }

    /// <summary>Type of that resource; empty for a subscription or the tenant.</summary>
    public required string Type { get; init; }

    public required string Name { get; init; }

    /// <summary>Such as <c>Microsoft.Compute/disks/write</c>.</summary>
    public required string Action { get; init; }

    public required string Method { get; init; }

    /// <summary>The request makes or changes a resource.</summary>
    public bool Puts => Method is "PUT" or "PATCH" && Type.Length > 0;

    /// <summary>Whether the resource hangs on another one, of another provider.</summary>
    public bool Extends { get; init; }

    public static ArmRequest Of(Call call)
    {
        var method = call.Request.Method;
        var segments = call.Target.Segments.ToList();
        var verb = "";
        if (method == "POST" && segments.Count > 0)
        {
            verb = segments[^1];
            segments.RemoveAt(segments.Count - 1);
        }
        var (type, extends) = TypeOf(segments);
        var operation = call.Route.Operation;
        var action = operation.Permission ?? operation.PermissionFor?.Invoke(call) ?? $"{type}/" + method switch
        {
            "DELETE" => "delete",
            "POST" => verb + "/action",
            "GET" or "HEAD" => "read",
            _ => "write",
        };
        return new ArmRequest
        {
            Id = "/" + string.Join('/', segments),
            Type = type,
            Name = segments is [.., var last] ? last : "",
            Action = action,
            Method = method,
            Extends = extends,
        };
    }

    /// <summary>The type that an id's path spells; empty where it is none.</summary>
    public static (string Type, bool Extends) TypeOf(IReadOnlyList<string> segments)
    {
        var at = -1;
        for (var i = segments.Count - 1; i >= 0 && at < 0; i--)
            if (segments[i].Equals("providers", StringComparison.OrdinalIgnoreCase))
                at = i;
        if (at < 0)
        {
            return segments.Count == 4 && segments[2].Equals("resourceGroups", StringComparison.OrdinalIgnoreCase)
                ? (GroupType, false)
                : ("", false);
        }
        var rest = segments.Skip(at + 1).ToList();
        if (rest.Count < 3 || rest.Count % 2 == 0)
            return ("", false);
        var type = rest[0] + "/" + string.Join('/', rest.Skip(1).Where((_, index) => index % 2 == 0));
        var extends = segments.Take(at).Any(segment => segment.Equals("providers", StringComparison.OrdinalIgnoreCase));
        return (Providers.CanonicalType(type) ?? type, extends);
    }
}
