using System.Globalization;
using System.Text;
using System.Text.Json;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>Writes an action of the catalogue as a page for people, in plain text of at most 100 columns where words allow it.</summary>
public static class ActionPages
{
    private const int NameColumns = 14;

    /// <summary>The page.</summary>
    /// <param name="action">The action.</param>
    /// <returns>Lines that end in a line feed: what it does, what it takes and gives, what repeating it does, who may, how it
    /// is done by hand, how a lost answer is settled, how it is undone, and what its errors mean.</returns>
    public static string Render(ActionDescriptor action)
    {
        ArgumentNullException.ThrowIfNull(action);
        var page = new StringBuilder();
        page.Append(action.Name).Append('\n').Append("  ").Append(action.Summary).Append("\n\n");
        Line(page, "class", $"{action.Effect.Name()}: {Repeating(action.Effect)}");
        Line(page, "where", action.Local ? "on this computer; nothing is called" : action.EmbeddedOnly ? "on the embedded Azure only" : "Azure");
        if (action.UsuallyTakes > TimeSpan.Zero) Line(page, "takes", string.Create(CultureInfo.InvariantCulture, $"usually {action.UsuallyTakes.TotalMinutes:0.#} min"));
        if (action.ListMember is { } list) Line(page, "list", $"\"{list}\" may be a list: a request for each element, in order; the result is then \"value\"");
        Members(page, "with", action.With);
        foreach (var group in action.OneOf) Line(page, "", $"either: {string.Join(", ", group)}");
        Members(page, "result", action.Result);
        foreach (var permission in action.Permissions) Line(page, "needs", $"{permission.Operation} at {permission.Scope} ({PlaneOf(permission)}; held by \"{permission.Role}\")");
        Line(page, "by hand", action.AzCommand ?? action.NoAzCommand ?? "");
        if (action.Settle is { } settle) Line(page, "lost answer", string.Create(CultureInfo.InvariantCulture, $"{settle.Reading}; \"did not\" is believed after {settle.Quiet.TotalSeconds:0} s, asked twice"));
        if (action.Effect != EffectClass.Read) Line(page, "undone by", action.Inverse is { } inverse ? $"{inverse.Action}{(inverse.Reading is { } reading ? $", after {reading}" : "")}. {inverse.Note}" : "nothing");
        foreach (var error in action.Errors)
        {
            Line(page, "error", $"{error.Code}: {error.Happened}");
            Line(page, "", $"state: {error.State}");
            Line(page, "", $"next:  {error.Next}");
        }

        return page.ToString();
    }

    private static string Repeating(EffectClass effect) => effect switch
    {
        EffectClass.Read => "changes nothing",
        EffectClass.Idempotent => "repeating it leaves the same state",
        EffectClass.Once => "repeating it would do it again; never repeated blindly",
        _ => "takes away what may not come back; needs an approval, never repeated blindly",
    };

    private static string PlaneOf(ActionPermission permission) => permission switch
    {
        { Plane: PermissionPlane.ResourceManager } => "the subscription's roles",
        _ when permission.Operation.StartsWith("Microsoft.KeyVault/managedHsm/", StringComparison.Ordinal) => "the HSM's own roles",
        _ => "data roles, given where the subscription's are",
    };

    private static void Members(StringBuilder page, string title, Schema schema)
    {
        if (schema.Members.IsEmpty)
        {
            Line(page, title, "nothing");
            return;
        }

        var width = schema.Members.Max(m => m.Name.Length);
        foreach (var member in schema.Members)
        {
            Line(page, title, $"{member.Name.PadRight(width)}  {Describe(member.Schema)}{(member.Required ? "" : ", optional")}{(member.Schema.Description is { } text ? $": {text}" : "")}");
            title = "";
        }
    }

    private static string Describe(Schema schema)
    {
        var text = new StringBuilder(schema.IsFile ? "file" : TypesOf(schema.Types));
        if (schema.Items is { } items) text.Append(" of ").Append(Describe(items));
        if (!schema.Enum.IsEmpty) text.Append(" (").AppendJoin(", ", schema.Enum.Select(Word)).Append(')');
        if (schema.Const is { } only) text.Append(" (").Append(Word(only)).Append(')');
        if (schema.Pattern is { } pattern) text.Append(" matching ").Append(pattern);
        if (schema.Minimum is { } least) text.Append(CultureInfo.InvariantCulture, $", from {least}");
        if (schema.Maximum is { } most) text.Append(CultureInfo.InvariantCulture, $", to {most}");
        if (schema.Default is { } otherwise) text.Append(", default ").Append(Word(otherwise));
        if (schema.WriteOnly) text.Append(", secret");
        return text.ToString();
    }

    private static string TypesOf(JsonTypes types)
    {
        if (types == JsonTypes.Any) return "anything";
        var names = new List<string>();
        foreach (var (type, name) in new[] { (JsonTypes.String, "text"), (JsonTypes.Integer, "whole number"), (JsonTypes.Boolean, "true or false"), (JsonTypes.Array, "list"), (JsonTypes.Object, "object"), (JsonTypes.Null, "null") })
            if (types.HasFlag(type))
                names.Add(type == JsonTypes.Integer && types.HasFlag(JsonTypes.Number) ? "number" : name);
        return string.Join(" or ", names);
    }

    private static string Word(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static void Line(StringBuilder page, string title, string text) => page.Append("  ").Append(title.PadRight(NameColumns)).Append(text).Append('\n');
}
