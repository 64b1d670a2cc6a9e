using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Journal;

namespace Runbook.EndToEnd;

/// <summary>Real people, each with a key and a home of their own, in front of one session.</summary>
public sealed class PeopleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task People_on_machines_of_their_own_walk_a_session_and_what_does_not_count_is_refused_and_journalled()
    {
        using var people = await RealPeople.MakeAsync();
        using var console = people.Of("alice").Start("run", people.Runbook, "--roster", people.Roster, "--ui", "json", "--out", "s");
        var session = people.In("s");

        var request = Number(await PromptAsync(console, "approvals"), "request");
        await TypeAsync(console, new JsonObject { ["command"] = "decide", ["request"] = request, ["person"] = "alice", ["decision"] = "approve", ["passphrase"] = "not the one that it is" });
        await RefusedAsync(console, "wrong-passphrase");
        await TypeAsync(console, new JsonObject { ["command"] = "decide", ["request"] = request, ["person"] = "alice", ["decision"] = "approve", ["passphrase"] = RealPeople.PassphraseOf("alice") });

        await PromptAsync(console, "ticks");
        await TypeAsync(console, new JsonObject { ["command"] = "tick", ["item"] = 1, ["person"] = "alice" });
        Drop(session, TickFor(session, "walt", "I have seen nobody.").Sign(Own(people, "walt")).ToFile(), "another-text");
        await RefusedAsync(console, "wrong-plan");
        var elsewhere = TickFor(session, "walt", "I have seen everybody.");
        var before = JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).First(l => l.Entry.Seq == elsewhere.Head.Seq - 1).Head;
        Drop(session, (elsewhere with { Head = before }).Sign(Own(people, "walt")).ToFile(), "another-moment");
        await RefusedAsync(console, "wrong-head");
        Drop(session, (elsewhere with { Person = "bob", Role = "custodian" }).Sign(Own(people, "bob")).ToFile(), "another-role");
        await RefusedAsync(console, "wrong-role");
        Ok(await people.ApproveAsync("walt", "s"));
        await PromptAsync(console, "operator");
        await TypeAsync(console, new JsonObject { ["command"] = "go-on" });

        await PromptAsync(console, "answers");
        Refused(await people.ApproveAsync("bob", "s", "--set", "hsm=KV-ONE"), 2, "RC084");
        Ok(await people.ApproveAsync("bob", "s", "--set", "hsm=kvone"));

        await PromptAsync(console, "approvals", over: "plan");
        await WhatDoesNotCountAsync(people, console, session);
        Ok(await people.ApproveAsync("bob", "s"));
        Drop(session, PayloadFor(session, "bob").Sign(Own(people, "bob")).ToFile(), "bob-again");
        await RefusedAsync(console, "duplicate-person");
        Ok(await people.ApproveAsync("carol", "s"));

        console.EndInput();
        var end = await console.EndAsync(Limit);
        Assert.True(end.ExitCode == 0, end.ToString());
        await VerifyAsync(people, session);
    }

    [Fact]
    public async Task Where_nobody_gives_out_tokens_no_session_starts_and_it_says_why()
    {
        using var people = await RealPeople.MakeAsync();
        await File.WriteAllTextAsync(people.In("real.yaml"), $"cloud: public\ntenant: {Guid.Empty}\nsubscription: {Guid.Empty}\nresourceGroup: rg-runbook\nenvironment: test\ncredential: environment\n", TestContext.Current.CancellationToken);
        // Port 9 of the loopback: the connection is refused at once.
        var variables = new Dictionary<string, string> { ["HTTPS_PROXY"] = "http://127.0.0.1:9", ["AZURE_TENANT_ID"] = Guid.Empty.ToString(), ["AZURE_CLIENT_ID"] = Guid.Empty.ToString(), ["AZURE_CLIENT_SECRET"] = "none" };

        var said = await people.Of("alice", variables).RunAsync("run", people.Runbook, "--roster", people.Roster, "--azure", people.In("real.yaml"), "--ui", "plain", "--out", "s");

        Refused(said, 5, "RC048");
        Assert.Contains("There is no connection: ", said.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(people.In("s")));
    }

    [Fact]
    public async Task A_plan_that_somebody_rejects_is_not_carried_out()
    {
        using var people = await RealPeople.MakeAsync();
        using var console = people.Of("alice").Start("run", people.Runbook, "--roster", people.Roster, "--ui", "plain", "--out", "s");

        await console.LineAsync(l => l.Contains("Alice's turn (operator). Type: approve", StringComparison.Ordinal), Limit);
        await console.TypeAsync($"approve\n{RealPeople.PassphraseOf("alice")}\n");
        await console.LineAsync(l => l.Contains("item 1. Type: tick", StringComparison.Ordinal), Limit);
        await console.TypeAsync("tick 1\ntick 2 walt\n");
        await console.LineAsync(l => l.Contains("Type: go", StringComparison.Ordinal), Limit);
        await console.TypeAsync("go\n");
        await console.LineAsync(l => l.Contains("Type: answer", StringComparison.Ordinal), Limit);
        await console.TypeAsync("answer dave\nKV-ONE\nkvone\n");
        await console.LineAsync(l => l.Contains("(custodian). Type: approve", StringComparison.Ordinal), Limit);
        Ok(await people.ApproveAsync("bob", "s", "--reject", "not today"));
        Ok(await people.ApproveAsync("carol", "s", "--reject", "nor tomorrow"));

        console.EndInput();
        var end = await console.EndAsync(Limit);
        Assert.True(end.ExitCode == 1, end.ToString());
        Assert.Contains("Asked again.", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("checkMhsmNameAvailability", string.Join('\n', (await EstateShape.OfAsync(people.In("s"))).Calls.Select(c => c.Url)), StringComparison.Ordinal);
        Assert.DoesNotContain(RealPeople.PassphraseOf("alice"), end.Output + await File.ReadAllTextAsync(new SessionDirectory(people.In("s")).Journal, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_roster_is_what_its_authority_signed_and_a_user_trusts()
    {
        using var people = await RealPeople.MakeAsync();
        var shown = await people.Of("alice").RunAsync("keys", "show", people.Roster);
        Assert.Contains("custodian        3 people, quorum 2", shown.Output, StringComparison.Ordinal);
        Assert.EndsWith("whom you trust.\n", shown.Output, StringComparison.Ordinal);

        Refused(await people.Of("stranger").RunAsync("run", people.Runbook, "--roster", people.Roster, "--out", "s"), 2, "RC066");
        Refused(await people.Of("authority").RunAsync("keys", "remove", "dave", "--roster", people.Roster, "--authority", "authority", "--passphrase-file", people.PassphraseFileOf("alice")), 2, "RJ301");
        Assert.Contains("custodian        3 people", (await people.Of("alice").RunAsync("keys", "show", people.Roster)).Output, StringComparison.Ordinal);
        Ok(await people.Of("authority").RunAsync("keys", "remove", "dave", "--roster", people.Roster, "--authority", "authority", "--passphrase-file", people.PassphraseFileOf("authority")));
        Assert.Contains("custodian        2 people", (await people.Of("alice").RunAsync("keys", "show", people.Roster)).Output, StringComparison.Ordinal);
        Refused(await people.Of("alice").RunAsync("run", people.Runbook, "--roster", people.Roster, "--out", "s"), 5, "RE202");
        Assert.False(Directory.Exists(people.In("s")));

        Refused(await people.Of("bob").RunAsync("keys", "new", "bob", "--passphrase-file", people.PassphraseFileOf("bob")), 2, "RC060");
        await File.WriteAllTextAsync(people.In("rehearsal.pem"), Rehearsal.Authority.PublicKey.Pem, TestContext.Current.CancellationToken);
        Refused(await people.Of("alice").RunAsync("keys", "trust", people.In("rehearsal.pem")), 2, "RC069");

        var altered = (await File.ReadAllTextAsync(people.Roster, TestContext.Current.CancellationToken)).Replace("\"quorum\":2", "\"quorum\":1", StringComparison.Ordinal);
        await File.WriteAllTextAsync(people.Roster, altered, TestContext.Current.CancellationToken);
        Refused(await people.Of("alice").RunAsync("run", people.Runbook, "--roster", people.Roster, "--out", "s"), 2, "RC06");
        Assert.False(Directory.Exists(people.In("s")));
    }

    private static async Task WhatDoesNotCountAsync(RealPeople people, RunningProgram console, string session)
    {
        var wrong = await people.Of("bob").RunAsync("approve", "s", "--yes", "--passphrase-file", people.PassphraseFileOf("carol"));
        Refused(wrong, 2, "RJ301");
        await RefusedAsync(console, "wrong-passphrase");
        Refused(await people.ApproveAsync("walt", "s", "--person", "zoe"), 2, "RC083");
        Refused(await people.Of("stranger").RunAsync("approve", "s", "--yes", "--person", "bob"), 3, "RC080");

        using var stranger = EcdsaSigner.Generate();
        Drop(session, PayloadFor(session, "bob").Sign(stranger).ToFile(), "stranger");
        await RefusedAsync(console, "unknown-key");
        Drop(session, PayloadFor(session, "carol").Sign(Rehearsal.KeyOf("carol")).ToFile(), "rehearsal");
        await RefusedAsync(console, "unknown-key");
        Drop(session, (PayloadFor(session, "bob") with { Session = "20260101T000000Z-0123456789abcdef" }).Sign(Own(people, "bob")).ToFile(), "moved");
        await RefusedAsync(console, "wrong-session");
        Drop(session, (PayloadFor(session, "walt") with { Role = "custodian" }).Sign(Own(people, "walt")).ToFile(), "walt");
        await RefusedAsync(console, "wrong-role");
    }

    private static async Task VerifyAsync(RealPeople people, string session)
    {
        var own = await people.Of("alice").RunAsync("verify", session);
        Assert.True(own.ExitCode == 0, own.ToString());
        Assert.StartsWith("intact, ", own.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("rehearsal people", own.Output.Split('\n')[0], StringComparison.Ordinal);
        var trusting = await people.Of("auditor").RunAsync("verify", session, "--trust", people.AuthorityKey);
        Assert.True(trusting.ExitCode == 0, trusting.ToString());
        var unknowing = await people.Of("auditor").RunAsync("verify", session);
        Assert.True(unknowing.ExitCode == 3, unknowing.ToString());
        Assert.StartsWith("unjudged", unknowing.Output, StringComparison.Ordinal);
        Assert.Equal(1, Entries(session).OfType<Approval>().Count(a => a.Person == "bob" && a.Role == "custodian"));
    }

    private static ApprovalPayload PayloadFor(string session, string person)
    {
        var lines = JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).ToList();
        var asked = lines.Last(l => l.Entry.Body is ApprovalRequested);
        var request = (ApprovalRequested)asked.Entry.Body;
        return new ApprovalPayload
        {
            At = asked.Entry.At,
            Decision = Decision.Approve,
            Expires = JournalTime.Of(asked.Entry.At.ToDateTimeOffset().AddMilliseconds(request.ExpiresMs)),
            Head = asked.Head,
            Nonce = request.Nonce,
            Over = request.Over,
            Person = person,
            Plan = request.Plan,
            Role = request.Role,
            Roster = lines.Select(l => l.Entry.Body).OfType<RosterBound>().Last().Roster,
            Runbook = lines.Select(l => l.Entry.Body).OfType<PlanBound>().Last().Runbook.Digest,
            Session = lines.Select(l => l.Entry.Body).OfType<SessionOpened>().Single().Session,
        };
    }

    private static TickPayload TickFor(string session, string person, string text)
    {
        var lines = JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).ToList();
        var entered = lines.Last(l => l.Entry.Body is StepEntered);
        return new TickPayload
        {
            At = entered.Entry.At,
            Head = entered.Head,
            Item = 2,
            Person = person,
            Role = "witness",
            Session = lines.Select(l => l.Entry.Body).OfType<SessionOpened>().Single().Session,
            Step = entered.Entry.Step!,
            Text = InertText.Of(text),
            Visit = entered.Entry.Visit!.Value,
        };
    }

    private static EcdsaSigner Own(RealPeople people, string person) => PersonKeyFile.Open(File.ReadAllBytes(people.KeyFileOf(person)), RealPeople.PassphraseOf(person));

    // Whole at once, as the program itself leaves an envelope.
    private static void Drop(string session, byte[] envelope, string name)
    {
        var request = JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).Last(l => l.Entry.Body is ApprovalRequested).Entry.Seq;
        DurableFiles.Replace(LocalDisk.Instance, Path.Combine(new SessionDirectory(session).Approvals, string.Create(CultureInfo.InvariantCulture, $"{request}-{name}.dsse.json")), envelope);
    }

    private static IEnumerable<EntryBody> Entries(string session) => JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).Select(l => l.Entry.Body);

    private static Task TypeAsync(RunningProgram console, JsonObject command) => console.TypeAsync(command.ToJsonString() + "\n");

    private static async Task<JsonElement> PromptAsync(RunningProgram console, string need, string? over = null)
    {
        var line = await console.LineAsync(l => Is(l, "prompt", j => Text(j, "need") == need && (over is null || Text(j, "over") == over)), Limit);
        return JsonDocument.Parse(line).RootElement;
    }

    // Each refusal is waited for once: the next wait begins behind it.
    private static async Task RefusedAsync(RunningProgram console, string why) =>
        await console.NextLineAsync(l => Is(l, "approval-refused", j => Text(j.GetProperty("body"), "why") == why), Limit);

    private static bool Is(string line, string kind, Func<JsonElement, bool> fits)
    {
        using var document = JsonDocument.Parse(line);
        return Text(document.RootElement, "kind") == kind && fits(document.RootElement);
    }

    private static string? Text(JsonElement json, string member) => json.TryGetProperty(member, out var value) ? value.GetString() : null;

    private static long Number(JsonElement json, string member) => json.GetProperty(member).GetInt64();

    private static void Ok(Said said) => Assert.True(said.ExitCode == 0, said.ToString());

    private static void Refused(Said said, int exit, string code)
    {
        Assert.True(said.ExitCode == exit, said.ToString());
        Assert.Contains($"error {code}", said.Error, StringComparison.Ordinal);
    }
}
