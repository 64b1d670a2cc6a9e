using Runbook.Cli.Guards;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Testing;

/// <summary>The guards of a case, in this process. They stand by while the console lives, and undo when a case says that it is gone.</summary>
/// <param name="directory">The session's directory.</param>
/// <param name="world">Where they undo.</param>
/// <param name="permissions">Whether they may.</param>
/// <param name="journal">Disk and clock of their files.</param>
internal sealed class StagedGuards(string directory, IGuardWorld world, IUndoPermissions permissions, JournalGround journal) : IGuardPost, IDisposable
{
    private readonly Dictionary<string, StagedGuard> _byFile = new(StringComparer.Ordinal);

    // As with the embedded Azure of a session: it belongs to the console for as long as that lives.
    public TimeSpan? PollEvery => null;

    public async Task<IStandingGuard> PostAsync(GuardOrder order, CancellationToken cancellationToken)
    {
        foreach (var undo in order.Undo)
        {
            if (await permissions.WhyNotAsync(undo.Use, undo.With, GuardProgram.Context(world.Clock, directory), cancellationToken).ConfigureAwait(false) is { } why) throw GuardProgram.NotPermitted(undo.Use, why);
        }

        return _byFile[order.File] = new StagedGuard(directory, order, world, journal);
    }

    public IStandingGuard? Find(ArmedFault fault) => fault.Body.Guard is { } guard && _byFile.TryGetValue(guard.File, out var found) && found.IsAlive ? found : null;

    public GuardRecord? Read(string file, Digest armedLine) => GuardRecord.Read(journal.Disk, new SessionDirectory(directory).In(file.Split('/')), armedLine);

    /// <summary>The console is gone: every guard that stands by undoes its fault.</summary>
    /// <returns>How many did.</returns>
    public async Task<int> UndoAsync(CancellationToken cancellationToken)
    {
        var standing = _byFile.Values.Where(g => g.IsArmed).ToList();
        foreach (var guard in standing) await guard.UndoAsync(cancellationToken).ConfigureAwait(false);
        return standing.Count;
    }

    public void Dispose()
    {
        foreach (var guard in _byFile.Values) guard.Dispose();
    }

    private sealed class StagedGuard(string directory, GuardOrder order, IGuardWorld world, JournalGround ground) : IStandingGuard, IDisposable
    {
        private readonly EcdsaSigner _key = EcdsaSigner.Generate();
        private GuardJournal? _journal;

        public GuardProcess Process => new(Environment.ProcessId, "a-case", _key.PublicKey.SpkiBase64, order.File);

        public bool IsAlive { get; private set; } = true;

        public bool IsArmed => IsAlive && _journal is not null;

        public Task<bool> ArmAsync(JournalLine armed, CancellationToken cancellationToken)
        {
            _journal = GuardJournal.Begin(ground, new SessionDirectory(directory), order.File, order.Session, armed.Hash, order.IsSimulated, _key);
            _journal.Append(armed.Entry.Body, order.Fault);
            return Task.FromResult(true);
        }

        public Task StandDownAsync(CancellationToken cancellationToken)
        {
            _journal?.Append(new Note { Text = "told that the fault is lifted" }, order.Fault);
            End();
            return Task.CompletedTask;
        }

        public async Task UndoAsync(CancellationToken cancellationToken)
        {
            _journal!.Append(new Abort { Reason = "the console is gone", Trigger = "guard" }, order.Fault);
            await new GuardUndo(order, world, ground, () => _journal, static _ => { }).UntilGoneAsync(cancellationToken).ConfigureAwait(false);
            End();
        }

        public void Dispose()
        {
            End();
            _key.Dispose();
        }

        private void End()
        {
            _journal?.Dispose();
            (_journal, IsAlive) = (null, false);
        }
    }
}
