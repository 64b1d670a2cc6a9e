using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>Lists every recovery with the bytes that it removed, and sees that they are kept.</summary>
internal sealed class RecoveryNotes(SessionLayout layout, List<string> warnings)
{
    private const int ShownBytes = 200;

    private readonly List<string> _sentences = [];

    internal IReadOnlyList<string> Sentences => _sentences;

    internal void Take(LineAtHand line)
    {
        if (line.Entry is not { Body: Recovered recovered }) return;
        if (recovered is not { Tail: { } tail, TornDigest: { } digest })
        {
            _sentences.Add(string.Create(CultureInfo.InvariantCulture, $"Line {line.Number}: resumed after {Words<RecoveryCause>.Of(recovered.Why)}; nothing was torn."));
            return;
        }

        layout.Name(tail);
        var bytes = layout.TryRead(tail, 16 * Limits.LineBytes, layout.Log);
        if (bytes is null || Digest.Of(bytes) != digest || bytes.Length != recovered.TornBytes)
        {
            layout.Log.Fail(bytes is null ? Reason.MissingFile : Reason.DigestMismatch, $"{tail} is not the bytes that were removed", line.Number);
            return;
        }

        _sentences.Add(string.Create(CultureInfo.InvariantCulture, $"Line {line.Number}: resumed after {Words<RecoveryCause>.Of(recovered.Why)}; {bytes.Length} torn bytes are kept in {tail}: {Shown(bytes)}"));
    }

    internal void Finish()
    {
        foreach (var file in layout.FilesIn(SessionDirectory.RecoveryFolder))
            if (!_sentences.Any(s => s.Contains(file, StringComparison.Ordinal)))
                warnings.Add($"{Inert.Text(file)} holds bytes that no entry speaks of");
    }

    private static string Shown(byte[] bytes)
        => Inert.Text(Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, ShownBytes)))).Replace('\n', ' ').Replace('\t', ' ') + (bytes.Length > ShownBytes ? "…" : "");
}
