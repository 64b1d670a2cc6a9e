using System.Collections.Immutable;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Language.Tests;

/// <summary>A small catalogue with an action of each kind, so that the language's tests depend on no Azure.</summary>
internal static class TestCatalogue
{
    private static readonly SettlingProbe Probe = new("Reads the thing.", TimeSpan.FromMinutes(5));

    private static readonly ImmutableArray<ActionReliance> Network = [new ActionReliance("the network", "name")];

    public static ActionCatalogue Instance { get; } = new(
    [
        Action("test.thing.get", EffectClass.Read),
        Action("test.thing.paint", EffectClass.Idempotent) with { Settle = Probe },
        Action("test.thing.knock", EffectClass.Idempotent) with { Settle = Probe with { Tells = false } },
        Action("test.thing.break", EffectClass.Idempotent) with { Settle = Probe, Inverse = new ActionInverse("test.thing.mend", null, "Mends it.") },
        Action("test.thing.mend", EffectClass.Idempotent) with { Settle = Probe, Inverse = new ActionInverse("test.thing.break", null, "Breaks it.") },
        Action("test.thing.crush", EffectClass.Idempotent) with { Settle = Probe, Inverse = new ActionInverse("test.thing.make", null, "Makes it anew.") },
        Action("test.thing.hush", EffectClass.Idempotent) with { Settle = Probe, Inverse = new ActionInverse("test.thing.knock", null, "Knocks.") },
        Action("test.network.close", EffectClass.Idempotent) with { Settle = Probe, Breaks = Network, Inverse = new ActionInverse("test.network.open", null, "Opens it.") },
        Action("test.network.open", EffectClass.Idempotent) with { Settle = Probe },
        Action("test.network.cut", EffectClass.Idempotent) with { Settle = Probe, Breaks = Network, Inverse = new ActionInverse("test.far.mend", null, "Mends it.") },
        Action("test.far.break", EffectClass.Idempotent) with { Settle = Probe, Inverse = new ActionInverse("test.far.mend", null, "Mends it.") },
        Action("test.far.mend", EffectClass.Idempotent) with { Settle = Probe, Needs = Network },
        Action("test.thing.make", EffectClass.Once) with { Settle = Probe },
        Action("test.thing.launch", EffectClass.Once),
        Action("test.thing.remove", EffectClass.Destructive) with { Settle = Probe },
        Action("test.secret.use", EffectClass.Read) with { With = Shape.Of("name: {type: string}\npin: {type: string, writeOnly: true}") },
        Action("test.grant.create", EffectClass.Idempotent) with
        {
            With = Shape.Of("hsm: {type: string}\nrole: {type: string}\nprincipal: {type: string}\ngrants: {type: array, items: {type: object, additionalProperties: false, required: [role, principal], properties: {role: {type: string}, principal: {type: string}}}}"),
            OneOf = [["role", "principal"], ["grants"]],
            ListMember = "grants",
            Settle = Probe,
            Result = Shape.Of("id: {type: string}"),
        },
        Action("embedded.region.down", EffectClass.Idempotent) with { With = Shape.Of("region: {type: string}"), EmbeddedOnly = true, Settle = Probe },
        Action("local.thing.inspect", EffectClass.Read) with { Local = true },
    ]);

    private static ActionDescriptor Action(string name, EffectClass effect) => new()
    {
        Name = name,
        Summary = "Something done in a test.",
        Effect = effect,
        With = Shape.Of("name: {type: string}"),
        Result = Shape.Of("name: {type: string}\nnameAvailable: {type: boolean}\nproperties: {type: object, additionalProperties: false, properties: {colour: {type: string}, size: {type: integer}, state: {type: string}}}"),
    };
}
