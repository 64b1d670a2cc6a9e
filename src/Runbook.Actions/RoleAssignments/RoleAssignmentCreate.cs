using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Security.KeyVault.Administration;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.role-assignment.create</c>.</summary>
internal sealed class RoleAssignmentCreate(AzureSite site, AzureWire? wire) : RoleAssignmentAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.role-assignment.create",
        Summary = "Gives somebody a local role on a managed HSM; one that is held already counts as given.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            {{GrantArguments}}
            """),
        OneOf = [["role", "principal", "scope"], ["grants"]],
        ListMember = "grants",
        Result = Shape.Of(ResultText.RoleAssignment),
        Permissions = [new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/roleAssignments/write/action", "{scope}", "Managed HSM Policy Administrator")],
        AzCommand = "az keyvault role assignment create --hsm-name {hsm:name} --role {role} --assignee-object-id {principal} --scope {scope}",
        Settle = new SettlingProbe("Reads the assignment by its name, and by principal: it took effect when role, principal and scope are those of the call.", TimeSpan.FromMinutes(1)),
        Needs = [Reliances.HsmNetwork("hsm"), Reliances.OperatorsRole],
        Inverse = new ActionInverse("keyvault.role-assignment.delete", "keyvault.role-assignment.list", "Takes away what this gave; a role that was held before stays."),
        Errors = Refusals.ManagedHsm.AddRange(
            new("RoleDefinitionDoesNotExist", "There is no such role on this HSM.", "Nothing changed.", "List the roles: az keyvault role definition list --hsm-name {hsm}."),
            new("RoleUnknown", "No role of that name is built in or defined on this HSM.", "Nothing was sent.", "Check the spelling, or give the role's GUID."),
            new("RoleAssignmentUpdateNotPermitted", "The assignment's name stands for something else.", "Nothing changed.", "Look at the assignment with keyvault.role-assignment.list.")),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        var grants = Grant.AllOf(arguments);
        var first = NeedsRoles(grants) ? 1 : 0;
        var calls = grants.Select((grant, i) => Write(first + i, arguments.Text("hsm"), grant, grant.RoleId ?? (grant.IsKnown ? "${roleDefinitionId}" : null)));
        return first == 0 ? [.. calls] : [LookUpRoles(0, arguments.Text("hsm")), .. calls];
    }

    /// <inheritdoc/>
    public override async Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var (host, scopePath, _) = PartsOf(call);
        var named = await LookAsync(call.Url, context, cancellationToken).ConfigureAwait(false);
        if (named.IsSuccess)
        {
            return IsSaid(call, named.Json!.Value)
                ? new SettleVerdict.TookEffect(Answers.Of(named))
                : new SettleVerdict.CannotTell("There is an assignment of that name, and it says something else.");
        }

        if (named.Status != 404) return CannotTell(named);
        var list = await LookForAsync(host, scopePath, PrincipalOf(call), context, cancellationToken).ConfigureAwait(false);
        if (!list.IsSuccess) return CannotTell(list);
        foreach (var assignment in ItemsOf(list))
        {
            if (IsSaid(call, assignment)) return new SettleVerdict.TookEffect(Answers.With(list, Arguments.ToNode(assignment)!));
        }

        return new SettleVerdict.DidNot(Answers.Of(named));
    }

    /// <inheritdoc/>
    public override JsonElement InvertArguments(JsonElement with, JsonElement? reading)
    {
        var arguments = new Arguments(with);
        // A lease is undone by one call: of several grants it would take back the first only.
        if (arguments.Has("grants")) throw new InvalidOperationException("Grants are lent one by one: write a lease for each.");
        var grant = Grant.AllOf(arguments)[0];
        var name = grant.NameOn(Site.HsmHost(arguments.Text("hsm")));
        var undo = grant.ToArguments();
        undo["hsm"] = arguments.Text("hsm");
        undo["name"] = name;
        IEnumerable<JsonElement> before = reading is { ValueKind: JsonValueKind.Object } told && told.TryGetProperty("value", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
        // It was held before, under the very name that it would get: then it is not ours to take away.
        if (before.Any(a => a.TryGetProperty("name", out var n) && n.ValueEquals(name))) undo["keep"] = true;
        return Arguments.ToElement(undo);
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var grants = Grant.AllOf(with);
        var hsm = with.Text("hsm");
        var first = NeedsRoles(grants) ? 1 : 0;
        if (first == 1 && answers.IsEmpty) return LookUpRoles(0, hsm);
        var next = answers.Length - first;
        if (next >= grants.Length) return null;
        var grant = grants[next];
        return Write(answers.Length, hsm, grant, RoleIdOf(grant, first == 1 ? answers[0] : null));
    }

    /// <inheritdoc/>
    protected override JsonElement Result(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var given = NeedsRoles(Grant.AllOf(with)) ? answers.RemoveAt(0) : answers;
        if (!with.Has("grants")) return given[^1].Observed;
        var list = new JsonArray([.. given.Select(Element)]);
        return Arguments.ToElement(new JsonObject { ["value"] = list });

        static JsonNode Element(CallAnswer answer)
        {
            var element = Arguments.ToNode(answer.Observed)!.AsObject();
            element["status"] = answer.Status;
            element["error"] = null;
            return element;
        }
    }

    /// <inheritdoc/>
    protected override Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Call.Method == "GET") return ListRolesAsync(exchange, cancellationToken);
        var (_, scopePath, name) = PartsOf(exchange.Call);
        var properties = exchange.Body!.Value.GetProperty("properties");
        var role = properties.GetProperty("roleDefinitionId").GetString()!;
        // The name that nobody could find is not sent for the HSM to find out.
        if (role.Contains("${", StringComparison.Ordinal)) throw new CallNotSentException(ActionCodes.ClientRefused, $"RoleUnknown: no role of that name is built in or defined on this HSM ({exchange.Call.Description}). Nothing was sent.");
        return Wire.Roles(exchange).CreateRoleAssignmentAsync(
            new KeyVaultRoleScope(scopePath.Length == 0 ? "/" : scopePath), role, properties.GetProperty("principalId").GetString()!, Guid.ParseExact(name, "D"), cancellationToken);
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context) =>
        exchange.Call.Method == "GET" ? Answers.List(exchange, answer) : base.Read(exchange, answer, context);

    /// <inheritdoc/>
    public override async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(permit, call, context, cancellationToken).ConfigureAwait(false);
        if (answer is not { Status: 409, Error.Code: "RoleAssignmentExists" }) return answer;

        // The same role, principal and scope under another name: it is there, and that is what was wanted.
        var (host, scopePath, _) = PartsOf(call);
        try
        {
            var list = await LookForAsync(host, scopePath, PrincipalOf(call), context, cancellationToken).ConfigureAwait(false);
            foreach (var assignment in ItemsOf(list))
            {
                if (IsSaid(call, assignment)) return Answers.With(list, Arguments.ToNode(assignment)!, answer.Tries);
            }
        }
        catch (CallNotAnsweredException)
        {
            // Then the refusal stands as it came.
            return answer;
        }

        return answer;
    }

    private PlannedCall Write(int index, string hsm, Grant grant, string? roleId)
    {
        var name = grant.NameOn(Site.HsmHost(hsm));
        var definition = roleId is null ? "${roleDefinitionId}" : roleId.StartsWith("${", StringComparison.Ordinal) ? roleId : LocalRoles.DefinitionPath + roleId;
        return Make(index, EffectClass.Idempotent, "PUT", AddressOf(hsm, grant, name), $"Give {grant.InWords} on '{hsm}'.", new JsonObject
        {
            ["properties"] = new JsonObject { ["roleDefinitionId"] = definition, ["principalId"] = grant.Principal },
        }) with
        { Part = Arguments.ToElement(PartOf(hsm, grant)) };
    }

    private static JsonObject PartOf(string hsm, Grant grant)
    {
        var part = grant.ToArguments();
        part["hsm"] = hsm;
        return part;
    }

    // The pages are what counts, and the exchange keeps them.
    private async Task ListRolesAsync(Exchange exchange, CancellationToken cancellationToken) =>
        await Wire.Roles(exchange).GetRoleDefinitionsAsync(KeyVaultRoleScope.Global, cancellationToken).CountAsync(cancellationToken).ConfigureAwait(false);

    private static string PrincipalOf(PlannedCall call) => call.Body!.Value.GetProperty("properties").GetProperty("principalId").GetString()!;

    private static bool IsSaid(PlannedCall call, JsonElement assignment)
    {
        var (_, scopePath, _) = PartsOf(call);
        var role = LocalRoles.IdOf(call.Body!.Value.GetProperty("properties").GetProperty("roleDefinitionId").GetString()!);
        return role is not null && new Grant(role, PrincipalOf(call), scopePath.Length == 0 ? "/" : scopePath).IsSaidBy(assignment, role);
    }
}
