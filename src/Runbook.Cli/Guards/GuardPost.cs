using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Tui;

namespace Runbook.Cli.Guards;

/// <summary>Starts guards as processes of their own, and finds those that a console left behind.</summary>
/// <param name="session">The session's directory.</param>
/// <param name="world">The world that the session acts on.</param>
/// <param name="grace">How long this console's heartbeat may be missing.</param>
/// <param name="profile">The profile; <see langword="null"/> for the embedded Azure.</param>
/// <param name="speed">How many times faster an embedded real clock goes.</param>
internal sealed class GuardPost(string session, IWorld world, TimeSpan grace, string? profile, double speed) : IGuardPost, IDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly GuardFolder _folder = new(session);
    private readonly List<ProcessGuard> _guards = [];
    private readonly ConcurrentDictionary<(string File, Digest ArmedLine), (long Length, GuardRecord Record)> _read = new();

    public TimeSpan? PollEvery => profile is null ? null : TimeSpan.FromSeconds(1);

    public async Task<IStandingGuard> PostAsync(GuardOrder order, CancellationToken cancellationToken)
    {
        await RequirePermittedAsync(order, cancellationToken).ConfigureAwait(false);
        _folder.Make();
        var assignment = new GuardAssignment(session, order, grace, profile, world.ClockKind == SessionClock.Real, speed);
        assignment.Write(_folder.Order(order.File));
        var heart = new Heartbeat(_folder.Beat(order.File), world.Clock.Time, grace);
        try
        {
            var process = Start(_folder.Order(order.File));
            var ready = await ReadyAsync(order, process, cancellationToken).ConfigureAwait(false);
            var guard = new ProcessGuard(_folder, ready, heart, session);
            _guards.Add(guard);
            return guard;
        }
        catch
        {
            heart.Dispose();
            throw;
        }
    }

    public IStandingGuard? Find(ArmedFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.Body.Guard is not { } process || !_folder.IsAlive(process.File)) return null;
        var guard = new ProcessGuard(_folder, process, new Heartbeat(_folder.Beat(process.File), world.Clock.Time, grace), session);
        _guards.Add(guard);
        return guard;
    }

    public GuardRecord? Read(string file, Digest armedLine)
    {
        var path = new SessionDirectory(session).In(file.Split('/'));
        // It is looked at all the time, and only ever grows, unless its last line was torn.
        var length = new FileInfo(path) is { Exists: true } there ? there.Length : -1;
        if (_read.TryGetValue((file, armedLine), out var known) && known.Length == length && !known.Record.IsTorn) return known.Record;
        if (GuardRecord.Read(LocalDisk.Instance, path, armedLine) is not { } record) return null;
        // What was written since its length was asked for is seen the next time, when the length is another.
        _read[(file, armedLine)] = (length, record);
        return record;
    }

    /// <summary>Looks at a guard, for the person at the console.</summary>
    /// <param name="guard">The guard.</param>
    /// <param name="armedLine">Hash of the line that armed its fault.</param>
    public GuardSight SightOf(GuardProcess guard, Digest armedLine)
    {
        ArgumentNullException.ThrowIfNull(guard);
        var isAlive = _folder.IsAlive(guard.File);
        try
        {
            var record = Read(guard.File, armedLine);
            return new GuardSight(isAlive, record?.StandsBy is not null, record?.Acted?.Reason.Value, null);
        }
        catch (Exception cause) when (cause is JournalReadException or DiskException)
        {
            return new GuardSight(isAlive, false, null, cause.Message);
        }
    }

    /// <summary>This console's heart stops; guards that still stand by will notice.</summary>
    public void Dispose()
    {
        foreach (var guard in _guards) guard.Dispose();
    }

    // The embedded Azure is this process's for as long as it lives, so what the guard will be permitted is looked up here; it
    // asks as the same principal. On a real Azure the guard looks for itself.
    private async Task RequirePermittedAsync(GuardOrder order, CancellationToken cancellationToken)
    {
        if (profile is not null) return;
        foreach (var undo in order.Undo)
        {
            if (await world.Permissions.WhyNotAsync(undo.Use, undo.With, GuardProgram.Context(world.Clock, session), cancellationToken).ConfigureAwait(false) is { } why) throw GuardProgram.NotPermitted(undo.Use, why);
        }
    }

    private static Process Start(string order)
    {
        var self = Environment.ProcessPath ?? "dotnet";
        var isHost = Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] arguments = isHost ? [Path.Combine(AppContext.BaseDirectory, "runbook.dll"), "guard", "--order", order] : ["guard", "--order", order];
        try
        {
            // Its streams are nobody's: what it has to say stands in its own files, and a console's end must not reach it.
            return Process.Start(new ProcessStartInfo(self, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })
                ?? throw new GuardRefusedException("RE214", "The guard's process did not start.", "See that this machine can start a process, then begin a new session.");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new GuardRefusedException("RE214", $"The guard's process did not start ({exception.Message}).", "See that this machine can start a process, then begin a new session.", exception);
        }
    }

    private async Task<GuardProcess> ReadyAsync(GuardOrder order, Process process, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < ReadyWithin)
        {
            var hasEnded = process.HasExited;
            if (GuardFolder.Read(_folder.Ready(order.File)) is { } ready)
            {
                if (ready.TryGetProperty("refused", out var refused)) throw new GuardRefusedException(refused.GetString()!, ready.GetProperty("message").GetString()!, ready.GetProperty("next").GetString()!);
                return new GuardProcess(ready.GetProperty("pid").GetInt32(), InertText.Of(ready.GetProperty("boot").GetString()!), ready.GetProperty("key").GetString()!, order.File);
            }

            if (hasEnded) throw new GuardRefusedException("RE214", string.Create(CultureInfo.InvariantCulture, $"The guard's process ended with code {process.ExitCode} before it was ready."), $"Read {_folder.Log(order.File)} where it is there, then begin a new session.");
            await Task.Delay(Look, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        throw new GuardRefusedException("RE214", $"The guard's process was not ready within {Language.Durations.Format(ReadyWithin)}: this machine is too busy, or Azure does not answer it.", "Make room on this machine, try the profile with runbook plan, then begin a new session.");
    }
}
