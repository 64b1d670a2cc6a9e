using Runbook.Simulator.State;

namespace Runbook.Simulator.Identity;

/// <summary>Finding and making principals.</summary>
internal static class DirectoryObjects
{
    public static Principal? FindPrincipal(this EstateView view, string objectId) =>
        view.Find(Tables.Principals, objectId.ToLowerInvariant());

    /// <summary>The service principal or managed identity with that application id.</summary>
    public static Principal? FindApplication(this EstateView view, string applicationId) =>
        view.Find(Tables.Applications, applicationId.ToLowerInvariant())?.Text is { } objectId ? view.FindPrincipal(objectId) : null;

    public static void PutPrincipal(this EstateTransaction tx, Principal principal)
    {
        tx.Put(Tables.Principals, principal.ObjectId.ToLowerInvariant(), principal);
        if (principal.ApplicationId is { } application)
            tx.Put(Tables.Applications, application.ToLowerInvariant(), new MetaRow { Text = principal.ObjectId });
    }

    public static void RemovePrincipal(this EstateTransaction tx, Principal principal)
    {
        tx.Remove(Tables.Principals, principal.ObjectId.ToLowerInvariant());
        if (principal.ApplicationId is { } application)
            tx.Remove(Tables.Applications, application.ToLowerInvariant());
    }
}
