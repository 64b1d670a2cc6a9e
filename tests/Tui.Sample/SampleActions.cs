using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Tui.Sample;

/// <summary>What can be done in a <see cref="SampleWorld"/>.</summary>
internal static class SampleActions
{
    private const string Hsm = "https://management.azure.com/subscriptions/6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70/resourceGroups/rg-keys/providers/Microsoft.KeyVault/managedHSMs/";

    public static IEnumerable<IAction> Of(SampleWorld world) =>
    [
        new SampleAction(world, "sample.name.check", EffectClass.Read, "Asks whether a name is free")
        {
            Url = with => $"https://management.azure.com/providers/Microsoft.KeyVault/checkMhsmNameAvailability?api-version=2024-11-01",
            Act = with => SampleWorld.Ok($$"""{"nameAvailable":{{(world.Hsms.ContainsKey(SampleWorld.Text(with, "name")) ? "false" : "true")}}}"""),
        },
        new SampleAction(world, "sample.hsm.create", EffectClass.Once, "Creates the HSM")
        {
            Url = with => Hsm + SampleWorld.Text(with, "name") + "?api-version=2024-11-01",
            Az = "az keyvault create --hsm-name {name} --resource-group rg-keys --location {location}",
            Inverse = "sample.hsm.delete",
            With = "name: {type: string}\nlocation?: {type: string}",
            Usually = TimeSpan.FromMinutes(22),
            IsSlow = true,
            Act = with =>
            {
                world.Effects.Add("create " + SampleWorld.Text(with, "name"));
                world.Hsms[SampleWorld.Text(with, "name")] = world.Polls;
                return SampleWorld.Ok("{}", 202);
            },
            TookEffect = with => world.Hsms.ContainsKey(SampleWorld.Text(with, "name")),
        },
        new SampleAction(world, "sample.hsm.get", EffectClass.Read, "Reads the HSM")
        {
            Url = with => Hsm + SampleWorld.Text(with, "name") + "?api-version=2024-11-01",
            Act = with => world.Hsms.ContainsKey(SampleWorld.Text(with, "name"))
                ? SampleWorld.Ok($$"""{"name":"{{SampleWorld.Text(with, "name")}}","state":"Ready"}""")
                : SampleWorld.Refused(404, "ResourceNotFound", "There is no such HSM."),
        },
        new SampleAction(world, "sample.hsm.delete", EffectClass.Destructive, "Deletes the HSM")
        {
            Method = "DELETE",
            Url = with => Hsm + SampleWorld.Text(with, "name") + "?api-version=2024-11-01",
            Az = "az keyvault delete --hsm-name {name}",
            Act = with =>
            {
                world.Effects.Add("delete " + SampleWorld.Text(with, "name"));
                world.Hsms.Remove(SampleWorld.Text(with, "name"));
                return SampleWorld.Ok("{}");
            },
            TookEffect = with => !world.Hsms.ContainsKey(SampleWorld.Text(with, "name")),
        },
        new SampleAction(world, "sample.grant.create", EffectClass.Idempotent, "Grants a local role")
        {
            Url = with => $"https://{SampleWorld.Text(with, "hsm")}.managedhsm.azure.net/keys/providers/Microsoft.Authorization/roleAssignments/{SampleWorld.Text(with, "role")}?api-version=7.6",
            With = "hsm: {type: string}\nrole: {type: string}",
            Az = "az keyvault role assignment create --hsm-name {hsm} --role {role} --scope /keys",
            Inverse = "sample.grant.delete",
            Act = with => world.Do("grant " + SampleWorld.Text(with, "role"), () => world.Grants.Add(SampleWorld.Text(with, "role"))),
            TookEffect = with => world.Grants.Contains(SampleWorld.Text(with, "role")),
        },
        new SampleAction(world, "sample.grant.delete", EffectClass.Idempotent, "Takes a local role away")
        {
            Method = "DELETE",
            Url = with => $"https://{SampleWorld.Text(with, "hsm")}.managedhsm.azure.net/keys/providers/Microsoft.Authorization/roleAssignments/{SampleWorld.Text(with, "role")}?api-version=7.6",
            With = "hsm: {type: string}\nrole: {type: string}",
            Az = "az keyvault role assignment delete --hsm-name {hsm} --role {role} --scope /keys",
            Inverse = "sample.grant.create",
            Act = with => world.Do("revoke " + SampleWorld.Text(with, "role"), () => world.Grants.Remove(SampleWorld.Text(with, "role"))),
            TookEffect = with => !world.Grants.Contains(SampleWorld.Text(with, "role")),
        },
        new SampleAction(world, "sample.key.create", EffectClass.Once, "Creates a key")
        {
            Method = "POST",
            Url = with => $"https://{SampleWorld.Text(with, "hsm")}.managedhsm.azure.net/keys/{SampleWorld.Text(with, "name")}/create?api-version=7.6",
            With = "hsm: {type: string}\nname: {type: string}",
            Az = "az keyvault key create --hsm-name {hsm} --name {name} --kty RSA-HSM",
            Errors = [new ActionError("Forbidden", "The HSM refused: the local role is missing.", "Nothing was created.", "Grant Crypto User on /keys and go on.")],
            Act = with => world.Do("key " + SampleWorld.Text(with, "name"), () => world.Keys.Add(SampleWorld.Text(with, "name"))),
            TookEffect = with => world.Keys.Contains(SampleWorld.Text(with, "name")),
        },
    ];

    private static CallAnswer Do(this SampleWorld world, string effect, Action change)
    {
        world.Effects.Add(effect);
        change();
        return SampleWorld.Ok("{}");
    }
}
