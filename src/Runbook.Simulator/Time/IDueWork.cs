namespace Runbook.Simulator;

/// <summary>What happens by itself as time passes; the clock carries it out as it moves.</summary>
internal interface IDueWork
{
    /// <summary>When the next piece is due, or <see langword="null"/> while nothing is planned.</summary>
    DateTimeOffset? NextDue { get; }

    /// <summary>Does everything that is due by <paramref name="until"/>, each piece at its own time, in order.</summary>
    void Run(DateTimeOffset until);

    /// <summary>Keeps the clock's position: a jump is part of the estate.</summary>
    void KeepPosition(DateTimeOffset now, DateTimeOffset hostNow);
}
