using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.key.list-versions</c>.</summary>
internal sealed class KeyListVersions(AzureSite site, AzureWire? wire) : HsmAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.key.list-versions",
        Summary = "Lists the versions of a key.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            name: {type: string, pattern: '^[0-9a-zA-Z-]{1,127}$', description: "Name of the key"}
            """),
        Result = Shape.Of(ResultText.KeyList),
        Permissions = [new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/keys/read/action", "/keys/{name}", "Managed HSM Crypto Auditor")],
        AzCommand = "az keyvault key list-versions --hsm-name {hsm:name} --name {name}",
        Errors = Refusals.ManagedHsm,
    };

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.IsEmpty
        ? Make(0, EffectClass.Read, "GET", Site.Hsm(with.Text("hsm"), $"/keys/{with.Text("name")}/versions", "maxresults=25&"), $"List the versions of the key '{with.Text("name")}' of '{with.Text("hsm")}'.")
        : null;

    /// <inheritdoc/>
    protected override async Task AskAsync(Exchange exchange, CancellationToken cancellationToken) =>
        await Wire.Keys(exchange).GetPropertiesOfKeyVersionsAsync(SegmentsOf(exchange.Call)[1], cancellationToken).CountAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context) => Answers.List(exchange, answer);
}
