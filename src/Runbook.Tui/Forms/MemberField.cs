using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Language.Schemas;

namespace Runbook.Tui;

/// <summary>A field for one member of a schema: knows how its value is typed, completed, checked and taken.</summary>
internal sealed class MemberField
{
    private readonly TypedPath _paths;
    private readonly long _bytesMax;
    private (string Shown, HandedInFile File)? _lent;

    /// <summary>Makes one.</summary>
    /// <param name="member">The member.</param>
    /// <param name="paths">How paths are read.</param>
    /// <param name="bytesMax">Largest file.</param>
    /// <param name="preset">What stands there at first; the schema's default where there is none.</param>
    public MemberField(SchemaMember member, TypedPath paths, long bytesMax, JsonElement? preset = null)
    {
        (Member, _paths, _bytesMax) = (member, paths, Math.Min(bytesMax, member.Schema.IsFile ? member.Schema.MaxLength ?? bytesMax : bytesMax));
        var isSecret = member.Schema.WriteOnly;
        var first = preset ?? member.Schema.Default;
        Field = new EntryField
        {
            Label = Safe.Screen(member.Name) + (member.Required ? "" : " (may be left empty)"),
            Help = [.. TypedValue.Help(member)],
            Editor = isSecret ? null : new LineEditor(8192, first is { } value ? TypedValue.Text(value) : ""),
            Secret = isSecret ? new SecretEditor() : null,
            Complaint = isSecret ? _ => SecretComplaint() : Complaint,
            Complete = member.Schema.IsFile ? paths.Complete : member.Schema.Enum.IsEmpty ? null : NextOfEnum,
        };
    }

    /// <summary>The member.</summary>
    public SchemaMember Member { get; }

    /// <summary>The field.</summary>
    public EntryField Field { get; }

    /// <summary>Puts a value in.</summary>
    public void Fill(JsonElement value)
    {
        if (Field.Secret is { } secret)
        {
            secret.Clear();
            secret.Insert(TypedValue.Text(value));
            return;
        }

        Field.Editor!.Set(TypedValue.Text(value));
    }

    /// <summary>Puts a file in that lies on no disk of the person's.</summary>
    public void Lend(HandedInFile file)
    {
        var shown = $"(made for the rehearsal) {file.Name}";
        _lent = (shown, file);
        Field.Editor!.Set(shown);
    }

    /// <summary>Takes what was typed.</summary>
    /// <returns>Why it can't be taken, or <see langword="null"/>.</returns>
    public string? Take(ImmutableDictionary<string, JsonElement>.Builder values, ImmutableDictionary<string, HandedInFile>.Builder files)
    {
        if (Member.Schema.IsFile) return TakeFile(files);
        var (value, complaint) = TypedValue.Read(Member, Field.Secret is { } secret ? new string(secret.Typed) : Field.Text);
        if (value is { } read) values[Member.Name] = read;
        return complaint;
    }

    private string? TakeFile(ImmutableDictionary<string, HandedInFile>.Builder files)
    {
        if (_lent is { } lent && lent.Shown == Field.Text)
        {
            files[Member.Name] = lent.File;
            return null;
        }

        if (Field.Text.Trim().Length == 0) return Member.Required ? "It is needed." : null;
        if (_paths.Complaint(Field.Text, _bytesMax) is { } complaint) return complaint;
        var path = _paths.Whole(Field.Text);
        try
        {
            files[Member.Name] = new HandedInFile(Path.GetFileName(path), File.ReadAllBytes(path));
            return null;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            return "It can't be read: " + cause.Message;
        }
    }

    private string? Complaint(string typed)
    {
        if (!Member.Schema.IsFile) return TypedValue.Read(Member, typed).Complaint;
        if (_lent is { } lent && lent.Shown == typed) return null;
        if (typed.Trim().Length == 0) return Member.Required ? "It is needed." : null;
        return _paths.Complaint(typed, _bytesMax);
    }

    private string? SecretComplaint() => Member.Required && Field.Secret!.Length == 0 ? "It is needed." : null;

    private (string Text, string? Notice) NextOfEnum(string typed)
    {
        var texts = Member.Schema.Enum.Select(TypedValue.Text).ToList();
        var at = texts.IndexOf(typed);
        var begun = at < 0 ? texts.FindIndex(t => t.StartsWith(typed, StringComparison.Ordinal)) : (at + 1) % texts.Count;
        return (texts[Math.Max(0, begun)], null);
    }
}
