using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>One verification: layout, then one pass over the journal, then what needs all of it.</summary>
internal sealed class VerifyRun
{
    private readonly SessionDirectory _directory;
    private readonly IJournalDisk _disk;
    private readonly VerifyOptions _options;
    private readonly SessionLayout _layout;
    private readonly SignedClaims _claims;
    private readonly SessionLedger _ledger = new();
    private readonly MerkleFrontier _frontier = new();
    private readonly EntryText _text = new();
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
    private readonly List<string> _warnings = [];

    private readonly CheckLog _bytes = new(CheckId.Bytes);
    private readonly CheckLog _canonical = new(CheckId.Canonical);
    private readonly CheckLog _schema = new(CheckId.Schema);
    private readonly ChainCheck _chain = new();
    private readonly ClockCheck _clock = new();
    private readonly CheckpointCheck _checkpoints;
    private readonly RosterBook _rosters;
    private readonly ApprovalCheck _approvals;
    private readonly EpochCheck _epochs;
    private readonly EffectCheck _effects;
    private readonly FaultCheck _faults;
    private readonly FileCheck _files;
    private readonly SecretCheck _secrets = new();
    private readonly AnchorCheck _anchors;
    private readonly HeadCheck _heads;
    private readonly StatementCheck _statement;
    private readonly SshSigCheck _sshSig;
    private readonly RecoveryNotes _recoveries;

    private long _lines;
    private long _goodTo;
    private long _length;
    private Digest _head;

    internal VerifyRun(IJournalDisk disk, SessionDirectory directory, VerifyOptions options)
    {
        (_disk, _directory, _options) = (disk, directory, options);
        _layout = SessionLayout.Of(disk, directory);
        _claims = Guarded(_layout.Log, () => SignedClaims.Of(_layout)) ?? SignedClaims.None;
        _checkpoints = new CheckpointCheck(_claims.Checkpoint, _layout.Has(SessionDirectory.CheckpointName) && _claims.Checkpoint is null ? "the checkpoint's file is not a signed note, written the one strict way" : null);
        _rosters = new RosterBook(_layout, options.Trust);
        _approvals = new ApprovalCheck(_layout, _rosters);
        _epochs = new EpochCheck(_warnings);
        _effects = new EffectCheck(_warnings);
        _faults = new FaultCheck(disk, directory, _layout, _warnings);
        _files = new FileCheck(_layout);
        _anchors = new AnchorCheck(_layout, options.HasAnchorAddress);
        _heads = new HeadCheck(_claims, options);
        _statement = new StatementCheck(_layout);
        _sshSig = new SshSigCheck(_layout);
        _recoveries = new RecoveryNotes(_layout, _warnings);
    }

    internal VerificationReport Run()
    {
        Guarded(_bytes, ReadJournal);
        var summary = new JournalSummary(_lines, _length, new Digest(_sha256.GetHashAndReset()), _head, _frontier.Root(), _goodTo, _ledger.Closed?.End);
        var sha512 = _sha512.GetHashAndReset();
        _sha256.Dispose();
        _sha512.Dispose();

        _chain.Finish(_lines);
        _checkpoints.Finish(_lines, _ledger, _rosters);
        _rosters.Finish();
        _files.Finish(_ledger);
        Guarded(_statement.Log, () => _statement.Finish(_ledger, _rosters, summary));
        Guarded(_sshSig.Log, () => _sshSig.Finish(sha512, _rosters, _ledger));
        Guarded(_anchors.Log, () => _anchors.Finish(_checkpoints));
        _recoveries.Finish();
        _heads.Finish(_lines, _head, summary.Root, _statement);
        _checkpoints.DisposeKeys();
        foreach (var stray in _layout.Strays(_ledger.Rosters.Count)) _warnings.Add($"stray-file: {Inert.Text(stray)}");
        return new ReportBuilder(_options, _ledger, summary, Results(), _warnings, FirstBroken()).Build(_rosters, _checkpoints, _statement, _sshSig, _anchors, _recoveries);
    }

