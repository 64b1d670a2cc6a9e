using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Language.Tests;

/// <summary>
/// What the drills in <c>drills/</c> call, as far as the checker needs to know it. The product's catalogue will have these
/// actions under the same names; here stands what a drill of the language may expect of them.
/// </summary>
internal static class DrillCatalogue
{
    private static readonly SettlingProbe Settle = new("Reads what was changed.", TimeSpan.FromMinutes(5));
    private static readonly ActionReliance Network = new("the HSM's network", "hsm");
    private static readonly ActionReliance OwnRole = new("a local role on the HSM", Text: "${operator.objectId}");

    private static readonly string Key = "key: {type: object, additionalProperties: false, properties: {kid: {type: string}}}";

    public static ActionCatalogue Instance { get; } = new(
    [
        Read("storage.account.get", "name: {type: string}", "id: {type: string}\nproperties: {type: object}"),
        Read("storage.blob.read", "account: {type: string}\ncontainer: {type: string}\nblob: {type: string}", ""),
        Read("sql.protector.get", "server: {type: string}", "properties: {type: object, additionalProperties: false, properties: {serverKeyType: {type: string}, uri: {type: string}, autoRotationEnabled: {type: boolean}}}"),
        Read("sql.server.get", "name: {type: string}", "id: {type: string}\nproperties: {type: object, additionalProperties: false, properties: {primaryUserAssignedIdentityId: {type: string}}}"),
        Read("sql.database.get", "server: {type: string}\nname: {type: string}", "properties: {type: object, additionalProperties: false, properties: {status: {type: string}}}"),
        Read("identity.user-assigned.get", "id: {type: string}", Identity),
        Read("keyvault.role-assignment.list", "hsm: {type: string}\nprincipal: {type: string}\nscope: {type: string}", "value: {type: array, items: {type: object, additionalProperties: false, properties: {properties: {type: object, additionalProperties: false, properties: {scope: {type: string}}}}}}") with { Needs = [Network, OwnRole] },
        Read("keyvault.rotation-policy.get", "hsm: {type: string}\nname: {type: string}", "lifetimeActions: {type: array, items: {type: object}}") with { Needs = [Network, OwnRole] },
        Read("monitor.alert.list", "newerThan: {type: string}", "value: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}}}}"),
        Read("preflight.outage.predict", "key: {type: string}\nchange: {type: string}\nsuccessor?: {type: string}", "inaccessible: {type: array, items: {type: string}}"),
        Write("keyvault.key.create", EffectClass.Once, "hsm: {type: string}\nname: {type: string}\ntype: {type: string}\nsize: {type: integer}\noperations: {type: array, items: {type: string}}", Key) with { Needs = [Network, OwnRole] },
        Write("keyvault.key.rotate", EffectClass.Once, "hsm: {type: string}\nname: {type: string}", Key) with { Needs = [Network, OwnRole] },
        Write("keyvault.key.disable", EffectClass.Idempotent, "id: {type: string}", Key) with { Needs = [IdNetwork, OwnRole], Inverse = new ActionInverse("keyvault.key.enable", null, "Enables the version.") },
        Write("keyvault.key.enable", EffectClass.Idempotent, "id: {type: string}", Key) with { Needs = [IdNetwork, OwnRole], Inverse = new ActionInverse("keyvault.key.disable", null, "Disables the version.") },
        Write("keyvault.role-assignment.create", EffectClass.Idempotent, Assignment, "") with { Needs = [Network, OwnRole], Inverse = new ActionInverse("keyvault.role-assignment.delete", null, "Takes the role away.") },
        Write("keyvault.role-assignment.delete", EffectClass.Idempotent, Assignment, "") with { Needs = [Network, OwnRole], Breaks = [new ActionReliance(OwnRole.Thing, "principal")], Inverse = new ActionInverse("keyvault.role-assignment.create", null, "Gives the role again.") },
        Write("keyvault.network-rules.set", EffectClass.Idempotent, "hsm: {type: string}\ndefaultAction: {type: string}\nbypass: {type: string}", "") with { Breaks = [Network], Inverse = new ActionInverse("keyvault.network-rules.set", "keyvault.network-rules.get", "Sets the rules that were read before; goes through Resource Manager.") },
        Write("identity.user-assigned.create", EffectClass.Idempotent, "id: {type: string}\nlocation: {type: string}", Identity),
        Write("identity.user-assigned.delete", EffectClass.Destructive, "id: {type: string}", ""),
        Write("sql.server-identity.set", EffectClass.Idempotent, "server: {type: string}\nidentity: {type: string}", ""),
        Write("sql.protector.set", EffectClass.Idempotent, "server: {type: string}\nkid: {type: string}", ""),
        Write("sql.protector.revalidate", EffectClass.Idempotent, "server: {type: string}", ""),
    ]);

    // A key's id names its HSM: the checker can't tell which, and takes it for any.
    private static ActionReliance IdNetwork => Network with { Member = "id" };

    private static string Identity => "location: {type: string}\nproperties: {type: object, additionalProperties: false, properties: {principalId: {type: string}}}";

    private static string Assignment => "hsm: {type: string}\nrole: {type: string}\nprincipal: {type: string}\nscope: {type: string}";

    private static ActionDescriptor Read(string name, string with, string result) => new()
    {
        Name = name,
        Summary = "A reading of a drill.",
        Effect = EffectClass.Read,
        With = Shape.Of(with),
        Result = Shape.Of(result),
    };

    private static ActionDescriptor Write(string name, EffectClass effect, string with, string result) =>
        Read(name, with, result) with { Effect = effect, Settle = Settle };
}
