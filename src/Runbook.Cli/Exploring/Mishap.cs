using System.Collections.Immutable;
using System.Globalization;

namespace Runbook.Cli.Exploring;

/// <summary>A place in a run at which something can go wrong; each kind of place is counted for itself, from 1, over all lives of its process.</summary>
internal enum Place
{
    /// <summary>A request of the console.</summary>
    Call,

    /// <summary>An operation of the console on its disk.</summary>
    Disk,

    /// <summary>A wait of the console.</summary>
    Wait,

    /// <summary>Something that people are asked.</summary>
    People,

    /// <summary>A request of a guard.</summary>
    GuardCall,

    /// <summary>An operation of a guard on its disk.</summary>
    GuardDisk,

    /// <summary>A look of a guard.</summary>
    GuardLook,
}

/// <summary>What goes wrong.</summary>
internal enum MishapKind
{
    /// <summary>The request does not leave.</summary>
    Unsent,

    /// <summary>The request takes effect, and its answer is lost.</summary>
    Lost,

    /// <summary>The service answers 500, and has done nothing.</summary>
    Error,

    /// <summary>The service answers 500, and has done what was asked.</summary>
    ErrorAfter,

    /// <summary>The service answers 429.</summary>
    Throttled,

    /// <summary>Nobody reaches Azure from here on, for a time.</summary>
    Outage,

    /// <summary>The answer takes its time; the heart goes on beating.</summary>
    Slow,

    /// <summary>The process stands still for a time, its heart too.</summary>
    Stalled,

    /// <summary>The process is killed before.</summary>
    KilledBefore,

    /// <summary>The process is killed after.</summary>
    KilledAfter,

    /// <summary>The process is killed in the middle: a part was written.</summary>
    Torn,

    /// <summary>The machine goes down with everything on it.</summary>
    Reboot,

    /// <summary>The disk fails, for this process from now on.</summary>
    DiskFails,

    /// <summary>The wall clock of the process jumps.</summary>
    ClockJumps,

    /// <summary>The operator aborts.</summary>
    Aborts,

    /// <summary>Somebody refuses.</summary>
    Refuses,

    /// <summary>A day goes by before anybody answers.</summary>
    Late,

    /// <summary>The operator chooses otherwise.</summary>
    ChoosesOtherwise,
}

/// <summary>One thing that goes wrong.</summary>
/// <param name="Place">Where.</param>
/// <param name="Number">At the how manieth such place, from 1.</param>
/// <param name="Kind">What.</param>
/// <param name="Seconds">For how long, or by how much; after a death, how long until somebody resumes.</param>
internal sealed record Mishap(Place Place, int Number, MishapKind Kind, int Seconds = 0)
{
    /// <summary><c>call:17:lost</c>, <c>wait:3:killed-before:60</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Word(Place)}:{Number}:{Word(Kind)}{(Seconds == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $":{Seconds}"))}");

    /// <summary>Whether the console, or the whole machine, dies of it.</summary>
    public bool IsDeath => Kind is MishapKind.KilledBefore or MishapKind.KilledAfter or MishapKind.Torn or MishapKind.Reboot or MishapKind.DiskFails;

    /// <summary>Reads what <see cref="ToString"/> writes, several with commas between.</summary>
    public static ImmutableArray<Mishap> ParseAll(string text) => text.Length == 0 ? [] : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(Parse)];

    private static Mishap Parse(string text)
    {
        var parts = text.Split(':');
        if (parts.Length is 3 or 4
            && TryWord(parts[0], out Place place)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && TryWord(parts[2], out MishapKind kind)
            && (parts.Length == 3 ? "0" : parts[3]) is var seconds
            && int.TryParse(seconds, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time))
        {
            return new Mishap(place, number, kind, time);
        }

        throw new CliException("RC120", $"\"{text}\" is no mishap.", "nothing was explored.", "write place:number:what, as explore prints it: --mishaps call:17:lost");
    }

    private static string Word<T>(T value)
        where T : struct, Enum => string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));

    private static bool TryWord<T>(string word, out T value)
        where T : struct, Enum
    {
        foreach (var known in Enum.GetValues<T>().Where(k => Word(k) == word))
        {
            value = known;
            return true;
        }

        value = default;
        return false;
    }
}
