using System.Globalization;
using Runbook.Engine;

namespace Runbook.Cli.Fronts;

/// <summary>What makes one need different from another: a front asks again when it changes.</summary>
internal static class NeedKey
{
    public static string Of(SessionNeed need, SessionView view)
    {
        var step = string.Create(CultureInfo.InvariantCulture, $"{view.Current?.Path}/{view.Current?.Visit}");
        return need switch
        {
            SessionNeed.Ticks ticks => $"ticks {step} {string.Join(';', ticks.Open.Select(o => $"{o.Attestation.Index}:{string.Join(',', o.Candidates)}"))}",
            SessionNeed.Approvals approvals => $"approvals {approvals.Request.Head.Seq} {string.Join(',', approvals.Candidates)}",
            SessionNeed.Answers answers => $"answers {answers.Request.Head.Seq} {string.Join(',', answers.Candidates)}",
            SessionNeed.Operator => $"operator {step}",
            SessionNeed.Choice => $"choice {step}",
            SessionNeed.Settlement doubt => $"settlement {doubt.Effect.Intent.Effect}",
            SessionNeed.Secret secret => $"secret {secret.Name}",
            _ => "",
        };
    }
}
