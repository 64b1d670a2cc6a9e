namespace Runbook.Cli.Testing;

/// <summary>Something that a case expects, and that did not come about.</summary>
/// <param name="Expected">What was to be, as a sentence.</param>
/// <param name="Seen">What was seen instead.</param>
internal sealed record CaseFinding(string Expected, string Seen)
{
    public override string ToString() => $"expected: {Expected}; seen: {Seen}";
}
