using System.Collections.Immutable;
using System.Text;

namespace Runbook.Tui;

/// <summary>What a key can do at most.</summary>
internal enum KeyEffect
{
    /// <summary>It only changes what is looked at.</summary>
    Looks,

    /// <summary>It tells the session something that a person says often: a tick, to go on.</summary>
    Says,

    /// <summary>It opens a dialog, and that one is the gate.</summary>
    Opens,
}

/// <summary>One row of a key table: keys, footer, help and the command list are all made of these.</summary>
/// <param name="Command">Its name in the command list.</param>
/// <param name="Label">What the footer says; empty to keep it out of there.</param>
/// <param name="Help">What the help says, in a few words.</param>
/// <param name="Run">What it does.</param>
/// <param name="Keys">The keys, the first of which is shown.</param>
internal sealed record KeyRow(string Command, string Label, string Help, Action Run, params ImmutableArray<KeyPress> Keys)
{
    /// <summary>Whether it is possible now; a row that is not is in neither footer nor help.</summary>
    public Func<bool> When { get; init; } = static () => true;

    /// <summary>What it can do at most.</summary>
    public KeyEffect Effect { get; init; } = KeyEffect.Looks;
}

/// <summary>The keys of a screen.</summary>
internal sealed class KeyTable
{
    private const string Gap = "  ";

    /// <summary>Takes the rows in the order in which footer and help show them.</summary>
    public KeyTable(params ImmutableArray<KeyRow> rows) => Rows = rows;

    /// <summary>All rows, also those that are not possible now.</summary>
    public ImmutableArray<KeyRow> Rows { get; }

    /// <summary>The rows that are possible now.</summary>
    public IEnumerable<KeyRow> Possible => Rows.Where(r => r.When());

    /// <summary>The row of a key, if it is possible now.</summary>
    public KeyRow? Find(KeyPress key) => Possible.FirstOrDefault(r => r.Keys.Contains(key));

    /// <summary>This table with other rows behind its own.</summary>
    public KeyTable With(params ImmutableArray<KeyRow> rows) => new([.. Rows, .. rows]);

    /// <summary>
    /// The footer: as many rows as there is room for, from the first on; the last two, which lead to help and out, always.
    /// </summary>
    public string Footer(int columns)
    {
        var shown = Possible.Where(r => r.Label.Length > 0 && r.Keys.Length > 0).Select(r => $"{r.Keys[0]} {r.Label}").ToList();
        var always = shown.Skip(Math.Max(0, shown.Count - 2)).ToList();
        var tail = string.Join(Gap, always);
        var text = new StringBuilder();
        foreach (var part in shown.Take(shown.Count - always.Count))
        {
            if (text.Length + part.Length + Gap.Length + tail.Length > columns) break;
            text.Append(part).Append(Gap);
        }

        return text.Append(tail).ToString();
    }
}
