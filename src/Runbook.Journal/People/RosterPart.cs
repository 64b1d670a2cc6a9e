using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>The members of a roster's file.</summary>
internal sealed record RosterPart(InertText Name, JournalTime ValidFrom, JournalTime ValidTo, ImmutableArray<RosterPerson> People, ImmutableArray<RosterRole> Roles) : EntryPart
{
    internal static RosterPart Read(EntryFields f)
    {
        var name = f.Text("name", Limits.LabelChars);
        var people = f.List("people", 1, e => e.Object(EntryFields.Item, RosterPerson.Read));
        var roles = f.Map("roles", TextRule.Role, RosterRole.Read);
        f.Count("v", 1, 1);
        var (from, to) = f.Object("valid", o =>
        {
            var start = o.Time("from");
            return (start, o.Time("to"));
        });
        return new RosterPart(name, from, to, people, roles);
    }

    internal string? Flaw()
    {
        if (ValidTo <= ValidFrom) return "it ends before it begins";
        if (People.Length > Limits.RosterPeople || People.Any(p => p.Keys.Length > Limits.RosterPeople)) return "it has too many people or keys";
        if (People.DistinctBy(p => p.Id).Count() != People.Length) return "it has an id twice";
        foreach (var person in People)
            if (person.Flaw(this) is { } flaw)
                return flaw;
        foreach (var role in Roles)
        {
            if (role.Quorum > role.People) return $"the quorum of \"{role.Role}\" is larger than its people";
            var there = People.Count(p => p.Roles.Contains(role.Role, StringComparer.Ordinal));
            if (there < role.People) return $"{there} people have the role \"{role.Role}\", and {role.People} are asked for";
        }

        return null;
    }

    internal override void Write(FieldWriter to)
    {
        to.Text("name", Name, Limits.LabelChars);
        to.List("people", People, (w, person) => w.Object(EntryFields.Item, person));
        to.Map("roles", Roles, (w, role) => w.Object(role.Role, role));
        to.Integer("v", 1);
        to.Object("valid", new Validity(ValidFrom, ValidTo));
    }

    private sealed record Validity(JournalTime From, JournalTime To) : EntryPart
    {
        internal override void Write(FieldWriter to)
        {
            to.Time("from", From);
            to.Time("to", To);
        }
    }
}
