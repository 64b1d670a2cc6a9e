using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>
/// An action that is described rather than written out: its descriptor and the requests that it makes, one after the other,
/// for each element where it takes a list. They leave just as they were planned.
/// </summary>
internal sealed class RequestAction : AzureAction
{
    private const string FileHole = "${file:";

    private readonly AzureWire? _wire;
    private readonly ImmutableArray<RequestCall> _calls;
    private readonly Func<Arguments, JsonElement?, JsonObject>? _undo;

    /// <summary>Makes one.</summary>
    /// <param name="site">The environment's names.</param>
    /// <param name="wire">The way to Azure.</param>
    /// <param name="descriptor">The entry of the catalogue.</param>
    /// <param name="undo">The arguments of the inverse, where there is one.</param>
    /// <param name="calls">The requests.</param>
    public RequestAction(AzureSite site, AzureWire? wire, ActionDescriptor descriptor, Func<Arguments, JsonElement?, JsonObject>? undo, params ImmutableArray<RequestCall> calls)
        : base(site, wire) => (Descriptor, _undo, _calls, _wire) = (descriptor, undo, calls, wire);

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; }

    /// <summary>The same with other errors.</summary>
    public RequestAction WithErrors(ImmutableArray<ActionError> errors) => new(Site, _wire, Descriptor with { Errors = errors }, _undo, _calls);

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with) =>
        [.. PartsOf(with).SelectMany((part, p) => _calls.Select((_, c) => Make((p * _calls.Length) + c, part, [])))];

    /// <inheritdoc/>
    public override async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        // Whoever asks first uses the permit up as well: the answer is this call's.
        if (!OfCall(call).AsksFirst || call.Effect == EffectClass.Read) return await base.SendAsync(permit, call, context, cancellationToken).ConfigureAwait(false);
        Permits.Check(permit, call);
        var found = await SettleAsync(call, context, cancellationToken).ConfigureAwait(false);
        if (found is not SettleVerdict.TookEffect there) return await base.SendAsync(permit, call, context, cancellationToken).ConfigureAwait(false);
        Permits.Use(permit, call);
        return there.Answer;
    }

    /// <inheritdoc/>
    public override async Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        HttpAnswer? last = null;
        var answer = await ArmOperations.PollAsync(operation, call, async url => last = await LookAsync(Versioned(url), context, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        // What was followed by another resource than the call's own has ended there; whether as was asked for, the settling reading says.
        if (answer is { Pending: null, Error: null } && call.Method == "POST" && operation.Token == ArmOperations.ByResource && last is not null
            && await SettleAsync(call, context, cancellationToken).ConfigureAwait(false) is SettleVerdict.DidNot) return Answers.Refused("OperationWithoutEffect", "The operation is over, and it has not come to what was asked for.", last);
        return answer is { Pending: null, Error: null } && OfCall(call).TellsAtTheEnd is { } tells && last is not null ? answer with { Observed = Arguments.ToElement(tells(last)) } : answer;
    }

    /// <inheritdoc/>
    public override Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        if (call.Effect == EffectClass.Read) return base.SettleAsync(call, context, cancellationToken);
        return (OfCall(call).Settle ?? Settling.Resource)(url => LookAsync(url, context, cancellationToken), call);
    }

    /// <inheritdoc/>
    public override JsonElement InvertArguments(JsonElement with, JsonElement? reading) =>
        _undo is null ? base.InvertArguments(with, reading) : Arguments.ToElement(_undo(new Arguments(with), reading));

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var (part, parts) = (answers.Length / _calls.Length, PartsOf(with.All));
        return part < parts.Length ? Make(answers.Length, parts[part], answers[(part * _calls.Length)..]) : null;
    }

    /// <inheritdoc/>
    protected override JsonElement? BodyOf(PlannedCall call, ActionContext context)
    {
        if (call.Body is not { } body || !body.GetRawText().Contains(FileHole, StringComparison.Ordinal)) return call.Body;
        try
        {
            return Arguments.ToElement(Filled(Arguments.ToNode(body)!, new SessionFiles(context)));
        }
        catch (FileRefusedException refused)
        {
            throw new CallNotSentException(ActionCodes.FileUnusable, $"{refused.Message} Nothing was sent.", refused);
        }
    }

    /// <inheritdoc/>
    protected override async Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        await Wire.SendAsync(exchange, cancellationToken).ConfigureAwait(false);
        while (exchange.Call.Method == "GET" && exchange.Answer is { IsSuccess: true } answer && answer.NextLink is { } next)
        {
            await Wire.SendAsync(exchange, cancellationToken, next).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context)
    {
        var call = OfCall(exchange.Call);
        if (call.MustBeAbsent) return Absence(exchange, answer);
        if (call.AbsentIsDone && Settling.IsMissing(answer)) return Answers.Absent(answer, exchange.Tries);
        if (!answer.IsSuccess) return Answers.Of(answer, exchange.Tries);
        if (ArmOperations.Begin(exchange.Call, answer) is { } pending) return Answers.Of(answer, exchange.Tries) with { Pending = pending };
        if (call.Writes is not null) return Written(exchange, answer, call, context);
        if (call.Tells is { } tells) return Answers.With(call.HidesAnswer ? answer with { Body = ReadOnlyMemory<byte>.Empty } : answer, tells(exchange, answer), exchange.Tries);
        return exchange.Pages.Count > 1 ? Answers.List(exchange, answer) : ArmOperations.Done(exchange.Call, answer, exchange.Tries);
    }

    /// <inheritdoc/>
    protected override JsonElement Result(Arguments with, ImmutableArray<CallAnswer> answers) =>
        // The last answer of a call that changed something tells what is there now; a reading's comes last in a reading.
        answers.IsEmpty ? Answers.Nothing : answers[^1].Observed;

    private static CallAnswer Absence(Exchange exchange, HttpAnswer answer)
    {
        if (Settling.IsMissing(answer)) return Answers.Absent(answer, exchange.Tries);
        return answer.IsSuccess
            ? Answers.Refused("AlreadyExists", $"{exchange.Call.Target} is there already; it is left as it is.", answer)
            : Answers.Of(answer, exchange.Tries);
    }

    private static CallAnswer Written(Exchange exchange, HttpAnswer answer, RequestCall call, ActionContext context)
    {
        var files = new SessionFiles(context);
        var name = exchange.Call.File!;
        try
        {
            var told = call.Tells?.Invoke(exchange, answer).AsObject() ?? [];
            told["file"] = files.Write(name, call.Writes!(answer));
            return Answers.With(call.HidesAnswer ? answer with { Body = ReadOnlyMemory<byte>.Empty } : answer, told, exchange.Tries);
        }
        catch (FileRefusedException refused)
        {
            return Answers.Refused(refused.Code, refused.Message, answer);
        }
    }

    // A managed HSM names the operations that it began without their version, and takes no question without one.
    private string Versioned(string url) => new Uri(url) is { Query: "" } address && Site.Cloud.IsManagedHsm(address) ? $"{url}?api-version={AzureSite.HsmVersion}" : url;

    private RequestCall OfCall(PlannedCall call) => _calls[call.Index % _calls.Length];

    private PlannedCall Make(int index, JsonElement part, ImmutableArray<CallAnswer> answers)
    {
        var call = _calls[index % _calls.Length];
        var with = new Arguments(part);
        var url = call.Url(Site, with);
        var body = call.Body?.Invoke(Site, with, answers);
        return new PlannedCall
        {
            Index = index,
            Effect = call.Effect ?? (call.Method == "GET" ? EffectClass.Read : Descriptor.Effect),
            Description = call.Says(with),
            Target = TargetOf(url),
            Method = call.Method,
            Url = url,
            Headers = call.Headers?.Invoke(with) ?? ImmutableSortedDictionary<string, string>.Empty,
            Body = body is null ? null : Arguments.ToElement(body),
            Observes = call.Observes,
            File = call.FileMember is { } member ? with.Text(member) : null,
            Part = call.Remembers is { } remembers ? Arguments.ToElement(Merged(part, remembers(with, answers))) : part,
        };
    }

    // A resource is named by its id; what lies elsewhere by its address.
    private string TargetOf(string url)
    {
        var path = url.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? url[..query] : url;
        var root = Site.Cloud.ResourceManagerRoot;
        return path.StartsWith(root, StringComparison.Ordinal) ? path[root.Length..] : path;
    }

    // A list named in the plural has its elements in the singular: names, name.
    private ImmutableArray<JsonElement> PartsOf(JsonElement with)
    {
        if (Descriptor.ListMember is not { } list || !with.TryGetProperty(list, out var items)) return [with];
        var rest = JsonNode.Parse(with.GetRawText())!.AsObject();
        rest.Remove(list);
        if (items.ValueKind != JsonValueKind.Array) return [Part(items)];
        return [.. items.EnumerateArray().Select(Part)];

        JsonElement Part(JsonElement item)
        {
            var part = rest.DeepClone().AsObject();
            part[list[..^1]] = Arguments.ToNode(item);
            return Arguments.ToElement(part);
        }
    }

    private static JsonObject Merged(JsonElement part, JsonObject more)
    {
        var merged = JsonNode.Parse(part.GetRawText())!.AsObject();
        foreach (var (name, value) in more) merged[name] = value?.DeepClone();
        return merged;
    }

    private static JsonNode Filled(JsonNode node, SessionFiles files) => node switch
    {
        JsonObject members => new JsonObject(members.Select(m => KeyValuePair.Create(m.Key, m.Value is null ? null : (JsonNode?)Filled(m.Value, files)))),
        JsonArray items => new JsonArray([.. items.Select(i => i is null ? null : Filled(i, files))]),
        JsonValue value when value.TryGetValue<string>(out var text) && text.StartsWith(FileHole, StringComparison.Ordinal) => ContentOf(text, files),
        _ => node.DeepClone(),
    };

    private static JsonNode ContentOf(string hole, SessionFiles files)
    {
        var (form, reference) = (hole[FileHole.Length..hole.IndexOf(' ', StringComparison.Ordinal)], hole[(hole.IndexOf(' ', StringComparison.Ordinal) + 1)..^1]);
        var file = reference.StartsWith("sha256:", StringComparison.Ordinal) ? new JsonObject { ["digest"] = reference, ["name"] = $"file {reference[7..15]}…" } : (JsonNode)reference;
        var bytes = files.Read(Arguments.ToElement(file), ActionsLimits.SentFileBytesMax);
        return form switch
        {
            "text" => JsonValue.Create(Encoding.UTF8.GetString(bytes)),
            "line" => JsonValue.Create(Encoding.UTF8.GetString(bytes).Trim()),
            "json" => ParsedOf(bytes, FileValue.NameOf(Arguments.ToElement(file))),
            _ => JsonValue.Create(Base64Url.EncodeToString(bytes)),
        };
    }

    private static JsonNode ParsedOf(byte[] bytes, string name)
    {
        try
        {
            return JsonNode.Parse(bytes) ?? throw new FileRefusedException("FileUnreadable", $"'{name}' holds nothing.");
        }
        catch (JsonException exception)
        {
            throw new FileRefusedException("FileUnreadable", $"'{name}' is no JSON: {exception.Message}");
        }
    }

    /// <summary>The place of a file's content in a body.</summary>
    /// <param name="with">The arguments.</param>
    /// <param name="member">The one that names the file.</param>
    /// <param name="form"><c>text</c>, <c>line</c> (without blanks around it), <c>base64url</c>, or <c>json</c> for its value.</param>
    public static string FileIn(Arguments with, string member, string form) =>
        with.All.TryGetProperty(member, out var value) ? $"{FileHole}{form} {FileValue.ReferenceOf(value)}}}" : $"${{{member}}}";
}
