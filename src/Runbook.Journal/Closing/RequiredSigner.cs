namespace Runbook.Journal;

/// <summary>A signature that the statement still lacks.</summary>
/// <param name="Role">By somebody of this role.</param>
/// <param name="People">Roster ids of those who may give it.</param>
/// <param name="Missing">How many of them must.</param>
public sealed record RequiredSigner(string Role, IReadOnlyList<string> People, int Missing);

/// <summary>Whose signatures a statement needs: the operator's, and of each role that agreed to the close as many as agreed.</summary>
internal static class RequiredSigners
{
    internal const string OperatorRole = "operator";

    internal static IReadOnlyList<RequiredSigner> Missing(SessionLedger ledger, Roster roster, IEnumerable<string> signed)
    {
        var there = signed.ToHashSet(StringComparer.Ordinal);
        var missing = new List<RequiredSigner>();
        if (ledger.OperatorOnDuty is { } person && !there.Contains(person)) missing.Add(new RequiredSigner(OperatorRole, [person], 1));
        foreach (var request in ledger.Approvals.AllRequests.Where(r => r.State == RequestState.Granted && r.Body.Over.Covers("close")))
        {
            var people = roster.PeopleOf(request.Body.Role).Select(p => p.Id).ToList();
            var lacking = request.Body.Quorum - people.Count(there.Contains);
            if (lacking > 0) missing.Add(new RequiredSigner(request.Body.Role, [.. people.Where(p => !there.Contains(p))], lacking));
        }

        return missing;
    }
}
