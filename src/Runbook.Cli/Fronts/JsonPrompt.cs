using System.Text.Json;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Fronts;

/// <summary>What is waited for, as a JSON object.</summary>
internal static class JsonPrompt
{
    public static void Write(SessionNeed need, SessionView view, Utf8JsonWriter writer)
    {
        writer.WriteString("kind", "prompt");
        if (view.Current is { } step) writer.WriteString("step", step.Path);
        switch (need)
        {
            case SessionNeed.Ticks ticks:
                writer.WriteString("need", "ticks");
                WriteTicks(ticks, view, writer);
                break;
            case SessionNeed.Approvals approvals:
                writer.WriteString("need", "approvals");
                writer.WriteNumber("request", approvals.Request.Head.Seq);
                writer.WriteString("over", approvals.Request.Body.Over.ToString());
                writer.WriteString("plan", approvals.Request.Body.Plan.ToString());
                WriteNames("people", approvals.Candidates, writer);
                break;
            case SessionNeed.Answers answers:
                writer.WriteString("need", "answers");
                writer.WriteNumber("request", answers.Request.Head.Seq);
                WriteNames("names", answers.Values.Select(v => v.Name), writer);
                WriteNames("people", answers.Candidates, writer);
                break;
            case SessionNeed.Operator:
                writer.WriteString("need", "operator");
                break;
            case SessionNeed.Choice choice:
                writer.WriteString("need", "choice");
                WriteNames("choices", choice.Choices.Select(c => c.Choice!), writer);
                break;
            case SessionNeed.Secret secret:
                writer.WriteString("need", "secret");
                writer.WriteString("name", secret.Name);
                break;
            case SessionNeed.Settlement doubt:
                writer.WriteString("need", "settlement");
                writer.WriteString("effect", doubt.Effect.Intent.Effect.ToString());
                break;
        }
    }

    private static void WriteTicks(SessionNeed.Ticks ticks, SessionView view, Utf8JsonWriter writer)
    {
        var text = ShownValues.In(view);
        writer.WriteStartArray("open");
        foreach (var open in ticks.Open)
        {
            writer.WriteStartObject();
            writer.WriteNumber("item", open.Attestation.Index);
            writer.WriteString("role", open.Attestation.Role);
            writer.WriteString("text", Inert.Text(text.Of(open.Attestation)));
            WriteNames("people", open.Candidates, writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteNames(string member, IEnumerable<string> names, Utf8JsonWriter writer)
    {
        writer.WriteStartArray(member);
        foreach (var name in names) writer.WriteStringValue(name);
        writer.WriteEndArray();
    }
}
