using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>What repeating a call would do.</summary>
public enum EffectClass
{
    /// <summary>Nothing: it only reads.</summary>
    Read,
    /// <summary>The same again.</summary>
    Idempotent,
    /// <summary>A second thing.</summary>
    Once,
    /// <summary>Harm that nothing undoes.</summary>
    Destructive,
}

/// <summary>A request is about to be sent. Until its outcome, the effect is in doubt.</summary>
public sealed record Intent : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Intent;

    /// <summary>The action of the catalogue.</summary>
    public required string Action { get; init; }

    /// <summary>What repeating it would do.</summary>
    public required EffectClass Class { get; init; }

    /// <summary>The effect's id.</summary>
    public required EffectId Effect { get; init; }

    /// <summary>Which element of the action's list this request is for, from 0.</summary>
    public int? Element { get; init; }

    /// <summary>Digest of the planned call that the approvers saw.</summary>
    public Digest? Plan { get; init; }

    /// <summary>The request.</summary>
    public required RequestSummary Request { get; init; }

    /// <summary>Seqs of the approvals that allow it; empty where none is needed.</summary>
    public ImmutableArray<long> Requires { get; init; } = [];

    /// <summary>The reading that decides whether it took effect; none for a reading.</summary>
    public string? Settle { get; init; }

    /// <summary>What it acts on, as Azure names it.</summary>
    public required InertText Target { get; init; }

    /// <summary>How long an answer is waited for.</summary>
    public required long TimeoutMs { get; init; }

    internal static Intent Read(EntryFields f) => new()
    {
        Action = f.Token("action", TextRule.Action),
        Class = f.Word<EffectClass>("class"),
        Effect = f.Effect("effect"),
        Element = f.May("element") ? f.Count("element", 0, Limits.ListItems - 1) : null,
        Plan = f.May("plan") ? f.Digest("plan") : null,
        Request = f.Object("request", RequestSummary.Read),
        Requires = f.May("requires") ? f.List("requires", 1, e => e.Seq(EntryFields.Item)) : [],
        Settle = f.May("settle") ? f.Token("settle", TextRule.Action) : null,
        Target = f.Text("target", Limits.LineChars),
        TimeoutMs = f.Natural("timeoutMs"),
    };

    internal override void Write(FieldWriter to)
    {
        to.Token("action", Action);
        to.Word<EffectClass>("class", Class);
        to.Token("effect", Effect.ToString());
        to.Integer("element", Element);
        to.Digest("plan", Plan);
        to.Object("request", Request);
        to.ListIfAny("requires", Requires, (w, seq) => w.Integer(EntryFields.Item, seq));
        to.Token("settle", Settle);
        to.Text("target", Target, Limits.LineChars);
        to.Integer("timeoutMs", TimeoutMs);
    }
}

/// <summary>A request, as far as an entry says.</summary>
/// <param name="Method">HTTP method, or <c>LOCAL</c> for what is done on this machine.</param>
/// <param name="Digest">Digest of its canonical description, <see cref="RequestDescription"/>.</param>
/// <param name="ClientRequestId">The id sent with it, by which Azure's logs know it.</param>
/// <param name="IdempotencyKey">The key sent with it, where the service takes one.</param>
public sealed record RequestSummary(string Method, Digest Digest, string ClientRequestId, InertText? IdempotencyKey = null) : EntryPart
{
    internal static RequestSummary Read(EntryFields f)
    {
        var clientRequestId = f.Token("clientRequestId", TextRule.RequestId);
        var digest = f.Digest("digest");
        var idempotencyKey = f.TextIfAny("idempotencyKey", Limits.LabelChars);
        return new RequestSummary(f.Token("method", TextRule.Method), digest, clientRequestId, idempotencyKey);
    }

    internal override void Write(FieldWriter to)
    {
        to.Token("clientRequestId", ClientRequestId);
        to.Digest("digest", Digest);
        to.Text("idempotencyKey", IdempotencyKey, Limits.LabelChars);
        to.Token("method", Method);
    }
}

/// <summary>A long-running operation changed its status.</summary>
public sealed record Progress : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Progress;

    /// <summary>The effect.</summary>
    public required EffectId Effect { get; init; }

    /// <summary>Digest of the polling URL, kept as an artifact without its secrets.</summary>
    public required Digest Operation { get; init; }

    /// <summary>The status as Azure words it.</summary>
    public required InertText Status { get; init; }

    internal static Progress Read(EntryFields f) => new()
    {
        Effect = f.Effect("effect"),
        Operation = f.Digest("operation"),
        Status = f.Text("status", Limits.LabelChars),
    };

    internal override void Write(FieldWriter to)
    {
        to.Token("effect", Effect.ToString());
        to.Digest("operation", Operation);
        to.Text("status", Status, Limits.LabelChars);
    }
}
