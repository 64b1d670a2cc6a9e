using System.Text.Json;
using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.ResourceManager.Resources;
using Azure.ResourceManager.Resources.Models;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// An action on Resource Manager. Resources are read, written and deleted through the SDK's generic resource; what that
/// has no verb for (PATCH without a location, POST) leaves as it was planned. Operations that go on by themselves are
/// followed by <see cref="ArmOperations"/>.
/// </summary>
internal abstract class ArmAction(AzureSite site, AzureWire? wire) : AzureAction(site, wire)
{
    /// <inheritdoc/>
    public override async Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken) =>
        await ArmOperations.PollAsync(operation, call, url => LookAsync(url, context, cancellationToken)).ConfigureAwait(false);

    /// <summary>A call to Resource Manager.</summary>
    protected PlannedCall Make(int index, EffectClass effect, string method, string path, string description, JsonNode? body = null, Schema? observes = null) => new()
    {
        Index = index,
        Effect = effect,
        Description = description,
        Target = path,
        Method = method,
        Url = Site.Arm(path),
        Body = body is null ? null : Arguments.ToElement(body),
        Observes = observes,
    };

    /// <inheritdoc/>
    protected override Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var id = exchange.Call.Target;
        return exchange.Call.Method switch
        {
            "GET" => Wire.Arm(exchange).GetGenericResource(new ResourceIdentifier(id)).GetAsync(cancellationToken),
            "PUT" => Wire.Arm(exchange).GetGenericResources().CreateOrUpdateAsync(WaitUntil.Started, new ResourceIdentifier(id), DataOf(exchange.Body!.Value), cancellationToken),
            "DELETE" => Wire.Arm(exchange).GetGenericResource(new ResourceIdentifier(id)).DeleteAsync(WaitUntil.Started, cancellationToken),
            _ => base.AskAsync(exchange, cancellationToken),
        };
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context) =>
        ArmOperations.Begin(exchange.Call, answer) is { } pending
            ? Answers.Of(answer, exchange.Tries) with { Pending = pending }
            : ArmOperations.Done(exchange.Call, answer, exchange.Tries);

    private static GenericResourceData DataOf(JsonElement body)
    {
        var data = new GenericResourceData(new AzureLocation(body.GetProperty("location").GetString()!));
        if (body.TryGetProperty("properties", out var properties)) data.Properties = BinaryData.FromString(properties.GetRawText());
        if (body.TryGetProperty("sku", out var sku))
        {
            data.Sku = new ResourcesSku
            {
                Name = sku.TryGetProperty("name", out var name) ? name.GetString() : null,
                Family = sku.TryGetProperty("family", out var family) ? family.GetString() : null,
            };
        }

        if (body.TryGetProperty("tags", out var tags))
        {
            foreach (var tag in tags.EnumerateObject()) data.Tags[tag.Name] = tag.Value.GetString();
        }

        return data;
    }
}
