using System.Collections.Immutable;
using Azure.Security.KeyVault.Administration;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.role-assignment.list</c>. Takes the arguments of a grant as well, of which it uses principal and scope.</summary>
internal sealed class RoleAssignmentList(AzureSite site, AzureWire? wire) : RoleAssignmentAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.role-assignment.list",
        Summary = "Lists local role assignments of a managed HSM: a principal's, at, above and below a scope; or everybody's, at just that scope.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            principal?: {type: string, format: uuid, description: "Object id; without it everybody's"}
            scope: {type: string, pattern: '^/(keys(/[0-9A-Za-z-]{1,127})?)?$', default: /, description: "/, /keys or /keys/NAME"}
            """),
        Result = Shape.Of("""
            value:
              type: array
              items:
                type: object
                additionalProperties: false
                properties:
                  id: {type: string}
                  name: {type: string}
                  properties: {type: object, additionalProperties: false, properties: {roleDefinitionId: {type: string}, principalId: {type: string}, scope: {type: string}}}
            """),
        Permissions = [new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/roleAssignments/read/action", "{scope}", "Managed HSM Crypto Auditor")],
        AzCommand = "az keyvault role assignment list --hsm-name {hsm:name} --assignee-object-id {principal} --scope {scope}",
        Errors = Refusals.ManagedHsm,
    };

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        if (!answers.IsEmpty) return null;
        var hsm = with.Text("hsm");
        var scope = with.TextOrNull("scope") ?? "/";
        var (filter, whose) = with.TextOrNull("principal") is { } principal ? ($"$filter=principalId%20eq%20'{principal}'&", $" of {principal} at, above and below {scope}") : ("", $" at {scope}");
        return Make(0, EffectClass.Read, "GET", Site.Hsm(hsm, $"{(scope == "/" ? "" : scope)}{Assignments}", filter), $"List the local role assignments{whose} on '{hsm}'.");
    }

    /// <inheritdoc/>
    protected override async Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var address = new Uri(exchange.Call.Url);
        // The client has no filter; what has one leaves as it was planned.
        if (address.Query.Contains("filter=", StringComparison.Ordinal))
        {
            await base.AskAsync(exchange, cancellationToken).ConfigureAwait(false);
            return;
        }

        var scope = address.AbsolutePath[..^Assignments.Length];
        await Wire.Roles(exchange).GetRoleAssignmentsAsync(new KeyVaultRoleScope(scope.Length == 0 ? "/" : scope), cancellationToken).CountAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context) => Answers.List(exchange, answer);
}