    // A file that can't be read fails the check that needed it, and no other.
    private static void Guarded(CheckLog log, Action check)
        => Guarded(log, () =>
        {
            check();
            return true;
        });

    private static T? Guarded<T>(CheckLog log, Func<T> check)
    {
        try
        {
            return check();
        }
        catch (DiskException e)
        {
            log.Fail(Reason.BadFile, $"{Inert.Text(Path.GetFileName(e.Path))} can't be read ({e.ErrnoName})");
            return default;
        }
    }

    private void ReadJournal()
    {
        using var file = _disk.OpenRead(_directory.Journal);
        var lines = new LineBuffer(file) { OnBlock = TakeBlock };
        var line = new LineAtHand();
        while (lines.Next())
        {
            if (_lines == Limits.JournalLines || lines.LineOffset >= Limits.JournalBytes)
            {
                _bytes.Fail(Reason.TooLong, "the journal is longer than a journal may be", _lines);
                break;
            }

            line.Number = ++_lines;
            (line.Offset, line.Buffer, line.Start, line.Length) = (lines.LineOffset, lines.Bytes, lines.LineStart, lines.LineLength);
            Take(line, lines);
        }
    }

    private void TakeBlock(ReadOnlyMemory<byte> block)
    {
        _length += block.Length;
        _sha256.AppendData(block.Span);
        if (_layout.Has(SessionDirectory.SshSigName)) _sha512.AppendData(block.Span);
    }

    private void Take(LineAtHand line, LineBuffer lines)
    {
        line.Hash = Digest.Of(line.Bytes);
        Read(line, lines);
        _chain.Take(line);
        _checkpoints.TakeBefore(line, _frontier, _ledger);
        _frontier.Add(line.Bytes);
        _secrets.Take(line);
        TakeEntry(line);
        _checkpoints.TakeAfter(line, _frontier, _ledger);
        _heads.TakeAfter(line, _frontier);
        _head = line.Hash;
        if (_goodTo == line.Number - 1 && IsGoodSoFar()) _goodTo = line.Number;
    }

    private bool IsGoodSoFar()
        => _bytes.FirstFailure is null && _canonical.FirstFailure is null && _chain.Log.FirstFailure is null && _schema is { FirstFailure: null, FirstUnjudged: null };

    private void Read(LineAtHand line, LineBuffer lines)
    {
        (line.Entry, line.Loose) = (null, default);
        _bytes.Saw();
        _canonical.Saw();
        _schema.Saw();
        if (lines.IsTooLong)
        {
            _bytes.Fail(Reason.TooLong, "longer than a line may be", line.Number);
            return;
        }

        if (!lines.HasLineFeed) _bytes.Fail(Reason.NoLf, "it has no line feed: an interrupted write, or a cut", line.Number, line.Length);
        var scan = CanonicalScanner.Scan(line.Bytes);
        if (!scan.Holds)
        {
            Refuse(line, scan);
            return;
        }

        line.Entry = _text.Read(line.Buffer, line.Start, out var finding);
        if (finding is null) return;
        line.Loose = LooseLine.Read(line.Bytes);
        if (finding.Reason is Reason.UnknownField or Reason.UnknownKind) _schema.Unjudge(finding.Reason, finding.Detail, line.Number, finding.At);
        else _schema.Fail(finding.Reason, finding.Detail, line.Number, finding.At);
    }

    private void Refuse(LineAtHand line, CanonicalFinding scan)
    {
        line.Loose = LooseLine.Read(line.Bytes);
        var reason = line.Bytes.Contains((byte)0) ? Reason.Nul : LooseLine.Classify(line.Bytes, scan.Reason);
        var log = reason is Reason.NotUtf8 or Reason.Nul or Reason.NotJson or Reason.DuplicateName or Reason.TooDeep ? _bytes : _canonical;
        log.Fail(reason, Words<Reason>.Of(reason), line.Number, scan.At);
    }

