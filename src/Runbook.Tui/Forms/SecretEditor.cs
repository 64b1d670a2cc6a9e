using System.Security.Cryptography;

namespace Runbook.Tui;

/// <summary>A secret that a person types: never drawn, never in a string, gone when it is cleared.</summary>
internal sealed class SecretEditor
{
    /// <summary>Longest secret, in UTF-16 code units.</summary>
    public const int LengthMax = 1024;

    private readonly char[] _typed = GC.AllocateArray<char>(LengthMax, pinned: true);

    /// <summary>UTF-16 code units typed so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was typed; valid until the next key.</summary>
    public ReadOnlySpan<char> Typed => _typed.AsSpan(0, Length);

    /// <summary>Takes a key.</summary>
    public bool Press(KeyPress key)
    {
        switch (key)
        {
            case { Name: KeyName.Text, Ctrl: false } when Length + key.Text.Length <= LengthMax:
                key.Text.CopyTo(_typed.AsSpan(Length));
                Length += key.Text.Length;
                return true;
            case { Name: KeyName.Backspace }:
                if (Length == 0) return true;
                Length -= Length > 1 && char.IsLowSurrogate(_typed[Length - 1]) ? 2 : 1;
                _typed.AsSpan(Length).Clear();
                return true;
            case { Ctrl: true, Text: "u" }:
                Clear();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Takes pasted text; a password manager may paste.</summary>
    public void Insert(string text)
    {
        foreach (var c in text.TrimEnd('\r', '\n'))
        {
            if (!char.IsControl(c) && Length < LengthMax) _typed[Length++] = c;
        }
    }

    /// <summary>Forgets it.</summary>
    public void Clear()
    {
        CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(_typed.AsSpan()));
        Length = 0;
    }

    /// <summary>What is drawn in its place.</summary>
    public string Shown => Length == 0 ? "" : "(typed, not shown)";
}
