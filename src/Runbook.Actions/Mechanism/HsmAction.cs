using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>An action on a managed HSM's data plane.</summary>
internal abstract class HsmAction(AzureSite site, AzureWire? wire) : AzureAction(site, wire)
{
    /// <summary>A call to the HSM.</summary>
    /// <param name="index">Its number in the run.</param>
    /// <param name="effect">What repeating it would do.</param>
    /// <param name="method">The method.</param>
    /// <param name="url">The address.</param>
    /// <param name="description">What it does, for the operator.</param>
    /// <param name="body">The body.</param>
    /// <param name="observes">What of its answer is journalled, where that is not the whole result.</param>
    protected static PlannedCall Make(int index, EffectClass effect, string method, string url, string description, JsonNode? body = null, Schema? observes = null) => new()
    {
        Index = index,
        Effect = effect,
        Description = description,
        Target = TargetOf(url),
        Method = method,
        Url = url,
        Body = body is null ? null : Arguments.ToElement(body),
        Observes = observes,
    };

    /// <summary>The path of a call's address, in pieces.</summary>
    protected static string[] SegmentsOf(PlannedCall call) =>
        [.. new Uri(call.Url).AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];

    /// <summary>A verdict that nobody can give, with the refusal that keeps from it.</summary>
    protected static SettleVerdict CannotTell(HttpAnswer answer) => Settling.CannotTell(answer);

    private static string TargetOf(string url)
    {
        var query = url.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? url : url[..query];
    }
}
