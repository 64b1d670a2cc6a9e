using System.Globalization;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Guards;

/// <summary>Tells a guard, several times within its grace, that the console lives, what time its session has, and what it knows of the fault.</summary>
internal sealed class Heartbeat : IDisposable
{
    private const int BeatsInGrace = 5;
    private static readonly TimeSpan EveryMax = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly TimeProvider _session;
    private readonly string _console = SessionNames.NewNonce(SystemRandomSource.Instance);
    private readonly ITimer _timer;
    private long _beat;
    private GuardWord _say = GuardWord.StandBy;
    private string? _armed;
    private bool _isOver;

    public Heartbeat(string path, TimeProvider session, TimeSpan grace)
    {
        (_path, _session) = (path, session);
        // What an earlier console has told stays told.
        if (GuardFolder.Read(path) is { } before && before.TryGetProperty("armed", out var armed)) _armed = armed.GetString();
        Beat();
        var every = grace / BeatsInGrace < EveryMax ? grace / BeatsInGrace : EveryMax;
        _timer = TimeProvider.System.CreateTimer(_ => Beat(), null, every, every);
    }

    /// <summary>Tells the line that armed the fault.</summary>
    public void Arm(JournalLine armed) => Say(() => _armed = Convert.ToBase64String(armed.Utf8.Span));

    /// <summary>Tells something else than to go on standing by.</summary>
    public void Tell(GuardWord word) => Say(() => _say = word);

    /// <summary>Reads what a console told last; <see langword="null"/> where none did.</summary>
    public static GuardSignal? Read(string path)
    {
        if (GuardFolder.Read(path) is not { } read) return null;
        var armed = read.TryGetProperty("armed", out var line) ? JournalLine.TryRead(line.GetBytesFromBase64()) : null;
        var now = DateTimeOffset.Parse(read.GetProperty("now").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        return new GuardSignal(read.GetProperty("beat").GetString()!, now, Enum.Parse<GuardWord>(read.GetProperty("say").GetString()!), armed);
    }

    public void Dispose()
    {
        lock (_gate) _isOver = true;
        _timer.Dispose();
    }

    private void Say(Action change)
    {
        lock (_gate) change();
        Beat();
    }

    private void Beat()
    {
        lock (_gate)
        {
            if (_isOver) return;
            try
            {
                GuardFolder.Write(_path, writer =>
                {
                    writer.WriteString("beat", string.Create(CultureInfo.InvariantCulture, $"{_console}-{++_beat}"));
                    writer.WriteString("now", _session.GetUtcNow().ToString("O", CultureInfo.InvariantCulture));
                    writer.WriteString("say", _say.ToString());
                    if (_armed is not null) writer.WriteString("armed", _armed);
                });
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A beat that can't be written is a beat that is missing, and the guard does what it is there for.
            }
        }
    }
}
