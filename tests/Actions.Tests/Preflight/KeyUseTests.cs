using System.Collections.Immutable;
using Runbook.Actions.Tests.TestKit;

namespace Runbook.Actions.Tests.Preflight;

/// <summary>Whether a resource could use a key: networks, identities, roles, policies, states of the key. A table.</summary>
public sealed class KeyUseTests
{
    private const string Identity = "22222222-0000-4000-8000-000000000001";
    private const string Host = "kv-hsm-prod.managedhsm.azure.net";
    private const string Key = $"https://{Host}/keys/cmk";
    private const string Version = $"{Key}/00000000000000000000000000000001";
    private const string ServiceUser = "33413926-3206-4cdd-b39a-83574fe37a17";
    private const string Auditor = "2c18b078-7c48-4d3a-af88-5a3a1b3f82b3";

    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly OutageJudge Judge = new(new KeyUse(new RepairDesk(Bench.Rendering, new AzureSite(AzureCloud.Public, "t", Bench.Subscription, Bench.Group))));

    [Theory]
    [InlineData("/", null)]
    [InlineData("/keys", null)]
    [InlineData("/keys/cmk", null)]
    [InlineData("/keys/cmk-old", "grant")]
    [InlineData("", "grant")]
    public void A_role_at_the_key_covers_every_version_and_one_at_another_key_none(string scope, string? cause) =>
        Assert.Equal(cause, Judge.Obstacle(World(scope), Server)?.Cause);

