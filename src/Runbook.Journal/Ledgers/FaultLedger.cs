using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>A fault or lease that a session armed.</summary>
/// <param name="Fault">Its slug.</param>
/// <param name="ArmedSeq">The entry that armed it.</param>
/// <param name="Epoch">That entry's epoch.</param>
/// <param name="MonoUs">That entry's monotonic microseconds.</param>
/// <param name="Body">What that entry says.</param>
public sealed record ArmedFault(string Fault, long ArmedSeq, int Epoch, long MonoUs, FaultArmed Body);

/// <summary>The faults and leases that are armed: a pure fold, shared by the session, its writer and its verifier. Immutable.</summary>
public sealed record FaultLedger
{
    /// <summary>Before the first entry.</summary>
    public static FaultLedger Empty { get; } = new();

    /// <summary>What is armed, in the order of arming.</summary>
    public ImmutableArray<ArmedFault> Armed { get; private init; } = [];

    /// <summary>Why an entry does not fit, or <see langword="null"/>.</summary>
    /// <param name="entry">The entry.</param>
    public LedgerFinding? Judge(JournalEntry entry) => entry.Body switch
    {
        FaultArmed armed when Find(armed.Fault) is { } before => new(Reason.FaultLeft, $"\"{armed.Fault}\" is armed again; it has been armed since line {before.ArmedSeq}"),
        FaultLifted lifted when Find(lifted.Fault) is null => new(Reason.FaultLeft, $"\"{lifted.Fault}\" is lifted, but it is not armed"),
        Closed when Armed.Length > 0 => new(Reason.FaultLeft, $"the session closes with \"{Armed[0].Fault}\" armed"),
        Closed { FaultsArmed.Length: > 0 } => new(Reason.FaultLeft, "\"faultsArmed\" of a closed session is not empty"),
        _ => null,
    };

    /// <summary>This ledger after one more entry.</summary>
    /// <param name="entry">The entry; one that does not fit changes nothing that it can't change.</param>
    public FaultLedger Apply(JournalEntry entry) => entry.Body switch
    {
        FaultArmed armed when Find(armed.Fault) is null => this with { Armed = Armed.Add(new ArmedFault(armed.Fault, entry.Seq, entry.Epoch, entry.MonoUs, armed)) },
        FaultLifted lifted => this with { Armed = Armed.RemoveAll(f => f.Fault == lifted.Fault) },
        _ => this,
    };

    /// <summary>An armed fault or lease.</summary>
    /// <param name="fault">Its slug.</param>
    /// <returns><see langword="null"/> where it is not armed.</returns>
    public ArmedFault? Find(string fault) => Armed.FirstOrDefault(f => f.Fault == fault);
}
