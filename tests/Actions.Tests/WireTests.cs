using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine.Actions;
using Runbook.Simulator;

namespace Runbook.Actions.Tests;

/// <summary>What an action makes of the network's answers, and of none.</summary>
public sealed class WireTests
{
    private const string Get = "keyvault.managed-hsm.get";
    private const string Update = "keyvault.managed-hsm.update";
    private const string Account = "storage.account.get";
    private const string Storage = """{"name":"stdata"}""";
    private const string Hsm = """{"name":"kv-hsm-prod"}""";
    private const string On = """{"name":"kv-hsm-prod","purgeProtection":true}""";
    private const string Key = """{"hsm":"kv-hsm-prod","name":"cmk"}""";

    [Fact]
    public async Task A_request_leaves_as_planned_with_the_journals_id_and_a_token_for_its_plane()
    {
        using var bench = new Bench();

        await AskBothPlanesAsync(bench);

        Assert.Equal(bench.Call(Get, Hsm).Url, bench.Network.Seen[0].Url);
        Assert.Equal(bench.Call("keyvault.key.get", Key).Url, bench.Network.Seen[1].Url);
        Assert.All(bench.Network.Seen, s => Assert.Equal(bench.Context.ClientRequestId, s.ClientRequestId));
        Assert.Equal(["token-for-https://management.azure.com/.default", "token-for-https://managedhsm.azure.net/.default"], bench.Network.Seen.Select(s => s.Token));
    }

    [Fact]
    public async Task A_request_names_the_program_and_the_client_that_made_it()
    {
        using var bench = new Bench();

        await AskBothPlanesAsync(bench);

        Assert.Equal([Named(typeof(Azure.ResourceManager.ArmClient)), Named(typeof(Azure.Security.KeyVault.Keys.KeyClient))], bench.Network.Seen.Select(s => s.UserAgent));

        // In the words that Azure's own clients would use.
        static string Named(Type client) => new Azure.Core.TelemetryDetails(client.Assembly, "runbook").ToString();
    }

