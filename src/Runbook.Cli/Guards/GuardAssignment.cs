using System.Globalization;
using Runbook.Engine;

namespace Runbook.Cli.Guards;

/// <summary>An order to a guard, with the world in which it holds.</summary>
/// <param name="Session">The session's directory.</param>
/// <param name="Order">What to undo.</param>
/// <param name="Grace">How long the console's heartbeat may be missing.</param>
/// <param name="Profile">The profile of a real Azure; <see langword="null"/> for the embedded one.</param>
/// <param name="IsRealClock">Whether the session's clock is the real one.</param>
/// <param name="Speed">How many times faster it goes.</param>
internal sealed record GuardAssignment(string Session, GuardOrder Order, TimeSpan Grace, string? Profile, bool IsRealClock, double Speed)
{
    /// <summary>Writes it where the guard will read it.</summary>
    public void Write(string path) => GuardFolder.Write(path, writer =>
    {
        writer.WriteString("directory", Session);
        writer.WriteString("session", Order.Session);
        writer.WriteString("fault", Order.Fault);
        writer.WriteString("file", Order.File);
        writer.WriteString("undo", Convert.ToBase64String(UndoPlan.Write(Order.Undo).Span));
        writer.WriteNumber("limitMs", (long)Order.Limit.TotalMilliseconds);
        writer.WriteNumber("graceMs", (long)Grace.TotalMilliseconds);
        writer.WriteBoolean("simulated", Order.IsSimulated);
        writer.WriteBoolean("realClock", IsRealClock);
        writer.WriteString("speed", Speed.ToString("R", CultureInfo.InvariantCulture));
        if (Profile is not null) writer.WriteString("profile", Path.GetFullPath(Profile));
    });

    /// <summary>Reads one; <see langword="null"/> where there is none.</summary>
    public static GuardAssignment? TryRead(string path)
    {
        if (GuardFolder.Read(path) is not { } read) return null;
        var order = new GuardOrder
        {
            Session = read.GetProperty("session").GetString()!,
            Fault = read.GetProperty("fault").GetString()!,
            File = read.GetProperty("file").GetString()!,
            Undo = UndoPlan.Read(read.GetProperty("undo").GetBytesFromBase64()),
            Limit = TimeSpan.FromMilliseconds(read.GetProperty("limitMs").GetInt64()),
            IsSimulated = read.GetProperty("simulated").GetBoolean(),
        };
        return new GuardAssignment(
            read.GetProperty("directory").GetString()!,
            order,
            TimeSpan.FromMilliseconds(read.GetProperty("graceMs").GetInt64()),
            read.TryGetProperty("profile", out var profile) ? profile.GetString() : null,
            read.GetProperty("realClock").GetBoolean(),
            double.Parse(read.GetProperty("speed").GetString()!, CultureInfo.InvariantCulture));
    }
}
