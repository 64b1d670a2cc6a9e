using System.Text.Json;
using Runbook.Language.Expressions;

namespace Runbook.Language.Tests.Expressions;

/// <summary>Runs the published cases of jmespath.org, where they are present beside the repository.</summary>
public sealed class JmesComplianceTests
{
    [Fact]
    public void Every_published_case_gives_the_published_result()
    {
        var folder = RepositoryFolder.Vectors("jmespath");
        if (!Directory.Exists(folder)) Assert.Skip("The published JMESPath cases are not beside the repository (../shared/vectors/jmespath).");

        var run = 0;
        var wrong = new List<string>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            using var suites = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var suite in suites.RootElement.EnumerateArray())
            {
                foreach (var one in suite.GetProperty("cases").EnumerateArray())
                {
                    run++;
                    if (Complaint(suite.GetProperty("given"), one) is { } complaint) wrong.Add($"{Path.GetFileName(file)}: {complaint}");
                }
            }
        }

        Assert.True(run > 850, $"only {run} cases were found");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static string? Complaint(JsonElement given, JsonElement one)
    {
        var text = one.GetProperty("expression").GetString()!;
        var expression = JmesExpression.TryParse(text, out string error);
        var evaluation = expression?.Evaluate(given, _ => null);
        var failure = expression is null ? error : evaluation!.Value.Error;
        if (one.TryGetProperty("error", out _)) return failure is null ? $"{text} should be an error, gives {evaluation!.Value.Value}" : null;
        if (failure is not null) return $"{text} is an error: {failure}";
        return !one.TryGetProperty("result", out var expected) || JsonElement.DeepEquals(expected, evaluation!.Value.Value)
            ? null
            : $"{text} gives {evaluation.Value.Value.GetRawText()}, not {expected.GetRawText()}";
    }
}