    // Resource Manager through its client, and the HSM through that of its keys.
    private static async Task AskBothPlanesAsync(Bench bench)
    {
        bench.Network.Answer(200, """{"id":"/x","name":"kv-hsm-prod"}""").Answer(200, """{"key":{"kid":"https://kv-hsm-prod.managedhsm.azure.net/keys/cmk/1","kty":"RSA-HSM"}}""");
        await bench.SendAsync(Get, Hsm);
        await bench.SendAsync("keyvault.key.get", Key);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_token_is_asked_for_once_and_again_when_it_was_refused(int refusal)
    {
        using var bench = new Bench();
        bench.Network.Answer(200, "{}").Answer(200, "{}").Answer(200, "{}").Answer(200, "{}");
        foreach (var (action, with) in new[] { (Get, Hsm), (Account, Storage), (Get, Hsm), (Account, Storage) }) await bench.SendAsync(action, with);
        Assert.Single(bench.Credential.Asked);

        bench.Network.Answer(refusal, "").Answer(200, "{}").Answer(200, "{}");
        await bench.SendAsync(Account, Storage);
        await bench.SendAsync(Account, Storage);
        await bench.SendAsync(Get, Hsm);

        Assert.Equal(2, bench.Credential.Asked.Count);

        // What is forbidden every few seconds is not a reason to ask every few seconds; what is not believed is.
        bench.Network.Answer(refusal, "").Answer(200, "{}");
        await bench.SendAsync(Account, Storage);
        await bench.SendAsync(Account, Storage);

        Assert.Equal(refusal == 401 ? 3 : 2, bench.Credential.Asked.Count);
    }

    [Fact]
    public async Task What_is_kept_of_somebody_is_forgotten_when_somebody_else_is_signed_in()
    {
        var now = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        var (alice, bob) = (TokenOf("00000000-0000-4000-8000-00000000000a"), TokenOf("00000000-0000-4000-8000-00000000000b"));
        var told = 0;
        var kept = new KeptTokens(new ScriptedCredential(Lasting(alice), Lasting(alice), Lasting(bob), Lasting(bob)), new FrozenTime(now), () => told++);

        foreach (var (scope, expected) in new[] { ("a", alice), ("b", alice), ("a", alice), ("c", bob), ("a", bob) }) Assert.Equal(expected, (await kept.GetTokenAsync(new TokenRequestContext([scope]), TestContext.Current.CancellationToken)).Token);

        Assert.Equal(1, told);

        AccessToken Lasting(string token) => new(token, now.AddHours(1));
        static string TokenOf(string id) => $"e30.{System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"oid":"{{id}}","tid":"10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101"}"""))}.";
    }

    [Fact]
    public async Task A_request_that_belongs_to_no_planned_call_does_not_leave()
    {
        using var network = new ScriptedNetwork();
        using var transport = new HttpClientTransport(network);
        var pipeline = HttpPipelineBuilder.Build(new NoOptions { Transport = transport }, new PlannedRequestPolicy(static _ => { }));
        using var message = pipeline.CreateMessage();
        message.Request.Uri.Reset(new Uri("https://management.azure.com/subscriptions"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => pipeline.SendAsync(message, TestContext.Current.CancellationToken).AsTask());

        Assert.Empty(network.Seen);
    }

    [Fact]
    public async Task A_token_that_ends_soon_or_is_to_be_renewed_is_asked_for_anew()
    {
        var now = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        var inner = new ScriptedCredential(
            new AccessToken("ends in five minutes", now.AddMinutes(5)),
            new AccessToken("to be renewed", now.AddHours(1), now),
            new AccessToken("holds", now.AddHours(1), now.AddSeconds(1)));
        var kept = new KeptTokens(inner, new FrozenTime(now), static () => { });

        foreach (var expected in new[] { "ends in five minutes", "to be renewed", "holds", "holds" }) Assert.Equal(expected, (await TokenAsync(new TokenRequestContext(["a"]))).Token);

        // For something else, of another tenant, or after a refusal that names claims, another is asked for.
        foreach (var other in new TokenRequestContext[] { new(["b"]), new(["a"], tenantId: "t"), new(["a"], claims: "{}") }) await Assert.ThrowsAsync<InvalidOperationException>(() => TokenAsync(other));

        Task<AccessToken> TokenAsync(TokenRequestContext context) => kept.GetTokenAsync(context, TestContext.Current.CancellationToken).AsTask();
    }

    [Fact]
    public async Task A_body_leaves_as_it_was_planned()
    {
        using var bench = new Bench();
        bench.Network.Answer(200, """{"id":"/x","properties":{"provisioningState":"Succeeded","enablePurgeProtection":true}}""");

        await bench.SendAsync(Update, On);

        Assert.Equal("""{"properties":{"enablePurgeProtection":true}}""", bench.Network.Seen.Single().Body);
    }

    [Fact]
    public async Task No_token_is_given_to_an_address_of_another_cloud()
    {
        using var bench = new Bench();

        var refused = await Assert.ThrowsAsync<CallNotSentException>(() => bench.SendAsync("keyvault.key.get", """{"id":"https://evil.example/keys/cmk/0123456789abcdef0123456789abcdef"}"""));

        Assert.Equal(ActionCodes.ForeignAddress, refused.Code);
        Assert.Empty(bench.Credential.Asked);
        Assert.Empty(bench.Network.Seen);
    }

    [Fact]
    public async Task Nothing_leaves_for_a_real_Azure_while_random_bytes_are_given()
    {
        using var bench = new Bench();
        Randomness.TakeFrom(new NoRandomness());

        var refused = await Assert.ThrowsAsync<CallNotSentException>(() => bench.SendAsync(Get, Hsm));

        Assert.Contains("not embedded", refused.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Credential.Asked);
        Assert.Empty(bench.Network.Seen);

        Randomness.TakeFrom(null);
        bench.Network.Answer(200, """{"id":"/x","name":"kv-hsm-prod"}""");
        await bench.SendAsync(Get, Hsm);
        Assert.Single(bench.Network.Seen);
    }

    [Fact]
    public async Task A_refused_token_means_that_nothing_was_sent()
    {
        using var bench = new Bench(new FixedCredential(new AuthenticationFailedException("AADSTS7000215: Invalid client secret provided.")));

        var refused = await Assert.ThrowsAsync<CallNotSentException>(() => bench.SendAsync(Get, Hsm));

        Assert.Equal(ActionCodes.NoToken, refused.Code);
        Assert.Contains("AADSTS7000215", refused.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Network.Seen);
    }

    public static TheoryData<Exception, string> Unanswered => new()
    {
        { new HttpRequestException(HttpRequestError.ResponseEnded, "ended"), "NoAnswer" },
        { new IOException("reset", new SocketException((int)SocketError.ConnectionReset)), "NoAnswer" },
        { new TaskCanceledException("the timeout"), "NoAnswer" },
        { new HttpRequestException(HttpRequestError.NameResolutionError, "no name", new SocketException((int)SocketError.HostNotFound)), "NameNotResolved" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError, "tls", new AuthenticationException("no trust")), "TlsFailed" },
    };

    [Theory, MemberData(nameof(Unanswered))]
    public async Task For_a_reading_no_answer_is_an_answer_with_a_word(Exception cause, string word)
    {
        using var bench = new Bench();
        bench.Network.Fail(cause);

        var answer = await bench.SendAsync(Get, Hsm);

        Assert.Equal((null, word), (answer.Status, answer.Error?.Code));
    }

    [Fact]
    public async Task A_change_whose_answer_is_lost_is_in_doubt_and_is_not_sent_again()
    {
        using var bench = new Bench();
        bench.Network.Lose();

        var lost = await Assert.ThrowsAsync<CallNotAnsweredException>(() => bench.SendAsync(Update, On));

        Assert.Equal("NoAnswer", lost.Code);
        Assert.Single(bench.Network.Seen);
    }

    [Fact]
    public async Task A_change_that_never_reached_anybody_was_not_sent()
    {
        using var bench = new Bench();
        bench.Network.Fail(new HttpRequestException(HttpRequestError.ConnectionError, "refused", new SocketException((int)SocketError.ConnectionRefused)));

        var unsent = await Assert.ThrowsAsync<CallNotSentException>(() => bench.SendAsync(Update, On));

        Assert.Equal(ActionCodes.NoConnection, unsent.Code);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_and_leaves_a_change_in_doubt()
    {
        using var bench = new Bench();
        using var stop = new CancellationTokenSource();
        bench.Network.Fail(new TaskCanceledException("cancelled"));
        var call = bench.Call(Update, On);
        await stop.CancelAsync();

        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => bench.Actions.Get(Update).SendAsync(TestPermit.For(call), call, bench.Context, stop.Token));

        Assert.True(thrown is CallNotAnsweredException or CallNotSentException { Code: ActionCodes.CancelledBefore }, thrown.ToString());
    }

    [Theory]
    [InlineData(429, "7", 7)]
    [InlineData(503, "30", 30)]
    public async Task A_refusal_for_now_is_an_answer_with_the_time_to_wait(int status, string header, int seconds)
    {
        using var bench = new Bench();
        bench.Network.Answer(status, """{"error":{"code":"TooManyRequests","message":"Later."}}""", "application/json", ("Retry-After", header));

        var answer = await bench.SendAsync(Update, On);

        Assert.Equal((status, "TooManyRequests", TimeSpan.FromSeconds(seconds), 1), (answer.Status, answer.Error!.Code, answer.RetryAfter, answer.Tries));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(504)]
    public async Task A_server_error_without_a_body_is_told_by_its_status(int status)
    {
        using var bench = new Bench();
        bench.Network.Answer(status, "<html>Bad gateway</html>", "text/html");

        var answer = await bench.SendAsync(Update, On);

        Assert.Equal((status, $"Http{status}"), (answer.Status, answer.Error!.Code));
        Assert.Single(bench.Network.Seen);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var bench = new Bench();
        bench.Network.Answer(307, "", "", ("Location", "https://evil.example/"));

        var answer = await bench.SendAsync(Get, Hsm);

        Assert.Equal("Redirected", answer.Error!.Code);
        Assert.Single(bench.Network.Seen);
    }

    [Theory]
    [InlineData("<html>Sign in to continue</html>", "text/html")]
    [InlineData("{\"name\":", "application/json")]
    [InlineData("{\"name\":\"kv-hsm-prod\"}", "text/plain")]
    public async Task A_success_that_does_not_speak_as_Azure_does_is_no_success(string body, string type)
    {
        using var bench = new Bench();
        bench.Network.Answer(200, body, type).Answer(200, body, type);

        Assert.Equal("NoAnswer", (await bench.SendAsync(Get, Hsm)).Error?.Code);
        await Assert.ThrowsAsync<CallNotAnsweredException>(() => bench.SendAsync(Update, On));
    }

    [Fact]
    public async Task An_answer_that_has_no_end_is_cut_off_at_the_limit()
    {
        using var bench = new Bench();
        bench.Network.Answer(200, new byte[ActionsLimits.AnswerBytesMax + 1], "application/json").Answer(200, new byte[ActionsLimits.AnswerBytesMax + 1], "application/json");

        Assert.Equal("NoAnswer", (await bench.SendAsync(Get, Hsm)).Error?.Code);
        await Assert.ThrowsAsync<CallNotAnsweredException>(() => bench.SendAsync(Update, On));
    }

    [Fact]
    public async Task A_message_without_end_is_cut_and_control_characters_stay_text()
    {
        using var bench = new Bench();
        var message = "\\u001b[2J\\u202e" + new string('x', 10_000);
        bench.Network.Answer(400, $$$"""{"error":{"code":"Bad\u0007","message":"{{{message}}}"}}""");

        var answer = await bench.SendAsync(Get, Hsm);

        Assert.Equal(ActionsLimits.ErrorMessageMax, answer.Error!.Message.Length);
        Assert.Equal("Bad\a", answer.Error.Code);
    }

    [Theory]
    [InlineData("""{"error":"invalid_request","error_description":"no"}""", "invalid_request", "no")]
    [InlineData("""{"error":{"code":5,"message":[]}}""", "Http400", "")]
    [InlineData("""[1,2]""", "Http400", "The service answered 400 without saying why.")]
    [InlineData("""{"error":{"code":"Forbidden","message":"No.","innererror":{"code":"KeyDisabled"}}}""", "Forbidden", "No. (KeyDisabled)")]
    public async Task Errors_of_any_form_are_read(string body, string code, string message)
    {
        using var bench = new Bench();
        bench.Network.Answer(400, body);

        var answer = await bench.SendAsync(Get, Hsm);

        Assert.Equal((code, message), (answer.Error!.Code, answer.Error.Message));
    }

    [Fact]
    public async Task A_list_is_read_to_its_end_and_only_from_the_host_that_was_asked()
    {
        using var bench = new Bench();
        const string next = "https://kv-hsm-prod.managedhsm.azure.net/keys?api-version=7.6&$skiptoken=2";
        bench.Network.Answer(200, $$"""{"value":[{"kid":"https://h/keys/a"}],"nextLink":"{{next}}"}""").Answer(200, """{"value":[{"kid":"https://h/keys/b"}]}""");

        var answer = await bench.SendAsync("keyvault.key.list", """{"hsm":"kv-hsm-prod"}""");

        Assert.Equal(["https://h/keys/a", "https://h/keys/b"], answer.Observed.GetProperty("value").EnumerateArray().Select(k => k.GetProperty("kid").GetString()));
    }

    [Fact]
    public async Task A_list_that_leads_elsewhere_is_not_followed()
    {
        using var bench = new Bench();
        bench.Network.Answer(200, """{"value":[],"nextLink":"https://evil.example/keys?api-version=7.6"}""");

        await bench.SendAsync("keyvault.key.list", """{"hsm":"kv-hsm-prod"}""");

        Assert.Single(bench.Network.Seen);
    }

    [Fact]
    public async Task The_value_of_a_round_trip_is_in_no_answer_that_could_be_journalled()
    {
        using var bench = new Bench();
        var secret = "";
        const string kid = "https://kv-hsm-prod.managedhsm.azure.net/keys/cmk/0123456789abcdef0123456789abcdef";
        const string with = """{"hsm":"kv-hsm-prod","name":"cmk","algorithm":"RSA-OAEP-256"}""";
        var action = bench.Actions.Get("keyvault.key.round-trip");
        bench.Network.Answer(200, $$"""{"kid":"{{kid}}","value":"d3JhcHBlZA"}""");
        var wrapped = await bench.SendAsync("keyvault.key.round-trip", with);
        secret = System.Text.Json.JsonDocument.Parse(bench.Network.Seen[0].Body).RootElement.GetProperty("value").GetString()!;
        bench.Network.Answer(200, $$"""{"kid":"{{kid}}","value":"{{secret}}"}""");
        var call = ((ActionStep.MakeCall)action.Next(Bench.With(with), [wrapped])).Call;

        var unwrapped = await Runs.SendAsync(action, call, bench.Context);

        var result = ((ActionStep.Finished)action.Next(Bench.With(with), [wrapped, unwrapped])).Result;
        Assert.True(result.GetProperty("same").GetBoolean());
        foreach (var text in (string[])[wrapped.Observed.GetRawText(), unwrapped.Observed.GetRawText(), result.GetRawText(), Encoding.UTF8.GetString(unwrapped.Body.Span), Encoding.UTF8.GetString(wrapped.Body.Span)])
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_value_that_comes_back_is_not_the_same()
    {
        using var bench = new Bench();
        const string with = """{"id":"https://kv-hsm-prod.managedhsm.azure.net/keys/cmk/0123456789abcdef0123456789abcdef","algorithm":"RSA-OAEP"}""";
        var action = bench.Actions.Get("keyvault.key.round-trip");
        bench.Network.Answer(200, """{"kid":"https://kv-hsm-prod.managedhsm.azure.net/keys/cmk/0123456789abcdef0123456789abcdef","value":"d3JhcHBlZA"}""").Answer(200, """{"kid":"https://kv-hsm-prod.managedhsm.azure.net/keys/cmk/0123456789abcdef0123456789abcdef","value":"b3RoZXI"}""");

        var end = await Runs.ToEndAsync(action, Bench.With(with), bench.Context, _ => { });

        Assert.False(end.Succeeded().GetProperty("same").GetBoolean());
    }

    [Fact]
    public void Addresses_are_compared_by_host_path_and_parameters()
    {
        Assert.True(RequestMatch.SameAddress(new("https://a.b/x/?v=1&w=2"), new("https://A.b//x?w=2&v=1")));
        foreach (var other in (string[])["http://a.b/x?v=1&w=2", "https://a.b:8443/x?v=1&w=2", "https://a.c/x?v=1&w=2", "https://a.b/X?v=1&w=2", "https://a.b/x?v=1", "https://u@a.b/x?v=1&w=2"])
            Assert.False(RequestMatch.SameAddress(new("https://a.b/x?v=1&w=2"), new(other)), other);
    }

    [Fact]
    public void Bodies_are_compared_by_value_and_a_hole_takes_any_text()
    {
        Assert.True(RequestMatch.SameBody(Bench.With("""{"a":1,"b":"${random}"}"""), Bench.With("""{"b":"anything","a":1}""")));
        foreach (var other in (string[])["""{"a":1}""", """{"a":1,"b":2}""", """{"a":2,"b":"x"}""", """{"a":1,"b":"x","c":0}""", """{"a":1,"b":"x","a":1}"""])
            Assert.False(RequestMatch.SameBody(Bench.With("""{"a":1,"b":"${random}"}"""), Bench.With(other)), other);
        Assert.False(RequestMatch.SameBody(null, Bench.With("{}")));
    }

    [Fact]
    public async Task A_client_that_would_send_something_else_is_kept_from_it()
    {
        using var bench = new Bench();
        // The client goes by the target, and would ask for another resource than the URL names.
        var refused = await Assert.ThrowsAsync<CallNotSentException>(() => Runs.SendAsync(bench.Actions.Get("keyvault.managed-hsm.get"), bench.Call(Get, Hsm) with { Method = "GET", Target = $"{Bench.GroupId}/providers/Microsoft.KeyVault/managedHSMs/other" }, bench.Context));

        Assert.Equal(ActionCodes.NotWhatWasPlanned, refused.Code);
        Assert.Empty(bench.Network.Seen);
    }

    private sealed class NoRandomness : IRandomness
    {
        public byte[] NextPkcs8(int bits) => throw new NotSupportedException();

        public void Fill(Span<byte> bytes) => throw new NotSupportedException();

        public byte[] Encrypt(System.Security.Cryptography.RSA key, byte[] value, System.Security.Cryptography.RSAEncryptionPadding padding) => throw new NotSupportedException();
    }

    /// <summary>Gives these tokens, one after the other, and then none.</summary>
    private sealed class ScriptedCredential(params IEnumerable<AccessToken> tokens) : TokenCredential
    {
        private readonly Queue<AccessToken> _tokens = new(tokens);

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => _tokens.Dequeue();

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }

    private sealed class NoOptions : ClientOptions;
}
