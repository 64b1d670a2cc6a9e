using System.Text;
using Runbook.Language.Actions;
using Runbook.Language.Checking;
using Runbook.Language.Machine;
using Runbook.Language.Parsing;

namespace Runbook.Language;

/// <summary>The front door of the language: text in; document, machine and findings out.</summary>
public static class RunbookCompiler
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Parses and checks one runbook, and builds its machine when nothing in it is an error.
    /// </summary>
    /// <param name="markdown">The whole file, UTF-16, at most 1 MiB as UTF-8; line endings may be LF or CR LF.</param>
    /// <param name="name">The file's name without <c>.md</c>; must equal the front matter's <c>runbook</c>.</param>
    /// <param name="catalogue">The actions a block may name. Data only: nothing is called.</param>
    /// <returns>
    /// Always a <see cref="Compilation"/>. <see cref="Compilation.Diagnostics"/> is sorted by line, then column, then
    /// code; <see cref="Compilation.Machine"/> is <see langword="null"/> exactly when one of them is an error.
    /// </returns>
    /// <remarks>
    /// Pure: the same three arguments give the same result, byte for byte, on any machine and in any culture.
    /// Never throws for what an author can write. Called runbooks are looked at by <see cref="RunbookLinker"/>.
    /// </remarks>
    public static Compilation Compile(string markdown, string name, ActionCatalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(markdown);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(catalogue);
        var source = new SourceText(markdown);
        var found = new DiagnosticBag(source, name + ".md");
        var document = RunbookParser.Parse(source, found, name);
        MachineDefinition? machine = null;
        int? states = null;
        if (document is not null)
        {
            machine = MachineCompiler.Compile(document);
            (var secrets, states) = Check(new CheckContext(document, machine, catalogue, found));
            machine = MachineCompiler.WithSecrets(machine, secrets);
        }

        return new Compilation
        {
            Name = name,
            Document = document,
            Machine = found.HasErrors ? null : machine,
            Diagnostics = found.ToSorted(),
            Source = source,
            Catalogue = catalogue,
            StatesChecked = states,
            Calls = document is null ? [] : [.. document.Steps.Select(s => s.Block).OfType<StepBlock.Call>().Select(c => c.File).Distinct(StringComparer.Ordinal)],
        };
    }

    /// <summary>The same for a file's bytes, which must be UTF-8 without a byte-order mark.</summary>
    /// <inheritdoc cref="Compile(string, string, ActionCatalogue)"/>
    /// <param name="utf8">The file's bytes.</param>
    /// <param name="name">The file's name without <c>.md</c>.</param>
    /// <param name="catalogue">The actions a block may name.</param>
    public static Compilation Compile(ReadOnlySpan<byte> utf8, string name, ActionCatalogue catalogue)
    {
        if (utf8.Length > Limits.RunbookBytesMax) return Refused(name, Rules.TooLarge, 0, "", $"The file has more than {Limits.RunbookBytesMax:N0} bytes.", "Split it into runbooks that call one another.");
        try
        {
            return Compile(StrictUtf8.GetString(utf8), name, catalogue);
        }
        catch (DecoderFallbackException exception)
        {
            var good = StrictUtf8.GetString(utf8[..Math.Clamp(exception.Index, 0, utf8.Length)]);
            return Refused(name, Rules.NotUtf8, good.Length, good, "The bytes here are not UTF-8.", "Save the file as UTF-8.");
        }
    }

    private static Compilation Refused(string name, Rule rule, int offset, string text, string message, string fix)
    {
        var source = new SourceText(text);
        var found = new DiagnosticBag(source, name + ".md");
        found.Add(rule, new SourceSpan(offset, 0), message, fix);
        return new Compilation { Name = name, Document = null, Machine = null, Diagnostics = found.ToSorted(), Source = source };
    }

    private static (IReadOnlyList<string> Secrets, int? States) Check(CheckContext context)
    {
        LinkChecks.Run(context);
        var secrets = DataChecks.Run(context);
        var states = SafetyChecks.Run(context);
        PeopleChecks.Run(context);
        ScopeChecks.Run(context);
        return (secrets, states);
    }
}
