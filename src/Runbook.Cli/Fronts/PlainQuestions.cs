using System.Globalization;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Fronts;

/// <summary>What is waited for, in sentences: whose turn it is, and what they can type.</summary>
internal static class PlainQuestions
{
    /// <summary>The sentences; empty where nothing is waited for.</summary>
    public static IEnumerable<string> Of(SessionNeed need, SessionView view) => need switch
    {
        SessionNeed.Ticks ticks => OfTicks(ticks, view),
        SessionNeed.Approvals approvals => OfApprovals(approvals),
        SessionNeed.Answers answers => OfAnswers(answers),
        SessionNeed.Operator => [$"It is {Named(view.Operator)}'s turn (operator). Type: go"],
        SessionNeed.Choice choice => [.. choice.Choices.Select((c, i) => string.Create(CultureInfo.InvariantCulture, $"  {i + 1}. {c.Choice}")), $"It is {Named(view.Operator)}'s turn (operator). Type: choose NUMBER"],
        SessionNeed.Secret secret => [$"The secret \"{secret.Name}\" is not in memory any more. Type it; it is not shown and not journalled."],
        SessionNeed.Settlement doubt =>
        [
            $"Nobody can tell what became of {doubt.Effect.Intent.Effect}: {doubt.Effect.Intent.Action} on {doubt.Effect.Intent.Target}.",
            "Look at Azure by other means. Two people then sign what you propose. Type: settle took-effect, settle did-not, or settle abandoned",
        ],
        _ => [],
    };

    /// <summary>What can be typed at any time.</summary>
    public static IEnumerable<string> Help() =>
    [
        "tick [ITEM] [PERSON]       somebody vouches for an item; the first open one if none is named",
        "approve [PERSON]           somebody signs what is asked; the passphrase is asked for where there is one",
        "reject [PERSON] REASON     somebody signs that they do not agree",
        "answer [PERSON]            somebody brings values; they are asked for one by one",
        "go, choose NUMBER          the operator goes on, or picks",
        "plan                       shows again what is waited for, and what is to be signed",
        "note TEXT                  writes something down",
        "abort REASON               stops, and follows the runbook's way out",
        "pause                      leaves the session where it stands; runbook resume goes on with it",
    ];

    /// <summary>A roster id with a capital letter.</summary>
    public static string Named(string person) => person.Length == 0 ? "the operator" : char.ToUpperInvariant(person[0]) + person[1..];

    private static IEnumerable<string> OfTicks(SessionNeed.Ticks ticks, SessionView view)
    {
        var text = ShownValues.In(view);
        foreach (var open in ticks.Open)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"[ ] {open.Attestation.Index}. {ShownValues.WhoTicks(open.Attestation)}: {text.Of(open.Attestation)}");
        }

        var first = ticks.Open[0];
        yield return string.Create(CultureInfo.InvariantCulture, $"It is {Named(first.Candidates[0])}'s turn ({first.Attestation.Role}), item {first.Attestation.Index}. Type: tick");
    }

    private static IEnumerable<string> OfApprovals(SessionNeed.Approvals approvals)
    {
        var body = approvals.Request.Body;
        yield return $"Approval of {ShownValues.People(body.Quorum, body.Role)} over {body.Over}; {approvals.Request.Counted.Count(c => c.Decision == Decision.Approve)} so far.";
        yield return "It stands above; type plan to see it again. On a machine of one's own: runbook approve";
        if (!approvals.Candidates.IsEmpty) yield return $"It is {Named(approvals.Candidates[0])}'s turn ({body.Role}). Type: approve, or: reject REASON";
    }

    private static IEnumerable<string> OfAnswers(SessionNeed.Answers answers)
    {
        foreach (var member in answers.Values) yield return $"  {member.Name}{(member.Schema.Description is { } d ? $": {d}" : "")}{(member.Schema.IsFile ? " (a file)" : "")}";
        if (!answers.Candidates.IsEmpty) yield return $"It is {Named(answers.Candidates[0])}'s turn ({answers.Ask.Role}). Type: answer";
    }
}
