using System.Globalization;

namespace Runbook.Journal;

/// <summary>What one check finds, as it finds it.</summary>
internal sealed class CheckLog(CheckId check)
{
    internal CheckId Check { get; } = check;

    internal LogFinding? FirstFailure { get; private set; }

    internal LogFinding? FirstUnjudged { get; private set; }

    internal int Failures { get; private set; }

    /// <summary>Whether there was anything to judge.</summary>
    internal bool HasAny { get; private set; }

    internal void Saw() => HasAny = true;

    internal void Fail(Reason reason, string detail, long? line = null, int at = 0)
    {
        HasAny = true;
        Failures++;
        FirstFailure ??= new LogFinding(reason, detail, line, at);
    }

    internal void Unjudge(Reason reason, string detail, long? line = null, int at = 0)
    {
        HasAny = true;
        FirstUnjudged ??= new LogFinding(reason, detail, line, at);
    }

    /// <summary>The result.</summary>
    /// <param name="holds">What to say where it holds.</param>
    /// <param name="absent">What to say where there is nothing.</param>
    internal CheckResult Result(string holds, string absent = "")
    {
        if (FirstFailure is { } failure)
        {
            var more = Failures > 1 ? string.Create(CultureInfo.InvariantCulture, $"; {Failures - 1} more") : "";
            return new CheckResult(Check, CheckVerdict.Fails, failure.Text + more, failure.Reason, failure.Line);
        }

        if (FirstUnjudged is { } unjudged) return new CheckResult(Check, CheckVerdict.Unjudged, unjudged.Text, unjudged.Reason, unjudged.Line);
        return HasAny ? new CheckResult(Check, CheckVerdict.Holds, holds) : new CheckResult(Check, CheckVerdict.Absent, absent);
    }
}

/// <summary>One thing that is wrong or can't be judged.</summary>
internal sealed record LogFinding(Reason Reason, string Detail, long? Line, int At)
{
    internal string Text => Line is { } line ? string.Create(CultureInfo.InvariantCulture, $"line {line}: {Detail}") : Detail;
}
