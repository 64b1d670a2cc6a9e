using System.Runtime.InteropServices;
using Runbook.Cli.Sessions;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Cli.Guards;

/// <summary>
/// The guard's own process: leaves the console's terminal, shows that it may undo, says so, and stands by. Nobody reads what
/// it writes to its streams, so it writes nothing there.
/// </summary>
internal sealed class GuardProgram(string orderFile)
{
    private static readonly TimeSpan DryRunWithin = TimeSpan.FromSeconds(45);

    private volatile bool _isToUndo;

    /// <summary>Runs it to its end.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        ProcessMemory.LeaveTerminal();
        if (GuardAssignment.TryRead(orderFile) is not { } assignment) throw new CliException("RC073", "there is no such order to a guard.", "nothing was guarded.", "runbook guard --recover    (finds what is armed)");
        var folder = new GuardFolder(assignment.Session);
        var file = assignment.Order.File;
        using var held = LocalDisk.Instance.TryLock(folder.LockOf(file), "guard\n"u8, out _);
        if (held is null) return ExitCodes.Done;
        using var signals = Signals();
        using var key = EcdsaSigner.Generate();
        if (!await IsReadyAsync(assignment, folder, key, cancellationToken).ConfigureAwait(false)) return ExitCodes.Refused;
        var duty = new GuardDuty(
            assignment.Order,
            assignment.Grace,
            assignment.IsRealClock,
            new JournalGround(),
            new SessionDirectory(assignment.Session),
            key,
            () => Read(folder.Beat(file)),
            async token => await GuardWorld.TryOpenAsync(assignment.Session, assignment.Profile, assignment.IsRealClock, assignment.Speed, token).ConfigureAwait(false),
            message => Tell(folder.Log(file), message));
        try
        {
            await duty.StandByAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Whoever looks why a fault is still armed must find it; --recover does what is left.
            Tell(folder.Log(file), exception.ToString());
            throw;
        }

        return ExitCodes.Done;
    }

    /// <summary>What a reading of a guard may use.</summary>
    public static ActionContext Context(ISessionClock clock, string session)
    {
        Span<byte> bytes = stackalloc byte[16];
        SystemRandomSource.Instance.Fill(bytes);
        return new ActionContext { ClientRequestId = new Guid(bytes).ToString("D"), Time = clock.Time, FilesFolder = SessionPaths.FilesOf(session), OpenArtifact = _ => null };
    }

    /// <summary>The guard may not undo.</summary>
    public static GuardRefusedException NotPermitted(string action, string why) =>
        new("RE215", $"The guard could not undo it with {action}: {why}.", "Have the missing role assigned to the identity that the profile names, then begin a new session.");

    // The dry run: each undoing is held against what the guard's own identity is permitted, before anything is armed.
    private static async Task<bool> IsReadyAsync(GuardAssignment assignment, GuardFolder folder, EcdsaSigner key, CancellationToken cancellationToken)
    {
        var ready = folder.Ready(assignment.Order.File);
        try
        {
            if (assignment.Profile is not null) await TryOutAsync(assignment, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            var (code, next) = exception is GuardRefusedException refused ? (refused.Code, refused.Next) : ("RE214", "Try the profile with runbook plan, then begin a new session.");
            GuardFolder.Write(ready, writer =>
            {
                writer.WriteString("refused", code);
                writer.WriteString("message", exception.Message);
                writer.WriteString("next", next);
            });
            return false;
        }

        GuardFolder.Write(ready, writer =>
        {
            writer.WriteNumber("pid", Environment.ProcessId);
            writer.WriteString("boot", new JournalGround().Machine.Boot);
            writer.WriteString("key", key.PublicKey.SpkiBase64);
        });
        return true;
    }

    private static async Task TryOutAsync(GuardAssignment assignment, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(DryRunWithin, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var world = await GuardWorld.TryOpenAsync(assignment.Session, assignment.Profile, assignment.IsRealClock, assignment.Speed, stop.Token).ConfigureAwait(false);
        await using (world!.ConfigureAwait(false))
        {
            foreach (var undo in assignment.Order.Undo)
            {
                if (await world!.Permissions.WhyNotAsync(undo.Use, undo.With, Context(world.Clock, assignment.Session), stop.Token).ConfigureAwait(false) is { } why) throw NotPermitted(undo.Use, why);
            }
        }
    }

    private GuardSignal? Read(string path)
    {
        var signal = Heartbeat.Read(path);
        return _isToUndo && signal is { Say: GuardWord.StandBy } ? signal with { Say = GuardWord.Undo } : signal;
    }

    // A hang-up is the console's affair. A machine that goes down takes the fault with it.
    private Registrations Signals() => new(
    [
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _isToUndo = true;
        }),
    ]);

    private static void Tell(string log, string message)
    {
        try
        {
            File.AppendAllText(log, $"{TimeProvider.System.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} {message}\n");
        }
        catch (IOException)
        {
            // The log is for whoever looks later; nothing depends on it, and a full disk must not stop the undoing.
        }
    }

    private sealed class Registrations(PosixSignalRegistration[] all) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in all) one.Dispose();
        }
    }
}
