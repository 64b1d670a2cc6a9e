namespace Runbook.EndToEnd.Terminal;

/// <summary>The ceremony in a terminal of 80 columns and 24 rows.</summary>
public sealed class NarrowWalkTests
{
    [Fact]
    public Task One_person_walks_the_ceremony_to_its_end_by_keys_alone() => Walk.TheCeremonyAsync(80, 24);
}
