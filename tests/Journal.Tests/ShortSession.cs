using Microsoft.Extensions.Time.Testing;
using Runbook.TestKit;

namespace Runbook.Journal.Tests;

/// <summary>The shortest session that has something of everything: a tick, a call, an approval by two, the close.</summary>
internal static class ShortSession
{
    internal const string Home = ScriptedSession.Home;

    private const string Step = "disable-the-key";

    /// <summary>Runs it to its end.</summary>
    internal static async Task<ScriptedSession> RunAsync(IJournalDisk disk)
    {
        var session = await ScriptedSession.BeginAsync(disk);
        await GoOnAsync(session);
        await session.CloseAsync();
        return session;
    }

    /// <summary>A sealed one on a disk of its own.</summary>
    internal static async Task<FaultyDisk> SealedAsync()
    {
        var disk = new FaultyDisk();
        using var session = await RunAsync(disk);
        session.Seal();
        return disk;
    }

    /// <summary>Writes whatever the session lacks, and seals it: what an engine does that goes by the entries.</summary>
    internal static async Task GoOnAsync(ScriptedSession session)
    {
        var ledger = session.Writer.Ledger;
        if (ledger.Plan is null || ledger.Rosters.Count == 0) await session.PrepareAsync();
        else if (!ledger.Approvals.AllRequests.Any(r => IsEndorsement(r, session.Writer))) await session.EndorseAsync();
        foreach (var doubt in ledger.Effects.InDoubt.ToList()) await session.ConcludeAsync(doubt.Intent.Effect);
        if (ledger.Effects.HasSent) return;
        await session.EnterAsync(Step, StepTrigger.Start);
        await session.TickAsync(Step, 0, "alice", "operator", "The room is closed.");
        var request = await session.AskAsync(ApprovalScope.Plan, "custodian", 2, Digest.Of("the plan"u8));
        var first = await session.ApproveAsync(request, "bob");
        var second = await session.ApproveAsync(request, "carol");
        await session.ConcludeAsync(await session.IntendAsync(Step, EffectClass.Once, first.Seq, second.Seq));
        await session.LeaveAsync(Step, "completed");
    }

    /// <summary>Goes on with one whose process is gone, closes and seals it.</summary>
    internal static async Task ResumeAsync(FaultyDisk disk, FakeTimeProvider time, long seed = 8)
    {
        using var recovered = await JournalRecovery.OpenAsync(Home, ScriptedSession.GroundOf(disk, seed, time), ScriptedSession.Program, CancellationToken.None);
        if (!recovered.IsClosed)
        {
            await recovered.AppendRecoveredAsync("alice", null, simulated: false, CancellationToken.None);
            var session = ScriptedSession.Continue(recovered.Writer!, time, null);
            await GoOnAsync(session);
            await session.CloseAsync();
        }

        Seal(disk);
    }

    /// <summary>Has everybody sign who must.</summary>
    internal static void Seal(IJournalDisk disk)
    {
        var seal = TranscriptSeal.Open(disk, new SessionDirectory(Home));
        if (!seal.HasFinalCheckpoint) seal.AddFinalCheckpoint("alice", Rehearsal.KeyOf("alice"));
        while (seal.MissingSigners is [var missing, ..]) seal.AddSignature(missing.People[0], Rehearsal.KeyOf(missing.People[0]));
        if (!seal.HasSshSignature) seal.AddSshSignature("alice", Rehearsal.KeyOf("alice"));
        seal.MakeReadOnly();
    }

    private static bool IsEndorsement(ApprovalRequest request, JournalWriter writer) =>
        request.Body.Over.Covers("session-key") && request.Epoch == writer.Epoch && request.State == RequestState.Granted;
}
