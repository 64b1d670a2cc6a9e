namespace Runbook.Simulator.Http;

/// <summary>What a path stands for: the operation and the values of its <c>{names}</c>.</summary>
internal sealed class RouteMatch
{
    public required Operation Operation { get; init; }

    public required IReadOnlyDictionary<string, string> Values { get; init; }
}

/// <summary>
/// The operations of one service, found by method and path. Literal segments win over <c>{names}</c>; absolute templates
/// win over those that begin with <c>{scope}</c>, whose tail is sought after the last <c>providers</c> segment;
/// fallbacks come last, and only where no other operation knows the path.
/// </summary>
internal sealed class RouteTable
{
    private readonly Node _absolute = new();
    private readonly Node _scoped = new();
    private readonly Node _fallback = new();

    public void Add(Operation operation)
    {
        const string Scope = "{scope}/";
        var scoped = operation.Template.StartsWith(Scope, StringComparison.Ordinal);
        var template = scoped ? operation.Template[Scope.Length..] : operation.Template;
        var node = operation.IsFallback ? _fallback : scoped ? _scoped : _absolute;
        var names = new List<string>();
        foreach (var segment in template.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment.StartsWith('{'))
            {
                names.Add(segment[1..^1]);
                node = node.Any ??= new Node();
            }
            else if (node.Literals.TryGetValue(segment, out var next))
            {
                node = next;
            }
            else
            {
                node = node.Literals[segment] = new Node();
            }
        }
        if (!node.Operations.TryAdd(operation.Method, (operation, names)))
            throw new InvalidOperationException($"Two operations share {operation.Method} {operation.Template}.");
    }

    /// <summary>Finds the operation for a path; <paramref name="knownPath"/> says whether another method would have been found.</summary>
    public RouteMatch? Match(string method, IReadOnlyList<string> segments, out bool knownPath)
    {
        knownPath = false;
        var taken = new List<string>();
        if (Find(_absolute, segments, 0, taken, method, ref knownPath) is { } absolute)
            return Matched(absolute, taken, null);

        for (var at = segments.Count - 1; at >= 0; at--)
        {
            if (!segments[at].Equals("providers", StringComparison.OrdinalIgnoreCase))
                continue;
            taken.Clear();
            if (Find(_scoped, segments, at, taken, method, ref knownPath) is { } scoped)
                return Matched(scoped, taken, at == 0 ? "" : "/" + string.Join('/', segments.Take(at)));
        }
        taken.Clear();
        var ignored = false;
        return !knownPath && Find(_fallback, segments, 0, taken, method, ref ignored) is { } last ? Matched(last, taken, null) : null;
    }

    private static RouteMatch Matched((Operation Operation, List<string> Names) found, List<string> taken, string? scope)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < found.Names.Count; i++)
            values[found.Names[i]] = taken[i];
        if (scope is not null)
            values["scope"] = scope;
        return new RouteMatch { Operation = found.Operation, Values = values };
    }

    private static (Operation, List<string>)? Find(
        Node node, IReadOnlyList<string> segments, int at, List<string> taken, string method, ref bool knownPath)
    {
        if (at == segments.Count)
        {
            if (node.Operations.Count > 0)
                knownPath = true;
            return node.Operations.TryGetValue(method, out var found) ? found : null;
        }
        if (node.Literals.TryGetValue(segments[at], out var literal)
            && Find(literal, segments, at + 1, taken, method, ref knownPath) is { } exact)
            return exact;
        if (node.Any is null)
            return null;
        taken.Add(segments[at]);
        if (Find(node.Any, segments, at + 1, taken, method, ref knownPath) is { } any)
            return any;
        taken.RemoveAt(taken.Count - 1);
        return null;
    }

    private sealed class Node
    {
        public Dictionary<string, Node> Literals { get; } = new(StringComparer.OrdinalIgnoreCase);

        public Node? Any { get; set; }

        public Dictionary<string, (Operation, List<string>)> Operations { get; } = new(StringComparer.Ordinal);
    }
}
