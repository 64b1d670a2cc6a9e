using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Engine.Tests;

/// <summary>Guards that live in the test's process and do something when a test says so. They outlive sessions, as processes do.</summary>
internal sealed class GuardsByHand(string session, TestWorld world) : IGuardPost
{
    private readonly Dictionary<string, HandGuard> _byFile = new(StringComparer.Ordinal);

    public TimeSpan? PollEvery => TimeSpan.FromSeconds(1);

    /// <summary>Why no guard stands by; <see langword="null"/> when all do.</summary>
    public GuardRefusedException? Refusal { get; set; }

    /// <summary>Whether guards die before they are told of their fault.</summary>
    public bool DieEarly { get; set; }

    /// <summary>All guards, in the order of posting.</summary>
    public List<HandGuard> All { get; } = [];

    public Task<IStandingGuard> PostAsync(GuardOrder order, CancellationToken cancellationToken)
    {
        if (Refusal is { } refusal) throw refusal;
        var guard = new HandGuard(session, order, world, DieEarly);
        All.Add(guard);
        _byFile[order.File] = guard;
        return Task.FromResult<IStandingGuard>(guard);
    }

    public IStandingGuard? Find(ArmedFault fault) => _byFile.GetValueOrDefault(fault.Body.Guard!.File) is { IsAlive: true } guard ? guard : null;

    public GuardRecord? Read(string file, Digest armedLine) => GuardRecord.Read(LocalDisk.Instance, new SessionDirectory(session).In(file.Split('/')), armedLine);
}

/// <summary>One guard.</summary>
internal sealed class HandGuard(string session, GuardOrder order, TestWorld world, bool diesEarly) : IStandingGuard
{
    private readonly EcdsaSigner _key = EcdsaSigner.Generate();
    private GuardJournal? _journal;

    public GuardOrder Order => order;

    public GuardProcess Process => new(4711, "a-boot", _key.PublicKey.SpkiBase64, order.File);

    public bool IsAlive { get; set; } = true;

    public bool HasStoodDown { get; private set; }

    public Task<bool> ArmAsync(JournalLine armed, CancellationToken cancellationToken)
    {
        if (diesEarly) return Task.FromResult(false);
        _journal = GuardJournal.Begin(new JournalGround(), new SessionDirectory(session), order.File, order.Session, armed.Hash, order.IsSimulated, _key);
        _journal.Append(armed.Entry.Body, order.Fault);
        return Task.FromResult(true);
    }

    public Task StandDownAsync(CancellationToken cancellationToken)
    {
        _journal?.Append(new Note { Text = "told that the fault is lifted" }, order.Fault);
        _journal?.Dispose();
        (HasStoodDown, IsAlive) = (true, false);
        return Task.CompletedTask;
    }

    /// <summary>Undoes the fault by itself, as for a console that does not answer.</summary>
    public void Lift()
    {
        _journal!.Append(new Abort { Reason = "no heartbeat of the console", Trigger = "guard" }, order.Fault);
        world.Grants.Clear();
        _journal.Append(new FaultLifted { Fault = order.Fault, How = LiftedHow.Guard, Observed = Digest.OfText("gone") }, order.Fault);
        _journal.Dispose();
        IsAlive = false;
    }
}

/// <summary>A blast radius as a test says it is.</summary>
internal sealed class FixedRadius : IBlastRadius
{
    public List<string> Ids { get; } = [];

    public TimeSpan? Undoable { get; set; }

    public Task<BlastRadius> FindAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken) =>
        Task.FromResult(new BlastRadius([.. Ids.Select(id => new AffectedResource(id, "a type", "the key", "payments", null))]));

    public Task<TimeSpan?> UndoableForAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken) => Task.FromResult(Undoable);
}
