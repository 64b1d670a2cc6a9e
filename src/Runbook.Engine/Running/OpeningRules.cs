using Runbook.Language;

namespace Runbook.Engine;

/// <summary>What must hold before a session may begin.</summary>
internal static class OpeningRules
{
    public static void Check(SessionStart start)
    {
        var document = start.Program.Document;
        if (!document.Environments.Contains(start.Environment))
        {
            throw new EngineException("RE201", $"\"{document.Id}\" may not run in the environment \"{start.Environment}\".", "The session has not started; nothing was written.", $"It may run in {string.Join(", ", document.Environments)}: choose a profile with one of these labels, or have the runbook's author allow this one.");
        }

        CheckPeople(start, document);
        CheckFaults(start);
        CheckLeases(start);
        CheckCopies(start);
    }

    private static void CheckPeople(SessionStart start, RunbookDocument document)
    {
        var roster = start.Roster.Roster;
        foreach (var role in document.Roles)
        {
            var people = roster.PeopleOf(role.Name).Count();
            if (people >= role.People) continue;
            throw new EngineException("RE202", $"\"{document.Id}\" needs {role.People} people of the role \"{role.Name}\", and the roster has {people}.", "The session has not started; nothing was written.", $"Enrol more people for the role \"{role.Name}\": runbook keys enrol");
        }

        if (roster.Find(start.Operator)?.Roles.Contains("operator") == true) return;
        throw new EngineException("RE203", $"\"{start.Operator}\" is no operator in the roster.", "The session has not started; nothing was written.", "Start the session as somebody whom the roster names as operator.");
    }

    // The checker proves that a fault meets its revert; breaking something needs the guard as well, which this version lacks.
    private static void CheckFaults(SessionStart start)
    {
        foreach (var compilation in start.Program.Linked.ByPath.Values)
        {
            if (compilation.Machine!.Faults.FirstOrDefault() is not { } fault) continue;
            throw new EngineException("RE206", $"\"{fault.Step.Title}\" of \"{compilation.Name}\" breaks something on purpose, and this version has no guard that undoes it if the console dies.", "The session has not started; nothing was written.", "Check the drill and read its plan with this version; run it with a version that has the guard.");
        }
    }

    // Until a guard undoes a lease whatever becomes of the console, one is only lent where nothing real is at stake.
    private static void CheckLeases(SessionStart start)
    {
        if (start.Embedded is not null) return;
        foreach (var compilation in start.Program.Linked.ByPath.Values)
        {
            if (compilation.Machine!.States.FirstOrDefault(s => s.Step.Block is StepBlock.Lease) is not { } lease) continue;
            throw new EngineException("RE204", $"\"{lease.Step.Title}\" of \"{compilation.Name}\" is a lease, and this version has no guard that ends it if the console dies.", "The session has not started; nothing was written.", "Run it on the embedded Azure, or wait for a version with the guard.");
        }
    }

    private static void CheckCopies(SessionStart start)
    {
        var twice = start.Sources.GroupBy(s => Path.GetFileName(s.Path), StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (twice is null) return;
        throw new EngineException("RE205", $"Two runbooks of this session are named \"{twice.Key}\".", "The session has not started; nothing was written.", "Rename one of them.");
    }
}
