using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.EndToEnd;

/// <summary>A console in JSON mode, driven as a program would.</summary>
public static class DrivenConsole
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The operator signs that this session is theirs.</summary>
    /// <param name="console">The console.</param>
    public static async Task EndorseAsync(RunningProgram console)
    {
        var asked = await PromptAsync(console, "approvals", over: "session-key");
        await TypeAsync(console, new JsonObject { ["command"] = "decide", ["request"] = asked.GetProperty("request").GetInt64(), ["person"] = "alice", ["decision"] = "approve", ["passphrase"] = RealPeople.PassphraseOf("alice") });
    }

    /// <summary>Waits until the console asks for something.</summary>
    /// <param name="console">The console.</param>
    /// <param name="need">What it asks for.</param>
    /// <param name="over">What that is over, if it matters.</param>
    public static async Task<JsonElement> PromptAsync(RunningProgram console, string need, string? over = null)
    {
        var line = await console.NextLineAsync(l => Is(l, need, over), Limit);
        return JsonElement.Parse(line);
    }

    /// <summary>Whether the console asks for anybody, apart from those whose approval it waits for already; <see langword="false"/> when it ends without.</summary>
    /// <param name="console">The console.</param>
    public static async Task<bool> AsksAsync(RunningProgram console)
    {
        try
        {
            await console.NextLineAsync(l => JsonElement.Parse(l) is var said && Text(said, "kind") == "prompt" && Text(said, "need") != "approvals", Limit * 2);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Gives the console a command.</summary>
    /// <param name="console">The console.</param>
    /// <param name="command">The command.</param>
    public static Task TypeAsync(RunningProgram console, JsonObject command) => console.TypeAsync(command.ToJsonString() + "\n");

    private static bool Is(string line, string need, string? over)
    {
        var said = JsonElement.Parse(line);
        return Text(said, "kind") == "prompt" && Text(said, "need") == need && (over is null || Text(said, "over") == over);
    }

    private static string? Text(JsonElement json, string member) => json.TryGetProperty(member, out var value) ? value.GetString() : null;
}
