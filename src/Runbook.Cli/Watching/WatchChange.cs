using System.Text.Json.Nodes;

namespace Runbook.Cli.Watching;

/// <summary>A check that came to something else than in the round before.</summary>
/// <param name="Watch">Name of what is watched.</param>
/// <param name="Check">The step's slug.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Was"><c>ok</c>, <c>failing</c>, or <c>unknown</c> in the first round.</param>
/// <param name="IsGood">Whether it holds now.</param>
/// <param name="Reason">Why not; empty where it holds.</param>
/// <param name="At">When.</param>
internal sealed record WatchChange(string Watch, string Check, string Title, string Was, bool IsGood, string Reason, DateTimeOffset At)
{
    /// <summary>As a webhook gets it.</summary>
    public string ToJson() => new JsonObject
    {
        ["watch"] = Watch,
        ["check"] = Check,
        ["title"] = Title,
        ["was"] = Was,
        ["is"] = IsGood ? "ok" : "failing",
        ["reason"] = Reason,
        ["at"] = At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
    }.ToJsonString();
}
