using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.key.list</c>.</summary>
internal sealed class KeyList(AzureSite site, AzureWire? wire) : HsmAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.key.list",
        Summary = "Lists the keys of a managed HSM, without their versions.",
        Effect = EffectClass.Read,
        With = Shape.Of($"hsm: {{{ResultText.HsmArgument}}}"),
        Result = Shape.Of(ResultText.KeyList),
        Permissions = [new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/keys/read/action", "/keys", "Managed HSM Crypto Auditor")],
        AzCommand = "az keyvault key list --hsm-name {hsm:name}",
        Errors = Refusals.ManagedHsm,
    };

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.IsEmpty
        ? Make(0, EffectClass.Read, "GET", Site.Hsm(with.Text("hsm"), "/keys", "maxresults=25&"), $"List the keys of '{with.Text("hsm")}'.")
        : null;

    /// <inheritdoc/>
    protected override async Task AskAsync(Exchange exchange, CancellationToken cancellationToken) =>
        await Wire.Keys(exchange).GetPropertiesOfKeysAsync(cancellationToken).CountAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context) => Answers.List(exchange, answer);
}
