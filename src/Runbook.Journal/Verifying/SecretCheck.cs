namespace Runbook.Journal;

/// <summary>No line looks as if it held a secret.</summary>
internal sealed class SecretCheck
{
    internal CheckLog Log { get; } = new(CheckId.Secrets);

    internal void Take(LineAtHand line)
    {
        Log.Saw();
        if (SecretScan.Find(line.Bytes, 0) is { } hit) Log.Fail(Reason.Secret, $"text that looks like a secret ({hit.Word})", line.Number, hit.Start);
    }
}
