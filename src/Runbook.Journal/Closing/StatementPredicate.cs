using System.Globalization;

namespace Runbook.Journal;

/// <summary>Derives a statement's predicate from the entries, member by member.</summary>
internal static class StatementPredicate
{
    private const int WarningsMax = 1_000;

    internal static NamedValues Derive(SessionLedger ledger, Digest root)
    {
        var opened = ledger.Opened!;
        var members = new Dictionary<string, CanonicalJson>(StringComparer.Ordinal)
        {
            ["anchors"] = List(ledger.Tally.Anchors, (w, a) => WriteAnchor(w, a.Anchor)),
            ["closed"] = CanonicalJson.Of(InertText.Known(ledger.Last!.At.ToString())),
            ["effects"] = Object(w => WriteEffects(w, ledger)),
            ["end"] = Word(ledger.Closed!.End),
            ["entries"] = CanonicalJson.Of(ledger.Head.Seq),
            ["environment"] = CanonicalJson.Of(opened.Environment),
            ["epochs"] = List(ledger.Clocks.Epochs, (w, e) => WriteEpoch(w, e, ledger.EndorsementOf(e.Epoch))),
            ["faults"] = List(ledger.Tally.Faults, WriteFault),
            ["format"] = CanonicalJson.Of(InertText.Known(opened.Format)),
            ["head"] = CanonicalJson.Of(InertText.Known(ledger.Head.Hash.Hex)),
            ["opened"] = CanonicalJson.Of(InertText.Known(ledger.OpenedAt.ToString())),
            ["people"] = List(PeopleOf(ledger), (w, p) => WritePerson(w, p, ledger.Tally.CountsOf(p.Id))),
            ["recoveries"] = CanonicalJson.Of(ledger.Tally.Recoveries),
            ["root"] = CanonicalJson.Of(InertText.Known(root.Base64)),
            ["session"] = CanonicalJson.Of(InertText.Known(opened.Session)),
            ["simulated"] = CanonicalJson.Of(ledger.IsSimulated),
            ["warnings"] = List(Warnings(ledger), (w, text) => w.Token(EntryFields.Item, text)),
        };
        if (opened.Azure is { } azure) members["azure"] = Object(w => WriteAzure(w, azure));
        if (opened.Embedded is { } embedded) members["embedded"] = Object(embedded.Write);
        if (ledger.Plan is { } plan) members["runbook"] = Object(w => WriteRunbook(w, plan));
        return new NamedValues(members);
    }

    internal static IEnumerable<BoundPerson> PeopleOf(SessionLedger ledger)
        => ledger.Rosters.SelectMany(r => r.Body.People).GroupBy(p => p.Id, StringComparer.Ordinal).Select(g => g.Last()).OrderBy(p => p.Id, StringComparer.Ordinal);

    private static IEnumerable<string> Warnings(SessionLedger ledger)
    {
        var all = ledger.Tally.Warnings;
        return all.Count <= WarningsMax ? all : all.Take(WarningsMax).Append(string.Create(CultureInfo.InvariantCulture, $"and {all.Count - WarningsMax} more"));
    }

    private static void WriteAnchor(FieldWriter w, Anchor anchor)
    {
        w.Begin();
        w.Word<AnchorKind>("kind", anchor.AnchorKind);
        w.Integer("size", anchor.Size);
        w.Text("where", anchor.Where, Limits.LineChars);
        w.End();
    }

    private static void WriteAzure(FieldWriter w, AzurePlace azure)
    {
        w.Text("cloud", azure.Cloud, Limits.LabelChars);
        w.Text("subscription", azure.Subscription, Limits.LabelChars);
        w.Text("tenant", azure.Tenant, Limits.LabelChars);
    }

    private static void WriteEffects(FieldWriter w, SessionLedger ledger)
    {
        w.Integer("destructive", ledger.Tally.IntentsOf(EffectClass.Destructive));
        w.Integer("idempotent", ledger.Tally.IntentsOf(EffectClass.Idempotent));
        w.Integer("inDoubt", ledger.Effects.InDoubt.Count());
        w.Integer("once", ledger.Tally.IntentsOf(EffectClass.Once));
        w.Integer("read", ledger.Tally.IntentsOf(EffectClass.Read));
        w.Integer("settled", ledger.Tally.Settled);
    }

    private static void WriteEpoch(FieldWriter w, EpochStart epoch, EpochEndorsement? endorsement)
    {
        w.Begin();
        w.ListIfAny("endorsedBy", endorsement?.People ?? [], (list, person) => list.Token(EntryFields.Item, person));
        w.Integer("epoch", epoch.Epoch);
        w.Integer("firstSeq", epoch.FirstSeq);
        w.Digest("sessionKey", Digest.Of(Convert.FromBase64String(epoch.SessionKey)));
        w.End();
    }

    private static void WriteFault(FieldWriter w, FaultSpan fault)
    {
        w.Begin();
        w.Integer("armedSeq", fault.ArmedSeq);
        w.Token("fault", fault.Fault);
        w.Word("how", fault.How);
        w.Integer("liftedSeq", fault.LiftedSeq);
        w.End();
    }

    private static void WritePerson(FieldWriter w, BoundPerson person, PersonCounts counts)
    {
        w.Begin();
        w.Integer("approvals", counts.Approvals);
        w.Token("id", person.Id);
        w.List("roles", person.Roles, (list, role) => list.Token(EntryFields.Item, role));
        w.Integer("ticksClaimed", counts.TicksClaimed);
        w.Integer("ticksSigned", counts.TicksSigned);
        w.End();
    }

    private static void WriteRunbook(FieldWriter w, PlanBound plan)
    {
        w.List("children", plan.Children, (list, child) =>
        {
            list.Begin();
            list.Digest("digest", child.Digest);
            list.Text("id", child.Id, Limits.LabelChars);
            list.End();
        });
        w.Digest("digest", plan.Runbook.Digest);
        w.Text("id", plan.Runbook.Id, Limits.LabelChars);
    }

    private static CanonicalJson Word<T>(T word) where T : struct, Enum => CanonicalJson.Of(InertText.Known(Words<T>.Of(word)));

    private static CanonicalJson Object(Action<FieldWriter> write)
    {
        var writer = new FieldWriter();
        writer.Begin();
        write(writer);
        writer.End();
        return CanonicalJson.Known(writer.Written);
    }

    private static CanonicalJson List<T>(IEnumerable<T> items, Action<FieldWriter, T> write)
    {
        var writer = new FieldWriter();
        writer.Begin();
        writer.List("l", [.. items], write);
        writer.End();
        // Only the list is wanted, without the object around it.
        return CanonicalJson.Known(writer.Written[5..^1]);
    }
}
