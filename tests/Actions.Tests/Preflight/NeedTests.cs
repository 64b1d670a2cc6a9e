using System.Collections.Immutable;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine;

namespace Runbook.Actions.Tests.Preflight;

/// <summary>Who holds a permission, by assignments of every kind on both planes: a table.</summary>
public sealed class NeedTests
{
    private const string Me = "11111111-0000-4000-8000-000000000001";
    private const string MyGroup = "11111111-0000-4000-8000-000000000002";
    private const string Outer = "11111111-0000-4000-8000-000000000003";
    private const string Maker = "11111111-0000-4000-8000-000000000004";
    private const string Host = "kv-hsm-prod.managedhsm.azure.net";
    private const string CryptoUser = "21dbd100-6940-42c2-9190-5d6cb909625b";
    private const string Administrator = "a290e904-7015-4bba-90c8-60543313cdb4";
    private const string ServerId = $"{Bench.GroupId}/providers/Microsoft.Sql/servers/sql-prod";
    private const string Disable = "keyvault.key.disable\nwith: {hsm: kv-hsm-prod, name: cmk}";
    private const string SetIdentity = "sql.server-identity.set\nwith: {server: sql-prod, identity: /subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i}";

    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly AzureSite Site = new(AzureCloud.Public, "t", Bench.Subscription, Bench.Group);

    [Theory]
    [InlineData("/", NeedState.Held)]
    [InlineData("/keys", NeedState.Held)]
    [InlineData("/keys/cmk", NeedState.Held)]
    [InlineData("/keys/CMK", NeedState.Held)]
    [InlineData("/keys/cmk-2", NeedState.Missing)]
    [InlineData("/keys/cm", NeedState.Missing)]
    public void A_local_role_reaches_its_scope_and_what_lies_below(string scope, NeedState state) =>
        Assert.Equal(state, Only(Disable, Local(Me, CryptoUser, scope)).State);

    [Theory]
    [InlineData("/", NeedState.Held)]
    [InlineData($"/subscriptions/{Bench.Subscription}", NeedState.Held)]
    [InlineData(Bench.GroupId, NeedState.Held)]
    [InlineData(ServerId, NeedState.Held)]
    [InlineData(Bench.GroupId + "/providers/Microsoft.Sql/servers/sql", NeedState.Missing)]
    [InlineData(Bench.GroupId + "-2", NeedState.Missing)]
    [InlineData("/subscriptions/other", NeedState.Missing)]
    public void A_role_on_the_subscription_reaches_its_scope_and_what_lies_below(string scope, NeedState state) =>
        Assert.Equal(state, Only(SetIdentity, Arm(Me, "all", scope)).State);

    [Theory]
    [InlineData("*", "", NeedState.Held)]
    [InlineData("Microsoft.Sql/*", "", NeedState.Held)]
    [InlineData("Microsoft.Sql/servers/*", "", NeedState.Held)]
    [InlineData("*/write", "", NeedState.Held)]
    [InlineData("microsoft.sql/SERVERS/write", "", NeedState.Held)]
    [InlineData("Microsoft.*/servers/w*e", "", NeedState.Held)]
    [InlineData("Microsoft.Sql/servers/write", "", NeedState.Held)]
    [InlineData("*/read", "", NeedState.Missing)]
    [InlineData("Microsoft.Sql/servers/databases/*", "", NeedState.Missing)]
    [InlineData("*", "Microsoft.Sql/*/write", NeedState.Missing)]
    [InlineData("*", "Microsoft.Sql/*/read", NeedState.Held)]
    [InlineData("*", "Microsoft.Sql/servers/write", NeedState.Missing)]
    [InlineData("*", "*/write", NeedState.Missing)]
    [InlineData("Microsoft.Sql/servers/writes", "", NeedState.Missing)]
    public void A_role_permits_what_its_patterns_grant_and_its_exceptions_leave(string granted, string withheld, NeedState state)
    {
        var role = new Rights("custom", "Custom", [new RightSet([granted], withheld.Length == 0 ? [] : [withheld], [], [])]);
        var model = World([Arm(Me, "custom", "/")]);

        Assert.Equal(state, Only(model with { Access = model.Access with { Roles = model.Access.Roles.SetItem(("", "custom"), role) } }, SetIdentity).State);
    }

