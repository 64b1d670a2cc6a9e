using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.key.get</c>.</summary>
internal sealed class KeyGet(AzureSite site, AzureWire? wire) : HsmAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.key.get",
        Summary = "Reads a key: its public half, attributes and tags.",
        Effect = EffectClass.Read,
        With = Shape.Of(KeyReference.ArgumentText),
        OneOf = [["hsm", "name"], ["id"]],
        Result = Shape.Of(ResultText.Key),
        Permissions = [new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/keys/read/action", "/keys/{name}", "Managed HSM Crypto Auditor")],
        AzCommand = "az keyvault key show --hsm-name {hsm:name} --name {name} --id {id}",
        Errors = Refusals.ManagedHsm.Add(new("KeyNotFound", "There is no such key, or no such version.", "Nothing changed.", "List the keys; a deleted one can be recovered for as long as the HSM keeps it.")),
    };

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        if (!answers.IsEmpty) return null;
        var key = KeyReference.Of(Site, with);
        return Make(0, EffectClass.Read, "GET", $"{key.ReadAddress}?api-version={AzureSite.HsmVersion}", $"Read the key {key.Id}.");
    }

    /// <inheritdoc/>
    protected override Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var segments = SegmentsOf(exchange.Call);
        return Wire.Keys(exchange).GetKeyAsync(segments[1], segments.Length > 2 ? segments[2] : null, cancellationToken);
    }
}
