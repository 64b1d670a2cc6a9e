using System.Text;
using System.Text.Json;
using Runbook.Cli.Sessions;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Fronts;

/// <summary>
/// A session as JSON lines. Entries are written as they lie in the journal, byte for byte; lines of other kinds
/// (<c>prompt</c>, <c>reply</c>, <c>notice</c>, <c>result</c>) have no <c>seq</c> and are for the reader only.
/// </summary>
internal sealed class JsonFront(SessionRunner runner, IKeyring keyring, CliConsole console, TypedLines? typed) : LineFront(runner, typed)
{
    private readonly JsonCommands _commands = new(keyring);

    protected override void Tell(JournalLine line, SessionView before, SessionView after) => console.Line(Encoding.UTF8.GetString(line.Utf8.Span));

    protected override void Ask(SessionNeed need) => console.Line(Written(writer => JsonPrompt.Write(need, View, writer)));

    protected override void ShowReply(CommandReply reply) => console.Line(Written(writer =>
    {
        writer.WriteString("kind", "reply");
        writer.WriteBoolean("accepted", reply.Accepted);
        if (!reply.Accepted) writer.WriteString("message", Inert.Text(reply.Message));
    }));

    protected override Task<CommandReply>? Hear(string line, SessionNeed need, CancellationToken cancellationToken)
    {
        if (line.Trim().Length == 0) return null;
        if (_commands.Read(line, need, out var problem) is { } command) return Runner.SendAsync(command, cancellationToken);
        ShowReply(CommandReply.Refused(problem));
        return null;
    }

    /// <summary>What is said outside of a session's own lines, as its reader reads lines.</summary>
    public static string Notice(FrontKind front, string text) => front != FrontKind.Json ? CliConsole.Safe(text) : Written(writer =>
    {
        writer.WriteString("kind", "notice");
        writer.WriteString("text", Inert.Text(text));
    });

    /// <summary>One object on one line, ASCII only.</summary>
    public static string Written(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