    private void TakeEntry(LineAtHand line)
    {
        if (line.Entry is not { } entry) return;
        if (_ledger.JudgeOrder(entry) is { } order) LogOf(order.Reason).Fail(order.Reason, order.Detail, line.Number);
        if (_ledger.JudgeCounts(entry) is { } counts) _schema.Fail(counts.Reason, counts.Detail, line.Number);
        _clock.Take(line);
        _rosters.Take(line, _ledger);
        _approvals.Take(line, _ledger);
        _epochs.Take(line, _ledger, _approvals);
        _effects.Take(line, _ledger, _approvals);
        _faults.Take(line, _ledger);
        _files.Take(line);
        _anchors.Take(line);
        _recoveries.Take(line);
        _options.Machine?.Take(entry, line.Hash);
        _ledger.Apply(entry, line.Hash);
    }

    private CheckLog LogOf(Reason reason) => reason is Reason.EpochGap or Reason.BadField ? _epochs.Log : _chain.Log;

    private List<CheckResult> Results() =>
    [
        _layout.Log.Result("only files that belong here are read"),
        _bytes.Result($"{_lines} line{(_lines == 1 ? "" : "s")}", "the journal is empty"),
        _canonical.Result($"{_lines} line{(_lines == 1 ? "" : "s")}", "the journal is empty"),
        _chain.Result(_head),
        _schema.Result("every line is an entry that this program knows", "the journal is empty"),
        _clock.Log.Result("", "the journal is empty"),
        _checkpoints.Log.Result($"{_checkpoints.Notes} note{(_checkpoints.Notes == 1 ? "" : "s")}", "nothing was signed over the lines"),
        _epochs.Finish(_ledger),
        _files.RunbookResult(),
        _files.Plan.Result("plan and preflight are kept", "no plan was bound"),
        _rosters.Log.Result(_rosters.Source.Length == 0 ? "" : $"trusted by {_rosters.Source}", "no roster was bound"),
        _files.Artifacts.Result($"{_ledger.Artifacts.All.Count} kept", "nothing was kept"),
        MachineResult(),
        _effects.Result(_ledger),
        _approvals.Result(),
        _faults.Finish(_ledger),
        _secrets.Log.Result("nothing looks like a secret", "the journal is empty"),
        _statement.Log.Result($"signed by {string.Join(", ", _statement.SignedBy)}", "nobody signed the whole"),
        _sshSig.Result(),
        Timestamp(),
        _anchors.Result(),
        _heads.Log.Result("nobody names another head", "nobody names a head"),
    ];

    private CheckResult MachineResult()
    {
        if (_options.Machine is { } machine) return machine.Finish(_disk, _directory);
        return _options.Require.Contains(Words<CheckId>.Of(CheckId.Machine), StringComparer.Ordinal)
            ? new CheckResult(CheckId.Machine, CheckVerdict.Unjudged, "needs `runbook verify`, which replays the runbook", Reason.CannotJudge)
            : new CheckResult(CheckId.Machine, CheckVerdict.Absent, "not replayed by this program: `runbook verify` does");
    }

    private CheckResult Timestamp() => _layout.Has(SessionDirectory.TimestampName)
        ? new CheckResult(CheckId.Timestamp, CheckVerdict.Unjudged, "a time-stamp token is there, which this program can't judge", Reason.CannotJudge)
        : new CheckResult(CheckId.Timestamp, CheckVerdict.Absent, "no authority bounds the time from above");

    private BrokenLine? FirstBroken()
        => new BreakFinder(_directory, _disk, _checkpoints, _chain, _lines).Find([_bytes, _canonical, _chain.Log, _schema, _clock.Log, _checkpoints.Log, _epochs.Log, _effects.Log, _approvals.Log, _faults.Log, _secrets.Log]);
}
