namespace Runbook.EndToEnd.Terminal;

/// <summary>The ceremony in a terminal of 120 columns and 40 rows.</summary>
public sealed class WideWalkTests
{
    [Fact]
    public Task One_person_walks_the_ceremony_to_its_end_by_keys_alone() => Walk.TheCeremonyAsync(120, 40);
}