    [Fact]
    public void A_role_that_reads_and_does_not_wrap_is_not_enough_and_what_lacks_is_named()
    {
        var whole = World("/");
        var model = whole with { Access = whole.Access with { Holdings = [.. whole.Access.Holdings.Select(h => h with { RoleId = Auditor })] } };

        Assert.Contains("lacks wrap, unwrap on the key cmk", Judge.Obstacle(model, Server)!.Says, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true, true, true)]
    [InlineData(true, true, false, true)]
    [InlineData(true, false, true, true)]
    [InlineData(false, false, true, true)]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, false, false)]
    public void A_service_comes_in_as_a_trusted_one_or_like_everybody(bool isPublic, bool allows, bool trusts, bool comesIn)
    {
        var model = World("/");
        model = model with { Stores = model.Stores.SetItem(Host, model.Stores[Host] with { Network = new NetworkRules(isPublic, allows, trusts, []) }) };

        Assert.Equal(comesIn, Judge.Obstacle(model, Server) is null);
    }

    [Theory]
    [InlineData(true, true, null, true, null)]
    [InlineData(false, true, null, true, "key-missing")]
    [InlineData(true, false, null, true, "key-disabled")]
    [InlineData(true, true, "2026-03-01", true, "key-expired")]
    [InlineData(true, true, "2026-03-01", false, null)]
    [InlineData(true, true, "2026-03-03", true, null)]
    public void The_state_of_the_key_counts_and_its_end_for_those_who_heed_it(bool exists, bool enabled, string? expires, bool heeds, string? cause)
    {
        var end = expires is null ? (DateTimeOffset?)null : new DateTimeOffset(DateTime.Parse(expires, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero);
        var whole = World("/");
        var model = whole with { Keys = whole.Keys.SetItem(Key, new KeyFacts { Id = Key, Exists = exists, Newest = new KeyVersionFacts(Version, true, enabled, Now.AddDays(-30), end) }) };

        Assert.Equal(cause, Judge.Obstacle(model, heeds ? Server : Server with { Kind = DependantKind.Storage })?.Cause);
    }

    [Fact]
    public void An_identity_that_is_gone_is_the_cause_whatever_roles_are_left_of_it()
    {
        Assert.Equal("identity", Judge.Obstacle(World("/"), Server with { Principal = null })?.Cause);
        Assert.Equal("identity", Judge.Obstacle(World("/"), Server with { Principal = null, IdentityId = null })?.Cause);
    }

    [Fact]
    public void A_vault_grants_by_resource_managers_data_actions_or_by_its_access_policies()
    {
        const string Vault = "kv-prem.vault.azure.net";
        const string VaultId = $"{Bench.GroupId}/providers/Microsoft.KeyVault/vaults/kv-prem";
        var server = Server with { Key = $"https://{Vault}/keys/cmk", InUse = null };
        var whole = World("/");
        var roles = whole with { Stores = whole.Stores.Add(Vault, new StoreFacts { Host = Vault, IsHsm = false, Exists = true, ResourceId = VaultId }) };
        var data = new Rights("crypto", "Crypto", [new RightSet([], [], ["Microsoft.KeyVault/vaults/keys/*"], ["Microsoft.KeyVault/vaults/keys/delete"])]);

        Assert.Equal("grant", Judge.Obstacle(roles, server)?.Cause);
        var given = roles with { Access = new AccessBook { Holdings = [new RoleHolding { Id = "a", Principal = Identity, RoleId = "crypto", Scope = VaultId }], Roles = roles.Access.Roles.SetItem(("", "crypto"), data) } };
        Assert.Null(Judge.Obstacle(given, server));

        Assert.Equal("grant", Judge.Obstacle(Policies("get", "wrapKey"), server)?.Cause);
        Assert.Null(Judge.Obstacle(Policies("Get", "WrapKey", "UnwrapKey", "list"), server));

        PreflightModel Policies(params ImmutableArray<string> permissions) => roles with { Stores = roles.Stores.SetItem(Vault, roles.Stores[Vault] with { Policies = [(Identity, permissions)] }) };
    }

    [Fact]
    public void What_could_not_be_read_predicts_nothing()
    {
        var model = World("");
        model = model with { Stores = model.Stores.SetItem(Host, model.Stores[Host] with { RolesUnread = "403" }) };

        Assert.Empty(Judge.AsThingsStand(model));
    }

    [Fact]
    public void A_grant_that_ends_before_the_rotation_breaks_at_its_end_and_says_which_rotation_it_misses()
    {
        var (end, rotation) = (Now.AddDays(30), Now.AddDays(60));
        var whole = World("/keys/cmk");
        var model = whole with
        {
            Access = whole.Access with { Holdings = [.. whole.Access.Holdings.Select(h => h with { Ends = end })] },
            Keys = whole.Keys.SetItem(Key, new KeyFacts { Id = Key, NextRotation = rotation, Newest = new KeyVersionFacts(Version, true, true, Now, null) }),
        };

        var outage = Assert.Single(Judge.AsThingsStand(model));

        Assert.Equal(((DateTimeOffset?)end, (DateTimeOffset?)rotation, "grant"), (outage.At, outage.Rotation, outage.Cause));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_version_that_ends_after_the_next_rotation_breaks_only_those_who_do_not_follow(bool follows, bool breaks)
    {
        var whole = World("/");
        var model = whole with
        {
            Dependants = [Server with { Follows = follows }],
            Keys = whole.Keys.SetItem(Key, new KeyFacts { Id = Key, NextRotation = Now.AddDays(60), Newest = new KeyVersionFacts(Version, true, true, Now, Now.AddDays(90)) }),
        };

        Assert.Equal(breaks ? new DateTimeOffset?[] { Now.AddDays(90) } : [], Judge.AsThingsStand(model).Select(o => o.At));
    }

    [Fact]
    public void A_failover_group_helps_where_the_partner_keeps_its_own_grant_and_not_where_the_key_itself_is_lost()
    {
        var partner = Server with { Id = Server.Id + "-dr", Principal = "22222222-0000-4000-8000-000000000002", IdentityId = null };
        var primary = Server with { Groups = [new FailoverLink("/fg", partner.Id, true)] };
        var whole = World("");
        var model = whole with
        {
            Dependants = [primary, partner],
            Access = whole.Access.With([new RoleHolding { Id = "dr", Store = Host, Principal = partner.Principal!, RoleId = ServiceUser, Scope = "/keys/cmk" }]),
        };

        Assert.True(Assert.Single(Judge.AsThingsStand(model)).Failover!.Helps);

        var disabled = model with { Keys = model.Keys.SetItem(Key, new KeyFacts { Id = Key, Newest = new KeyVersionFacts(Version, true, false, Now, null) }) };
        Assert.All(Judge.AsThingsStand(disabled).Where(o => o.Failover is not null), o => Assert.False(o.Failover!.Helps));
        var secondary = model with { Dependants = [primary with { Groups = [new FailoverLink("/fg", partner.Id, false)] }, partner] };
        Assert.Contains("the secondary", Assert.Single(Judge.AsThingsStand(secondary)).Failover!.Says, StringComparison.Ordinal);
    }

    private static Dependant Server { get; } = new()
    {
        Id = $"{Bench.GroupId}/providers/Microsoft.Sql/servers/sql-prod",
        Kind = DependantKind.SqlServer,
        Key = Version,
        InUse = Version,
        Follows = false,
        IdentityId = $"{Bench.GroupId}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-sql-prod",
        Principal = Identity,
    };

    private static PreflightModel World(string scope) => new()
    {
        Now = Now,
        Caller = null,
        Access = new AccessBook { Holdings = scope.Length == 0 ? [] : [new RoleHolding { Id = "a", Store = Host, Principal = Identity, RoleId = ServiceUser, Scope = scope }] },
        Stores = ImmutableSortedDictionary.Create<string, StoreFacts>(StringComparer.OrdinalIgnoreCase).Add(Host, new StoreFacts { Host = Host, IsHsm = true, Exists = true }),
        Dependants = [Server],
    };
}
