using System.Globalization;
using Runbook.Journal;

namespace Runbook.Cli.Reports;

/// <summary>
/// Azure's side of the story, as queries with this session's values filled in: whether what the journal holds happened,
/// and whether something happened that it does not hold.
/// </summary>
/// <remarks>Key Vault's and Managed HSM's logs hold the client's request id as <c>CorrelationId</c>; the activity log has
/// a correlation id of its own, which the answer carries.</remarks>
internal static class AzureQuestions
{
    // A log's clock is not this machine's; what was sent at the edges must be inside.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);

    /// <summary>Writes them.</summary>
    public static void Write(Html html, SessionChronicle session)
    {
        var sent = session.Calls.Where(c => c.Intent.Class != EffectClass.Read && c.Intent.Request.Method != "LOCAL").ToArray();
        var asked = session.Calls.Where(c => c.Intent.Request.Method != "LOCAL").Select(c => c.Intent.Request.ClientRequestId);
        var answered = session.Calls.Select(c => c.Outcome?.Response?.CorrelationId?.Original()).OfType<string>();
        var who = session.View.Plan?.Operator.ObjectId.Original() ?? "";
        var during = $"| where TimeGenerated between (datetime({Utc(session.Began - Margin)}) .. datetime({Utc(session.Ended + Margin)}))";

        html.Heading("azure", "Ask Azure");
        html.Paragraph("A transcript proves what it contains, not that nothing else happened. Azure's own logs hold the other side, and these queries compare the two. Logs arrive late: ask an hour after the end.");
        if (sent.Length > 0)
        {
            html.Paragraph("Did it happen? The requests that changed something at a vault or HSM, in its audit log. Each such request of the table above has its row, under its client request id:");
            Query(html, "AZKVAuditLogs", during, $"| where CorrelationId in ({List(sent.Select(c => c.Intent.Request.ClientRequestId))})", "| project TimeGenerated, OperationName, ResultType, HttpStatusCode, RequestUri, CorrelationId");
        }

        html.Paragraph("Did something else happen at a vault or HSM? What the operator's identity asked of it meanwhile, without what this session asked. No row is the answer that one hopes for:");
        Query(html, "AZKVAuditLogs", during, $"| where tostring(Identity) has \"{who}\"", $"| where CorrelationId !in ({List(asked)})", "| project TimeGenerated, OperationName, ResultType, RequestUri, CorrelationId");
        html.Paragraph("And at the Resource Manager? Likewise:");
        Query(html, "AzureActivity", during, $"| where tostring(Claims_d) has \"{who}\"", $"| where CorrelationId !in ({List(answered)})", "| project TimeGenerated, OperationNameValue, ActivityStatusValue, _ResourceId, CorrelationId");
    }

    private static void Query(Html html, params string[] lines) => html.Raw($"<pre>{string.Join('\n', lines.Select(Html.Text))}</pre>");

    // An empty list is no Kusto; a list of an id that nothing has is.
    private static string List(IEnumerable<string> ids) => string.Join(", ", ids.Distinct(StringComparer.Ordinal).DefaultIfEmpty("").Select(id => $"\"{id}\""));

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
