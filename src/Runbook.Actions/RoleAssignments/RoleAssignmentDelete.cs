using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Security.KeyVault.Administration;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>keyvault.role-assignment.delete</c>. Takes away the assignment that this product would have made first; then, unless
/// a name was given, looks for others that say the same, and takes those away as well.
/// </summary>
internal sealed class RoleAssignmentDelete(AzureSite site, AzureWire? wire) : RoleAssignmentAction(site, wire)
{
    private static readonly Schema OneObserved = Shape.Of(ResultText.RoleAssignment);

    private static readonly Schema ListObserved = Shape.Of("""
        value:
          type: array
          items: {type: object, additionalProperties: false, properties: {name: {type: string}, properties: {type: object, additionalProperties: false, properties: {roleDefinitionId: {type: string}, principalId: {type: string}, scope: {type: string}}}}}
        """);

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.role-assignment.delete",
        Summary = "Takes a local role on a managed HSM away from somebody, under whatever names it was given; what is gone counts as taken away, with status 204.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            role: {type: string, description: "Name of the role, built-in or custom, or its GUID"}
            principal: {type: string, format: uuid, description: "Object id of the user, group or service"}
            scope: {type: string, pattern: '^/(keys(/[0-9A-Za-z-]{1,127})?)?$', description: "Exactly this scope: /, /keys or /keys/NAME"}
            name?: {type: string, format: uuid, description: "Only the assignment of this name"}
            keep?: {type: boolean, description: "The assignment stood before and stays: set where a loan is undone that found it in place"}
            """),
        Result = Shape.Of(ResultText.RoleAssignment),
        Permissions =
        [
            new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/roleAssignments/delete/action", "{scope}", "Managed HSM Policy Administrator"),
            new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/roleAssignments/read/action", "{scope}", "Managed HSM Policy Administrator"),
        ],
        AzCommand = "az keyvault role assignment delete --hsm-name {hsm:name} --role {role} --assignee-object-id {principal} --scope {scope}",
        Settle = new SettlingProbe("Reads the assignment by its name: it took effect when there is none.", TimeSpan.FromMinutes(1)),
        Needs = [Reliances.HsmNetwork("hsm"), Reliances.OperatorsRole],
        Breaks = [Reliances.RoleOf("principal")],
        Inverse = new ActionInverse("keyvault.role-assignment.create", null, "Gives the role again."),
        Errors = Refusals.ManagedHsm,
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        var first = Call(arguments, [])!;
        if (arguments.Has("name") || arguments.IsTrue("keep")) return [first];
        return NeedsRoles(Grant.AllOf(arguments)) ? [first, DeleteOwn(arguments, 1), Look(arguments, 2)] : [first, Look(arguments, 1)];
    }

    /// <inheritdoc/>
    public override async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        if (call.Method != PlannedCall.Local) return await base.SendAsync(permit, call, context, cancellationToken).ConfigureAwait(false);
        Permits.Use(permit, call);
        return Answers.Local(new JsonObject());
    }

    /// <inheritdoc/>
    public override async Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        if (call.Method == PlannedCall.Local) return new SettleVerdict.TookEffect(Answers.Local(new JsonObject()));
        var named = await LookAsync(call.Url, context, cancellationToken).ConfigureAwait(false);
        if (named.Status == 404) return new SettleVerdict.TookEffect(Answers.Absent(named));
        return named.IsSuccess ? new SettleVerdict.DidNot(Answers.Of(named)) : CannotTell(named);
    }

    /// <inheritdoc/>
    public override JsonElement InvertArguments(JsonElement with, JsonElement? reading)
    {
        var arguments = new Arguments(with);
        var undo = Grant.AllOf(arguments)[0].ToArguments();
        undo["hsm"] = arguments.Text("hsm");
        return Arguments.ToElement(undo);
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        if (with.IsTrue("keep")) return answers.IsEmpty ? Keep(with) : null;
        if (with.Has("name")) return answers.IsEmpty ? DeleteOwn(with, 0) : null;

        var grant = Grant.AllOf(with)[0];
        var looked = NeedsRoles([grant]) ? 1 : 0;
        if (answers.Length < looked) return LookUpRoles(0, with.Text("hsm"));
        if (answers.Length == looked) return DeleteOwn(with, looked);
        if (answers.Length == looked + 1) return Look(with, looked + 1);

        var role = RoleIdOf(grant, looked == 1 ? answers[0] : null);
        var others = role is null ? [] : OthersIn(answers[looked + 1], grant, role);
        var next = answers.Length - looked - 2;
        return next < others.Length ? Delete(with, answers.Length, others[next]) : null;
    }

    /// <inheritdoc/>
    protected override JsonElement Result(Arguments with, ImmutableArray<CallAnswer> answers) =>
        answers.LastOrDefault(a => a.Observed.TryGetProperty("id", out _)) is { } taken ? taken.Observed : Answers.Nothing;

    /// <inheritdoc/>
    protected override async Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var (_, scopePath, name) = exchange.Call.Method == "DELETE" ? PartsOf(exchange.Call) : default;
        if (name is not null) await Wire.Roles(exchange).DeleteRoleAssignmentAsync(new KeyVaultRoleScope(scopePath.Length == 0 ? "/" : scopePath), name, cancellationToken).ConfigureAwait(false);
        else await base.AskAsync(exchange, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context) => exchange.Call.Method switch
    {
        "GET" => Answers.List(exchange, answer),
        "DELETE" when answer.Status == 404 => Answers.Absent(answer, exchange.Tries),
        _ => base.Read(exchange, answer, context),
    };

    private PlannedCall DeleteOwn(Arguments with, int index) =>
        Delete(with, index, with.TextOrNull("name") ?? Grant.AllOf(with)[0].NameOn(Site.HsmHost(with.Text("hsm"))));

    private PlannedCall Delete(Arguments with, int index, string name)
    {
        var grant = Grant.AllOf(with)[0];
        var hsm = with.Text("hsm");
        return Make(index, EffectClass.Idempotent, "DELETE", AddressOf(hsm, grant, name), $"Take {grant.InWords} on '{hsm}' away.", observes: OneObserved);
    }

    private PlannedCall Look(Arguments with, int index)
    {
        var grant = Grant.AllOf(with)[0];
        var hsm = with.Text("hsm");
        return Make(index, EffectClass.Read, "GET", Site.Hsm(hsm, $"{grant.ScopePath}{Assignments}", $"$filter=principalId%20eq%20'{grant.Principal}'&"), $"Look for other assignments of {grant.InWords} on '{hsm}'.", observes: ListObserved);
    }

    private static PlannedCall Keep(Arguments with) => new()
    {
        Index = 0,
        // As an undoing is: what undoes a loan has to be a call that is made, and seen to be done.
        Effect = EffectClass.Idempotent,
        Description = $"Leave {Grant.AllOf(with)[0].InWords} on '{with.Text("hsm")}': it stood before.",
        Target = with.Text("hsm"),
        Method = PlannedCall.Local,
        Url = "keyvault.role-assignment.keep",
        Body = with.All,
    };

    private static ImmutableArray<string> OthersIn(CallAnswer list, Grant grant, string role) =>
        !list.Observed.TryGetProperty("value", out var items) ? [] : [.. items.EnumerateArray().Where(a => grant.IsSaidBy(a, role)).Select(a => a.GetProperty("name").GetString()!)];
}
