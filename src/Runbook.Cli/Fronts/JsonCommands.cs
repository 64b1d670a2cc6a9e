using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Fronts;

/// <summary>Reads commands from JSON: <c>{"command":"tick","item":1,"person":"bob"}</c> and the like. Listed in <c>docs/command-line.md</c>.</summary>
internal sealed class JsonCommands(IKeyring keyring)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Reads one; <see langword="null"/> with a sentence where it is none.</summary>
    public SessionCommand? Read(string line, SessionNeed need, out string problem)
    {
        problem = "";
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            var root = document.RootElement.Clone();
            return Read(root, need);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
        {
            problem = exception is JsonException or IOException or UnauthorizedAccessException ? exception.Message : "a member is missing or of the wrong type.";
            return null;
        }
    }

    private SessionCommand Read(JsonElement root, SessionNeed need) => Text(root, "command") switch
    {
        "tick" => new SessionCommand.TickItem(root.GetProperty("item").GetInt32(), Text(root, "person")),
        "answer" => Answer(root),
        "decide" => Decide(root),
        "go-on" => new SessionCommand.GoOn(),
        "choose" => new SessionCommand.Choose(Text(root, "choice")),
        "abort" => new SessionCommand.AbortSession(Text(root, "reason"), "operator"),
        "pause" => new SessionCommand.PauseSession(Optional(root, "reason") ?? "the operator left"),
        "note" => new SessionCommand.AddNote(Text(root, "text")),
        "secret" when need is SessionNeed.Secret secret => new SessionCommand.TellSecret(secret.Name, Text(root, "value")),
        "settle" => new SessionCommand.ProposeSettlement(Text(root, "as") switch
        {
            "took-effect" => Settlement.TookEffect,
            "did-not" => Settlement.DidNot,
            "abandoned" => Settlement.Abandoned,
            var other => throw new JsonException($"\"{other}\" is none of took-effect, did-not, abandoned."),
        }),
        var other => throw new JsonException($"\"{other}\" is no command that fits here."),
    };

    private static SessionCommand.GiveAnswer Answer(JsonElement root)
    {
        var values = root.TryGetProperty("values", out var given) ? given.EnumerateObject().ToImmutableDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal) : [];
        var files = root.TryGetProperty("files", out var named)
            ? named.EnumerateObject().ToImmutableDictionary(f => f.Name, f => Read(f.Value.GetString()!), StringComparer.Ordinal)
            : [];
        return new SessionCommand.GiveAnswer(Text(root, "person"), values, files);
    }

    private static HandedInFile Read(string path)
    {
        var file = new FileInfo(path);
        return file is { Exists: true, Length: <= EngineLimits.HandedInBytesMax }
            ? new HandedInFile(file.Name, File.ReadAllBytes(file.FullName))
            : throw new IOException($"\"{path}\" is not there, or has more than {EngineLimits.HandedInBytesMax} bytes.");
    }

    private SessionCommand Decide(JsonElement root)
    {
        var person = Text(root, "person");
        var request = root.GetProperty("request").GetInt64();
        var decision = Text(root, "decision") switch
        {
            "approve" => Decision.Approve,
            "reject" => Decision.Reject,
            var other => throw new JsonException($"\"{other}\" is neither approve nor reject."),
        };
        if (keyring.Of(person) == KeyAvailability.Elsewhere) throw new JsonException($"the key of {person} is not here: they sign on their own machine, with runbook approve.");
        try
        {
            var key = keyring.TryGet(person) ?? keyring.Unlock(person, Text(root, "passphrase"));
            return new SessionCommand.Decide(request, person, decision, Optional(root, "reason"), key);
        }
        catch (PersonKeyException exception) when (exception.Failure == PersonKeyFailure.WrongPassphrase)
        {
            return new SessionCommand.ReportWrongPassphrase(request, person);
        }
    }

    private static string Text(JsonElement root, string member) => root.GetProperty(member).GetString() ?? throw new JsonException($"\"{member}\" is null.");

    private static string? Optional(JsonElement root, string member) => root.TryGetProperty(member, out var value) ? value.GetString() : null;
}