    [Fact]
    public void What_one_set_of_a_role_withholds_another_set_or_another_role_may_grant()
    {
        var withheld = new RightSet([], [], ["Microsoft.KeyVault/managedHsm/keys/write/action"], ["Microsoft.KeyVault/managedHsm/keys/write/action"]);
        var granted = new RightSet([], [], ["Microsoft.KeyVault/managedHsm/keys/write/action"], []);

        Assert.Equal(NeedState.Missing, Only(Custom(withheld), Disable).State);
        Assert.Equal(NeedState.Held, Only(Custom(withheld, granted), Disable).State);
        Assert.Equal(NeedState.Missing, Only(Custom(new RightSet(["*"], [], [], [])), Disable).State);

        static PreflightModel Custom(params ImmutableArray<RightSet> sets)
        {
            var model = World([Local(Me, "custom", "/")]);
            return model with { Access = model.Access with { Roles = model.Access.Roles.SetItem((Host, "custom"), new Rights("custom", "Custom", sets)) } };
        }
    }

    [Fact]
    public void Owner_of_the_subscription_is_nobody_inside_the_hsm_and_the_other_way_round()
    {
        Assert.Equal(NeedState.Missing, Only(Disable, Arm(Me, "all", "/")).State);
        Assert.Equal(NeedState.Missing, Only(SetIdentity, Local(Me, Administrator, "/")).State);
    }

    [Fact]
    public void Groups_count_from_the_token_and_from_the_directory_also_one_inside_the_other()
    {
        Assert.Equal(NeedState.Missing, Only(Disable, Local(MyGroup, CryptoUser, "/")).State);
        Assert.Equal(NeedState.Held, Only(World([Local(MyGroup, CryptoUser, "/")]) with { Caller = new PreflightCaller(Me, "me", [MyGroup]) }, Disable).State);

        var known = ImmutableSortedDictionary.CreateRange(StringComparer.OrdinalIgnoreCase,
        [
            KeyValuePair.Create(MyGroup, new DirectoryEntry(MyGroup, "inner", "group", false, [Me])),
            KeyValuePair.Create(Outer, new DirectoryEntry(Outer, "outer", "group", false, [MyGroup])),
        ]);
        Assert.Equal(NeedState.Held, Only(World([Local(Outer, CryptoUser, "/")]) with { Principals = new PrincipalBook { Known = known } }, Disable).State);
    }

    [Fact]
    public void A_grant_on_another_key_is_named_as_what_it_is_with_the_grant_that_repairs_it()
    {
        var need = Only(Disable, Local(Me, CryptoUser, "/keys/cmk-old"));

        Assert.Contains("/keys/cmk-old only", need.Why, StringComparison.Ordinal);
        var repair = Assert.Single(need.Repairs);
        Assert.Equal($"az keyvault role assignment create --hsm-name kv-hsm-prod --role 'Managed HSM Crypto User' --assignee-object-id {Me} --scope /keys/cmk", repair.Az);
        Assert.Equal("/keys/cmk", repair.With!.Value.GetProperty("scope").GetString());
    }

