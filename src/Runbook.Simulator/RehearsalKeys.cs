using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Runbook.Simulator.KeyVault;
using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>
/// RSA keys that lie in a folder, made once and given out again, for estates that are thrown away: to make one takes a processor up to
/// some seconds, and tests make thousands. Whoever can read the folder knows the keys, so nothing that is kept may come from it.
/// </summary>
/// <remarks>
/// Only where the environment variable <see cref="Variable"/> names the folder; else keys are made as ever. It holds PKCS#8, a file for each
/// size and number, which any process adds to. No two keys of one estate are the same: what the estate has is passed over.
/// </remarks>
public static class RehearsalKeys
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "RUNBOOK_REHEARSAL_KEYS";

    private const int Numbers = 16;

    private static readonly string? Folder = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;
    private static readonly ConcurrentDictionary<string, Lazy<KeyMaterial>> Known = new(StringComparer.Ordinal);
    private static int _last = Environment.ProcessId;

    /// <summary>Whether a folder is named.</summary>
    internal static bool LieReady => Folder is not null;

    /// <summary>The RSA key of somebody who takes part in a rehearsal, the same in each; made anew where no folder is named.</summary>
    /// <param name="bits">Its size.</param>
    /// <param name="person">Roster id, so that no two people have the same.</param>
    public static RSA Of(int bits, string person) => At(bits, 0, $"{person}-") is { } kept ? kept.ToRsa() : RSA.Create(bits);

    /// <summary>A key that an estate does not have yet; <see langword="null"/> where it is to be made.</summary>
    internal static KeyMaterial? Next(int bits, EstateView? estate)
    {
        if (Folder is null) return null;
        var taken = estate?.Scan(Tables.KeyVersions).Select(v => v.Value.N).ToHashSet(StringComparer.Ordinal) ?? [];
        for (var i = 0; i < Numbers; i++)
        {
            var key = At(bits, (int)((uint)Interlocked.Increment(ref _last) % Numbers), "");
            if (!taken.Contains(key!.N)) return key;
        }

        return null;
    }

    /// <summary>The key of a number, the same whenever it is asked for; <see langword="null"/> where it is to be made.</summary>
    /// <param name="bits">Its size.</param>
    /// <param name="number">Its number.</param>
    /// <param name="series">What sets its numbers apart from others'.</param>
    internal static KeyMaterial? At(int bits, int number, string series) =>
        Folder is null ? null : Known.GetOrAdd(string.Create(CultureInfo.InvariantCulture, $"{series}{bits}-{number}.pk8"), static (name, bits) => new Lazy<KeyMaterial>(() => ReadOrMake(name, bits)), bits).Value;

    private static KeyMaterial ReadOrMake(string name, int bits)
    {
        var file = Path.Combine(Folder!, name);
        if (File.Exists(file) && KeyMaterial.OfPkcs8(File.ReadAllBytes(file), "RSA", null) is { } kept) return kept;
        var made = KeyMaterial.NewRsa(bits);
        Directory.CreateDirectory(Folder!);
        // Two processes may make it at once: either's is whole, and the next reader gets the later one.
        var whole = $"{file}.{Environment.ProcessId}";
        File.WriteAllBytes(whole, Convert.FromBase64String(made.Secret));
        File.Move(whole, file, overwrite: true);
        return made;
    }
}
