using Runbook.Language;

namespace Runbook.Engine;

/// <summary>What must hold before a session may begin.</summary>
internal static class OpeningRules
{
    public static void Check(SessionStart start, SessionGround ground)
    {
        var document = start.Program.Document;
        if (!document.Environments.Contains(start.Environment))
        {
            throw new EngineException("RE201", $"\"{document.Id}\" may not run in the environment \"{start.Environment}\".", "The session has not started; nothing was written.", $"It may run in {string.Join(", ", document.Environments)}: choose a profile with one of these labels, or have the runbook's author allow this one.");
        }

        CheckPeople(start, document);
        CheckFaults(start, ground);
        CheckLeases(start, ground);
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

    // The checker proves that a fault meets its revert; that it is undone if this process dies is the guard's to see to.
    private static void CheckFaults(SessionStart start, SessionGround ground)
    {
        foreach (var compilation in start.Program.Linked.ByPath.Values)
        {
            if (compilation.Machine!.Faults.FirstOrDefault() is not { } fault || (ground.Guards is not null && ground.BlastRadius is not null)) continue;
            throw new EngineException("RE206", $"\"{fault.Step.Title}\" of \"{compilation.Name}\" breaks something on purpose, and there is nothing here that would undo it if the console dies, or that can tell what depends on it.", "The session has not started; nothing was written.", "Run it where the program can start a guard.");
        }
    }

    private static void CheckLeases(SessionStart start, SessionGround ground)
    {
        if (start.Embedded is not null || (ground.Guards is not null && ground.GuardsLeases)) return;
        foreach (var compilation in start.Program.Linked.ByPath.Values)
        {
            if (compilation.Machine!.States.FirstOrDefault(s => s.Step.Block is StepBlock.Lease) is not { } lease) continue;
            throw new EngineException("RE204", $"\"{lease.Step.Title}\" of \"{compilation.Name}\" is a lease, and there is no guard here that ends it if the console dies.", "The session has not started; nothing was written.", "Run it where the program can start a guard, or on the embedded Azure.");
        }
    }

    private static void CheckCopies(SessionStart start)
    {
        var twice = start.Sources.GroupBy(s => Path.GetFileName(s.Path), StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (twice is null) return;
        throw new EngineException("RE205", $"Two runbooks of this session are named \"{twice.Key}\".", "The session has not started; nothing was written.", "Rename one of them.");
    }
}