    [Fact]
    public void An_assignment_of_a_role_that_is_deleted_grants_nothing_and_is_named()
    {
        var need = Only(Disable, Local(Me, "99999999-0000-4000-8000-000000000001", "/"));

        Assert.Equal(NeedState.Missing, need.State);
        Assert.Contains("a role that is deleted", need.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_held_only_until_tomorrow_or_by_the_word_of_somebody_who_has_left_is_at_risk()
    {
        var ending = Arm(Me, "all", "/") with { Ends = Now.AddHours(20) };
        var left = Arm(Me, "all", "/") with { Id = "second", CreatedBy = Maker };
        var gone = new PrincipalBook { Gone = [Maker] };
        var disabled = new PrincipalBook { Known = ImmutableSortedDictionary.CreateRange(StringComparer.OrdinalIgnoreCase, [KeyValuePair.Create(Maker, new DirectoryEntry(Maker, "Zoe", "user", true, []))]) };

        Assert.Equal(NeedState.AtRisk, Only(SetIdentity, ending).State);
        Assert.Equal(NeedState.Held, Only(SetIdentity, left).State);
        Assert.Contains("has left", Only(World([left]) with { Principals = gone }, SetIdentity).Why, StringComparison.Ordinal);
        Assert.Contains("Zoe", Only(World([left]) with { Principals = disabled }, SetIdentity).Why, StringComparison.Ordinal);
        Assert.Equal(NeedState.Held, Only(World([left, ending with { Ends = Now.AddYears(1) }]) with { Principals = gone }, SetIdentity).State);
        Assert.Equal(NeedState.Missing, Only(SetIdentity, ending with { Ends = Now }).State);
    }

    [Fact]
    public void A_step_that_gives_the_role_is_named_and_one_that_comes_later_is_not_enough()
    {
        const string Give = "keyvault.role-assignment.create\nwith: {hsm: kv-hsm-prod, role: Managed HSM Crypto User, principal: \"${operator.objectId}\", scope: /keys}";

        Assert.Equal(NeedState.GivenByStep, Judge(World([Local(Me, Administrator, "/")]), Give, Disable).Needs.Single(n => n.Operation.EndsWith("keys/write/action", StringComparison.Ordinal)).State);
        Assert.Equal(NeedState.Missing, Judge(World([Local(Me, Administrator, "/")]), Disable, Give).Needs.Single(n => n.Operation.EndsWith("keys/write/action", StringComparison.Ordinal)).State);
    }

    [Fact]
    public void The_first_administrator_of_a_new_hsm_may_give_roles_and_can_not_make_a_key()
    {
        var model = World([Arm(Me, "all", "/")], exists: false);

        var report = Judge(
            model,
            "keyvault.managed-hsm.create\nwith: {name: kv-hsm-prod, location: eastus2, administrators: [\"${operator.objectId}\"], retentionDays: 90, purgeProtection: true}",
            "keyvault.role-assignment.list\nwith: {hsm: kv-hsm-prod, scope: /}",
            "keyvault.key.create\nwith: {hsm: kv-hsm-prod, name: cmk, type: RSA-HSM, size: 3072, operations: [wrapKey]}");

        Assert.Equal(NeedState.GivenByStep, report.Needs.Single(n => n.Operation.EndsWith("roleAssignments/read/action", StringComparison.Ordinal)).State);
        Assert.Equal(NeedState.Missing, report.Needs.Single(n => n.Operation.EndsWith("keys/create", StringComparison.Ordinal)).State);
    }

    [Fact]
    public void A_step_that_expects_to_be_refused_needs_nothing() =>
        Assert.Empty(Judge(World([]), "keyvault.key.list\nwith: {hsm: kv-hsm-prod}\nexpect: \"status == `403`\"").Needs);

    [Fact]
    public void What_could_not_be_read_is_unjudged_and_not_missing()
    {
        var model = World([]);
        var unread = model with { Stores = model.Stores.SetItem(Host, model.Stores[Host] with { RolesUnread = "the roles could not be read (403 AccessDenied)" }) };

        Assert.Equal(NeedState.Unjudged, Only(unread, Disable).State);
        Assert.Equal(NeedState.Unjudged, Only(model with { ArmUnread = "403" }, SetIdentity).State);
        Assert.Equal(NeedState.Unjudged, Only(model with { Caller = null }, Disable).State);
        Assert.Equal(NeedState.Unjudged, Judge(model, "keyvault.key.disable\nwith: {hsm: \"${session.id}\", name: cmk}").Needs.Single().State);
    }

    [Fact]
    public void Where_assignments_can_not_be_read_resource_managers_own_word_counts()
    {
        var model = World([]) with { ArmUnread = "403" };

        Assert.Equal(NeedState.Held, Only(model with { ArmRights = model.ArmRights.Add(ServerId, [new RightSet(["*"], [], [], [])]) }, SetIdentity).State);
        Assert.Equal(NeedState.Missing, Only(model with { ArmRights = model.ArmRights.Add(ServerId, [new RightSet(["*/read"], [], [], [])]) }, SetIdentity).State);
    }

    [Fact]
    public void The_same_world_and_plan_give_the_same_bytes() =>
        Assert.Equal(Judge(World([Local(Me, CryptoUser, "/keys")]), Disable, SetIdentity).ToJson(), Judge(World([Local(Me, CryptoUser, "/keys")]), Disable, SetIdentity).ToJson());

    private static PreflightNeed Only(string block, params RoleHolding[] holdings) => Only(World(holdings), block);

    private static PreflightNeed Only(PreflightModel model, string block) => Assert.Single(Judge(model, block).Needs);

    private static PreflightReport Judge(PreflightModel model, params string[] blocks) =>
        new PreflightJudge(Bench.Rendering, Site).Judge(model, PlanWords.Fill(Plans.Of(Bench.Rendering, blocks), Bench.Rendering, Site, model.Caller, ImmutableSortedDictionary<string, string>.Empty));

    private static PreflightModel World(RoleHolding[] holdings, bool exists = true) => new()
    {
        Now = Now,
        Caller = new PreflightCaller(Me, "me", []),
        Access = new AccessBook { Holdings = [.. holdings], Roles = ImmutableDictionary<(string Store, string Id), Rights>.Empty.Add(("", "all"), new Rights("all", "Everything", [new RightSet(["*"], [], [], [])])) },
        Stores = ImmutableSortedDictionary.Create<string, StoreFacts>(StringComparer.OrdinalIgnoreCase).Add(Host, new StoreFacts { Host = Host, IsHsm = true, Exists = exists }),
    };

    private static RoleHolding Local(string principal, string role, string scope) => new() { Id = $"{role} {scope}", Store = Host, Principal = principal, RoleId = role, Scope = scope };

    private static RoleHolding Arm(string principal, string role, string scope) => new() { Id = $"{role} {scope}", Principal = principal, RoleId = role, Scope = scope };
}
