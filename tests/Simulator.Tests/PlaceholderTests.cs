namespace Runbook.Simulator.Tests;

/// <summary>Keeps the project from being empty until its room has tests.</summary>
public sealed class PlaceholderTests
{
    [Fact]
    public void The_room_has_a_test_project() => Assert.Equal("Runbook.Simulator.Tests", typeof(PlaceholderTests).Assembly.GetName().Name);
}
