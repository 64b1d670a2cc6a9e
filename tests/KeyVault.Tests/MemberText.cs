using System.Reflection;

namespace Runbook.KeyVault.Tests;

/// <summary>Writes a type's public and protected members in the spelling of the golden lists.</summary>
internal static class MemberText
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    public static string Of(Type type) => $"{(type.IsEnum ? "enum" : type.IsValueType ? "struct" : "class")} {type.FullName!.Replace('+', '.')}";

    public static IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum) return Enum.GetValues(type).Cast<object>().Select(v => $"{v} = {Convert.ToInt32(v, null)}");

        var constructors = type.GetConstructors(Declared).Where(IsVisible).Select(c => $"{Protected(c)}{type.Name}({Parameters(c)})");
        var properties = type.GetProperties(Declared).Where(p => p.GetMethod is { } get && IsVisible(get)).Select(Property);
        var methods = type.GetMethods(Declared).Where(m => IsVisible(m) && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal))).Select(Method);
        return constructors.Concat(properties).Concat(methods);
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Protected(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Property(PropertyInfo property)
    {
        var get = property.GetMethod!;
        var set = property.SetMethod is { } setter && IsVisible(setter) ? "set; " : "";
        return $"{Protected(get)}{(get.IsStatic ? "static " : "")}{Name(property.PropertyType)} {property.Name} {{ get; {set}}}";
    }

    private static string Method(MethodInfo method) =>
        $"{Protected(method)}{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}({Parameters(method)})";

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(p => $"{(p.IsOut ? "out " : "")}{Name(p.ParameterType)} {p.Name}"));

    private static string Name(Type type)
    {
        if (type.IsByRef) return Name(type.GetElementType()!);
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } inner) return Name(inner) + "?";
        if (type.IsGenericType) return $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
        return type == typeof(string) ? "string" : type == typeof(bool) ? "bool" : type == typeof(int) ? "int" : type == typeof(byte) ? "byte" : type == typeof(object) ? "object" : type.Name;
    }
}
