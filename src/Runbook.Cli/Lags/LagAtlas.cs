using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Cli.Lags;

/// <summary>The measured lags of all sessions of a folder: one file beside them, one line a measurement, only ever added to.</summary>
/// <param name="Lags">What was measured, oldest first.</param>
/// <param name="Unreadable">Numbers of the lines that are none.</param>
internal sealed record LagAtlas(ImmutableArray<MeasuredLag> Lags, ImmutableArray<int> Unreadable)
{
    /// <summary>Its name.</summary>
    public const string FileName = "lag-atlas.jsonl";

    private const string Ending = "_ms";
    private const int BytesMax = 64 * 1024 * 1024;

    /// <summary>The atlas beside a session.</summary>
    public static string Beside(string session) => Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(session)))!, FileName);

    /// <summary>What a closed session measured, whatever its end: a lag that was seen was seen.</summary>
    public static ImmutableArray<MeasuredLag> Of(SessionView view)
    {
        if (view is not { Status: SessionStatus.Closed, Root: { } root, Opened: { } opened, Last: { } last }) return [];
        var faults = view.FaultsPast.Where(f => !f.Lease && f.How != LiftedHow.NeverTook).Select(f => ActionOf(root, f.Fault)).OfType<string>().Distinct(StringComparer.Ordinal).ToImmutableArray();
        return
        [
            .. root.Machine.States.SelectMany(s => SavesOf(s.Step.Block).Select(b => (State: s, b.Name)))
                .Where(m => m.Name.EndsWith(Ending, StringComparison.Ordinal))
                .Select(m => (m.State, m.Name, Value: root.Variables.Find(m.Name), Result: view.Results.GetValueOrDefault(m.State.Slug)?.Result))
                .Where(m => IsNumber(m.Value) && m.Result is { ValueKind: JsonValueKind.Object } result && result.TryGetProperty("elapsedMs", out var elapsed) && IsNumber(elapsed))
                .Select(m => new MeasuredLag
                {
                    Format = MeasuredLag.FormatName,
                    At = last.At.ToDateTimeOffset(),
                    Session = view.SessionId,
                    Runbook = root.Machine.Document.Id,
                    Environment = opened.Environment.Original(),
                    Place = opened.Azure?.Cloud.Original() ?? MeasuredLag.EmbeddedPlace,
                    Step = m.State.Slug,
                    Measure = m.Name,
                    Ms = m.Value!.Value.GetInt64(),
                    StepMs = m.Result!.Value.GetProperty("elapsedMs").GetInt64(),
                    Reading = UseOf(m.State.Step.Block)?.Name,
                    Faults = faults,
                }),
        ];
    }

    /// <summary>Adds what a session measured; a session that is in there already is not added again.</summary>
    /// <returns>Whether there was anything to add.</returns>
    /// <exception cref="IOException">The file can't be written; nothing depends on it.</exception>
    public static bool Add(string file, ImmutableArray<MeasuredLag> lags)
    {
        if (lags.IsEmpty || Read(file).Lags.Any(l => l.Session == lags[0].Session)) return false;
        using var stream = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);

        // One write, so that two sessions that end at once don't write into each other's lines.
        var text = new MemoryStream();
        foreach (var lag in lags)
        {
            JsonSerializer.Serialize(text, lag, LagJson.Default.MeasuredLag);
            text.WriteByte((byte)'\n');
        }

        stream.Write(text.ToArray());
        return true;
    }

    /// <summary>Reads an atlas; one that is not there is empty.</summary>
    /// <exception cref="CliException">It is too large to be one.</exception>
    public static LagAtlas Read(string file)
    {
        if (!File.Exists(file)) return new LagAtlas([], []);
        if (new FileInfo(file).Length > BytesMax) throw new CliException("RC093", $"\"{file}\" is larger than {BytesMax / 1024 / 1024} MiB, and no atlas of lags.", "nothing was done.", "name the atlas: --atlas FILE");
        var (lags, unreadable) = (ImmutableArray.CreateBuilder<MeasuredLag>(), ImmutableArray.CreateBuilder<int>());
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            if (Parse(line) is { } lag) lags.Add(lag);
            else unreadable.Add(number);
        }

        return new LagAtlas(lags.ToImmutable(), unreadable.ToImmutable());
    }

    private static MeasuredLag? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, LagJson.Default.MeasuredLag) is { Format: MeasuredLag.FormatName, Ms: >= 0, StepMs: >= 0 } lag ? lag : null;
        }
        catch (JsonException)
        {
            // Whoever reads is told which lines are none.
            return null;
        }
    }

    private static bool IsNumber(JsonElement? value) => value is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var whole) && whole >= 0;

    private static string? ActionOf(SessionFrame root, string fault) => root.Machine.State(fault)?.Step.Block is StepBlock.Fault block ? block.Use.Name : null;

    private static ActionUse? UseOf(StepBlock? block) => block switch
    {
        StepBlock.Action a => a.Use,
        StepBlock.Probe p => p.Use,
        StepBlock.Fault f => f.Use,
        StepBlock.Lease l => l.Use,
        _ => null,
    };

    private static ImmutableArray<SaveBinding> SavesOf(StepBlock? block) => block switch
    {
        StepBlock.Action a => a.Save,
        StepBlock.Probe p => p.Save,
        StepBlock.Fault f => f.Save,
        StepBlock.Lease l => l.Save,
        StepBlock.Call c => c.Save,
        _ => [],
    };
}
