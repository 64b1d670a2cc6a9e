using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>The principals of the simulated directory.</summary>
public sealed class PrincipalDirectory
{
    private static readonly TimeSpan SecretLifetime = TimeSpan.FromDays(3650);

    private readonly SimulatorCore _core;

    internal PrincipalDirectory(SimulatorCore core) => _core = core;

    /// <summary>Makes a principal. It has no role anywhere.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="name">Name for people; of a user also the part before the <c>@</c>.</param>
    /// <param name="objectId">Object id that it shall have; <see langword="null"/> for a new one.</param>
    /// <returns>With the secret that service principals and users sign in with.</returns>
    /// <exception cref="ArgumentException">The name is empty, or the object id is no GUID or taken.</exception>
    public PrincipalCredential Create(PrincipalKind kind, string name, string? objectId = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (objectId is not null && !Guid.TryParse(objectId, out _))
            throw new ArgumentException($"The object id \"{objectId}\" is not a GUID.", nameof(objectId));
        var made = _core.Estate.Write(_core.Clock.GetUtcNow(), tx =>
        {
            var id = (objectId ?? tx.NextGuid().ToString()).ToLowerInvariant();
            if (tx.FindPrincipal(id) is not null)
                throw new ArgumentException($"The object id \"{id}\" is taken.", nameof(objectId));
            return Make(tx, kind, name, id);
        });
        _core.Estate.Save();
        return made;
    }

    /// <summary>Makes a principal a member of a group; tokens issued from now on say so.</summary>
    /// <param name="objectId">The member.</param>
    /// <param name="groupId">The group.</param>
    /// <exception cref="ArgumentException">One of them does not exist, or the second is no group.</exception>
    public void AddToGroup(string objectId, string groupId)
    {
        _core.Estate.Write(_core.Clock.GetUtcNow(), tx =>
        {
            var member = tx.FindPrincipal(objectId) ?? throw new ArgumentException($"There is no principal \"{objectId}\".", nameof(objectId));
            if (tx.FindPrincipal(groupId) is not { Kind: PrincipalKind.Group } group)
                throw new ArgumentException($"There is no group \"{groupId}\".", nameof(groupId));
            tx.PutPrincipal(member with { Groups = [.. (member.Groups ?? []).Append(group.ObjectId).Distinct(StringComparer.OrdinalIgnoreCase)] });
            return true;
        });
        _core.Estate.Save();
    }

    /// <summary>Takes a principal out of a group.</summary>
    /// <param name="objectId">The member.</param>
    /// <param name="groupId">The group.</param>
    /// <returns>Whether it was a member.</returns>
    public bool RemoveFromGroup(string objectId, string groupId)
    {
        var was = _core.Estate.Write(_core.Clock.GetUtcNow(), tx =>
        {
            if (tx.FindPrincipal(objectId) is not { } member || member.Groups?.Contains(groupId, StringComparer.OrdinalIgnoreCase) != true)
                return false;
            tx.PutPrincipal(member with { Groups = [.. member.Groups.Where(group => !group.Equals(groupId, StringComparison.OrdinalIgnoreCase))] });
            return true;
        });
        _core.Estate.Save();
        return was;
    }

    /// <summary>Deletes a principal. Its role assignments stay, orphaned.</summary>
    /// <param name="objectId">Whom.</param>
    /// <returns>Whether there was one.</returns>
    public bool Delete(string objectId)
    {
        var was = _core.Estate.Write(_core.Clock.GetUtcNow(), tx =>
        {
            if (tx.FindPrincipal(objectId) is not { } principal)
                return false;
            tx.RemovePrincipal(principal);
            return true;
        });
        _core.Estate.Save();
        return was;
    }

    /// <summary>Lets an application sign in with a certificate.</summary>
    /// <param name="objectId">The application's service principal.</param>
    /// <param name="certificate">DER of the certificate.</param>
    /// <exception cref="ArgumentException">There is no such principal.</exception>
    public void AddCertificate(string objectId, ReadOnlySpan<byte> certificate)
    {
        var der = Convert.ToBase64String(certificate);
        _core.Estate.Write(_core.Clock.GetUtcNow(), tx =>
        {
            var principal = tx.FindPrincipal(objectId) ?? throw new ArgumentException($"There is no principal \"{objectId}\".", nameof(objectId));
            var entry = new ClientCertificate { Der = der, Expires = tx.Now + SecretLifetime };
            tx.PutPrincipal(principal with { Certificates = [.. principal.Certificates ?? [], entry] });
            return true;
        });
        _core.Estate.Save();
    }

    /// <summary>The principal with that name, with its secret.</summary>
    /// <param name="name">As given when it was made; compared exactly.</param>
    /// <returns><see langword="null"/> where there is none.</returns>
    public PrincipalCredential? Find(string name) =>
        _core.Estate.Current.Scan(Tables.Principals).Select(pair => pair.Value)
            .FirstOrDefault(principal => principal.DisplayName == name) is { } found ? Show(found) : null;

    internal static PrincipalCredential Make(EstateTransaction tx, PrincipalKind kind, string name, string objectId)
    {
        var hasSecret = kind is PrincipalKind.ServicePrincipal or PrincipalKind.User;
        var principal = new Principal
        {
            ObjectId = objectId,
            Kind = kind,
            DisplayName = name,
            ApplicationId = kind is PrincipalKind.ServicePrincipal or PrincipalKind.ManagedIdentity ? tx.NextGuid().ToString() : null,
            UserPrincipalName = kind == PrincipalKind.User ? $"{name.Replace(' ', '.').ToLowerInvariant()}@rehearsal.onmicrosoft.com" : null,
            Created = tx.Now,
            Secrets = hasSecret ? [new ClientSecret { Value = TokenIssuer.SecretFrom(tx), Expires = tx.Now + SecretLifetime }] : null,
        };
        tx.PutPrincipal(principal);
        return Show(principal);
    }

    private static PrincipalCredential Show(Principal principal) => new()
    {
        Kind = principal.Kind,
        Name = principal.DisplayName,
        ObjectId = principal.ObjectId,
        ClientId = principal.ApplicationId,
        Secret = principal.Secrets is [var secret, ..] ? secret.Value : null,
    };
}
