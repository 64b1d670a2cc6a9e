using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>The runbook's files, the plan and the artifacts are those that the entries name.</summary>
internal sealed class FileCheck(SessionLayout layout)
{
    private const int BlockBytes = 1 << 18;

    private int _runbooks;

    internal CheckLog Runbook { get; } = new(CheckId.Runbook);

    internal CheckLog Plan { get; } = new(CheckId.Plan);

    internal CheckLog Artifacts { get; } = new(CheckId.Artifacts);

    internal CheckResult RunbookResult() => Runbook.Result(string.Create(CultureInfo.InvariantCulture, $"{_runbooks} file{(_runbooks == 1 ? "" : "s")}"), "no runbook was bound");

    internal void Take(LineAtHand line)
    {
        if (line.Entry?.Body is not PlanBound plan) return;
        foreach (var file in plan.Children.Prepend(plan.Runbook))
        {
            Runbook.Saw();
            _runbooks++;
            Judge(Runbook, SessionDirectory.RunbookFolder + "/" + file.File, file.Digest, file.Bytes, line.Number);
        }
    }

    /// <summary>Reads the artifacts, once all lines were seen.</summary>
    internal void Finish(SessionLedger ledger)
    {
        foreach (var artifact in ledger.Artifacts.All)
        {
            Artifacts.Saw();
            Judge(Artifacts, SessionDirectory.ArtifactsFolder + "/" + artifact.FileName, artifact.Digest, artifact.Bytes, null);
        }

        if (ledger.Plan is not { } plan) return;
        Plan.Saw();
        var kept = ledger.Artifacts.All.Select(a => a.Digest).ToHashSet();
        if (!kept.Contains(plan.Plan)) Plan.Fail(Reason.MissingFile, "the plan that was bound is not among the artifacts");
        if (!kept.Contains(plan.Preflight)) Plan.Fail(Reason.MissingFile, "the preflight's findings are not among the artifacts");
    }

    private void Judge(CheckLog log, string file, Digest digest, long bytes, long? line)
    {
        layout.Name(file);
        if (!layout.Has(file))
        {
            log.Fail(Reason.MissingFile, $"{file} is missing", line);
            return;
        }

        if (layout.BytesOf(file) > Limits.ArtifactBytes)
        {
            log.Fail(Reason.TooLong, $"{file} is larger than a file may be", line);
            return;
        }

        try
        {
            if (DigestOf(file) != (digest, bytes)) log.Fail(Reason.DigestMismatch, $"{file} is not what was kept", line);
        }
        catch (DiskException e)
        {
            log.Fail(Reason.BadFile, $"{file} can't be read ({e.ErrnoName})", line);
        }
    }

    private (Digest Digest, long Bytes) DigestOf(string file)
    {
        using var open = layout.Open(file);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        long at = 0;
        try
        {
            // A file that grows while it is read ends at the limit.
            while (at <= Limits.ArtifactBytes && open.Read(block, at) is > 0 and var read)
            {
                hash.AppendData(block, 0, read);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        return (new Digest(hash.GetHashAndReset()), at);
    }
}
