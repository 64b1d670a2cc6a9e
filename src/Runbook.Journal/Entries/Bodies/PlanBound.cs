using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>The runbook, its inputs and its plan are fixed. Nothing of them changes after this.</summary>
public sealed record PlanBound : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.PlanBound;

    /// <summary>Digest of the action catalogue.</summary>
    public required Digest Catalogue { get; init; }

    /// <summary>The checker that let the runbook pass.</summary>
    public required CheckerRun Checker { get; init; }

    /// <summary>Runbooks that it calls, each once.</summary>
    public ImmutableArray<RunbookFile> Children { get; init; } = [];

    /// <summary>Inputs by name; a secret one is a <see cref="Commitment"/>.</summary>
    public required NamedValues Inputs { get; init; }

    /// <summary>Digest of the compiled machine's canonical form.</summary>
    public required Digest Machine { get; init; }

    /// <summary>Who drives the console.</summary>
    public required BoundOperator Operator { get; init; }

    /// <summary>Digest of the rendered plan, an artifact.</summary>
    public required Digest Plan { get; init; }

    /// <summary>Digest of the preflight's findings, an artifact.</summary>
    public required Digest Preflight { get; init; }

    /// <summary>The runbook.</summary>
    public required RunbookFile Runbook { get; init; }

    internal static PlanBound Read(EntryFields f) => new()
    {
        Catalogue = f.Digest("catalogue"),
        Checker = f.Object("checker", CheckerRun.Read),
        Children = f.List("children", 0, e => e.Object(EntryFields.Item, RunbookFile.Read)),
        Inputs = f.Values("inputs"),
        Machine = f.Digest("machine"),
        Operator = f.Object("operator", BoundOperator.Read),
        Plan = f.Digest("plan"),
        Preflight = f.Digest("preflight"),
        Runbook = f.Object("runbook", RunbookFile.Read),
    };

    internal override void Write(FieldWriter to)
    {
        to.Digest("catalogue", Catalogue);
        to.Object("checker", Checker);
        to.List("children", Children, (w, child) => w.Object(EntryFields.Item, child));
        to.Values("inputs", Inputs, required: true);
        to.Digest("machine", Machine);
        to.Object("operator", Operator);
        to.Digest("plan", Plan);
        to.Digest("preflight", Preflight);
        to.Object("runbook", Runbook);
    }
}

/// <summary>A runbook's file, kept under <c>runbook/</c>.</summary>
/// <param name="Id">The runbook's id.</param>
/// <param name="File">Its name in that folder.</param>
/// <param name="Digest">Digest of the bytes that were parsed.</param>
/// <param name="Bytes">Their number.</param>
public sealed record RunbookFile(InertText Id, string File, Digest Digest, long Bytes) : EntryPart
{
    internal static RunbookFile Read(EntryFields f)
    {
        var bytes = f.Natural("bytes");
        var digest = f.Digest("digest");
        var file = f.Token("file", TextRule.FileName);
        return new RunbookFile(f.Text("id", Limits.LabelChars), file, digest, bytes);
    }

    internal override void Write(FieldWriter to)
    {
        to.Integer("bytes", Bytes);
        to.Digest("digest", Digest);
        to.Token("file", File);
        to.Text("id", Id, Limits.LabelChars);
    }
}

/// <summary>A run of the checker without errors.</summary>
/// <param name="Version">The checker's version.</param>
/// <param name="Warnings">Number of warnings.</param>
public sealed record CheckerRun(InertText Version, int Warnings) : EntryPart
{
    internal static CheckerRun Read(EntryFields f)
    {
        var version = f.Text("version", Limits.LabelChars);
        return new CheckerRun(version, f.Count("warnings", 0, int.MaxValue));
    }

    internal override void Write(FieldWriter to)
    {
        to.Text("version", Version, Limits.LabelChars);
        to.Integer("warnings", Warnings);
    }
}

/// <summary>Who drives the console.</summary>
/// <param name="Person">Roster id.</param>
/// <param name="ObjectId">Object id of the identity that Azure sees.</param>
/// <param name="Name">Its name, where it is known.</param>
public sealed record BoundOperator(string Person, InertText ObjectId, InertText? Name = null) : EntryPart
{
    internal static BoundOperator Read(EntryFields f)
    {
        var name = f.TextIfAny("name", Limits.LabelChars);
        var objectId = f.Text("objectId", Limits.LabelChars);
        return new BoundOperator(f.Token("person", TextRule.RosterId), objectId, name);
    }

    internal override void Write(FieldWriter to)
    {
        to.Text("name", Name, Limits.LabelChars);
        to.Text("objectId", ObjectId, Limits.LabelChars);
        to.Token("person", Person);
    }
}
