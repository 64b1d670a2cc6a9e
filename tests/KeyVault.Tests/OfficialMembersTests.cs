using System.Reflection;
using Azure.Security.KeyVault.Administration;
using Azure.Security.KeyVault.Keys;

namespace Runbook.KeyVault.Tests;

public sealed class OfficialMembersTests
{
    public static TheoryData<Type> StandIns { get; } = new(typeof(KeyClient), typeof(KeyVaultAccessControlClient));

    [Theory]
    [MemberData(nameof(StandIns))]
    public void No_member_exists_that_the_official_package_lacks(Type anchor)
    {
        var official = ReadGolden(anchor.Assembly.GetName().Name!);

        var strangers = new List<string>();
        foreach (var type in anchor.Assembly.GetExportedTypes())
        {
            if (!official.TryGetValue(MemberText.Of(type), out var members)) strangers.Add(MemberText.Of(type));
            else strangers.AddRange(MemberText.MembersOf(type).Where(m => !members.Contains(m)).Select(m => $"{type.FullName}: {m}"));
        }

        Assert.Empty(strangers);
    }

    [Theory]
    [MemberData(nameof(StandIns))]
    public void Every_listed_type_exists_so_that_the_list_is_of_these_packages(Type anchor)
    {
        var exported = anchor.Assembly.GetExportedTypes().Select(MemberText.Of).ToHashSet();

        Assert.Superset(ReadGolden(anchor.Assembly.GetName().Name!).Keys.ToHashSet(), exported);
    }

    [Theory]
    [MemberData(nameof(StandIns))]
    public void A_stand_in_says_that_it_is_one(Type anchor)
    {
        var version = anchor.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

        Assert.EndsWith("-standin", version, StringComparison.Ordinal);
    }

    [Fact]
    public void A_made_up_member_would_be_noticed()
    {
        var official = ReadGolden("Azure.Security.KeyVault.Keys");

        Assert.DoesNotContain("Task<Response<KeyVaultKey>> PolishKeyAsync(string name, CancellationToken cancellationToken)", official["class Azure.Security.KeyVault.Keys.KeyClient"]);
        Assert.True(MemberText.MembersOf(typeof(KeyClient)).Count() > 20);
    }

    private static Dictionary<string, HashSet<string>> ReadGolden(string assembly)
    {
        var types = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        HashSet<string>? current = null;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "golden", assembly + ".txt")).Skip(2))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal)) types.Add(line[2..].Split(" : ")[0], current = new(StringComparer.Ordinal));
            else if (line.Length > 0) current!.Add(line);
        }

        return types;
    }
}
