using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Tui.Tests;

/// <summary>Guards that are no processes: each stands by until it is told to go.</summary>
internal sealed class PostedGuards : IGuardPost
{
    private readonly EcdsaSigner _key = EcdsaSigner.Generate();

    public TimeSpan? PollEvery => null;

    /// <summary>What a person at the console sees of all of them.</summary>
    public GuardSight Sight { get; set; } = new(IsAlive: true, StandsBy: true, null, null);

    public Task<IStandingGuard> PostAsync(GuardOrder order, CancellationToken cancellationToken) =>
        Task.FromResult<IStandingGuard>(new Posted(new GuardProcess(4711, "a-boot", _key.PublicKey.SpkiBase64, order.File)));

    public IStandingGuard? Find(ArmedFault fault) => new Posted(fault.Body.Guard!);

    public GuardRecord? Read(string file, Digest armedLine) => null;

    private sealed class Posted(GuardProcess process) : IStandingGuard
    {
        public GuardProcess Process => process;

        public bool IsAlive => true;

        public Task<bool> ArmAsync(JournalLine armed, CancellationToken cancellationToken) => Task.FromResult(true);

        public Task StandDownAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>A blast radius as a test says it is.</summary>
internal sealed class SaidRadius(params ImmutableArray<AffectedResource> resources) : IBlastRadius
{
    public Task<BlastRadius> FindAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken) => Task.FromResult(new BlastRadius(resources));

    public Task<TimeSpan?> UndoableForAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken) => Task.FromResult<TimeSpan?>(null);
}
