using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>Plans the next automatic rotation of a key from its policy and its latest version.</summary>
internal static class RotationSchedule
{
    public const string Kind = "key-rotation";

    /// <summary>Replaces what was planned for the key.</summary>
    public static void Plan(EstateTransaction tx, KeyObject key, KeyVersion latest)
    {
        if (key.Policy is null)
            return;
        Cancel(tx, key.Key);
        if (Next(key.Policy, latest) is { } due)
            tx.Schedule(due > tx.Now ? due : tx.Now, Kind, key.Key, latest.Version);
    }

    public static void Cancel(EstateTransaction tx, string key) => tx.Unschedule(Kind, key);

    /// <summary>When the policy wants the next version, or <see langword="null"/> for never.</summary>
    public static DateTimeOffset? Next(RotationPolicy policy, KeyVersion latest)
    {
        var rotate = policy.Actions.FirstOrDefault(action => action.Type.Equals("Rotate", StringComparison.OrdinalIgnoreCase));
        if (rotate is null)
            return null;
        if (rotate.TimeAfterCreate is { } after && IsoDuration.TryAdd(DateTimeOffset.FromUnixTimeSeconds(latest.Created), after, 1, out var aged))
            return aged;
        return rotate.TimeBeforeExpiry is { } before && latest.Expires is { } expires
            && IsoDuration.TryAdd(DateTimeOffset.FromUnixTimeSeconds(expires), before, -1, out var ending)
                ? ending
                : null;
    }
}
