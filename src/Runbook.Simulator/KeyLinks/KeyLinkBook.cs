using System.Collections.Concurrent;
using System.Globalization;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyLinks;

/// <summary>What a resource wants to depend on.</summary>
internal sealed record KeyLinkRequest
{
    public required KeyLinkProfile Profile { get; init; }

    /// <summary>As <see cref="KeyLink.IdOf"/> makes it.</summary>
    public required string Id { get; init; }

    public required string ResourceId { get; init; }

    public required string Region { get; init; }

    public required KeyIdentifier Key { get; init; }

    public required string PrincipalId { get; init; }

    public string? IdentityId { get; init; }

    /// <summary>The data key that shall be wrapped; <see langword="null"/> for a new one.</summary>
    public byte[]? DataKey { get; init; }
}

/// <summary>
/// Every resource's dependence on its key: binding, asking on the resource's schedule, breaking, healing, and following rotation.
/// </summary>
/// <remarks>
/// Asking is a real unwrap at the store, so that the log of the store is evidence of which versions are in use. All of it is
/// part of the estate but the unwrapped data keys, which are remembered by the process alone: after a restart the first use
/// unwraps again.
/// </remarks>
internal sealed class KeyLinkBook
{
    private const string PollWork = "key-poll";
    private const int DataKeyBytes = 32;

    private static readonly TimeSpan TransientRetry = TimeSpan.FromMinutes(1);

    private readonly SimulatorCore _core;
    private readonly Dictionary<string, KeyLinkProfile> _profiles = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (byte[] Wrapped, byte[] DataKey)> _dataKeys = new(StringComparer.Ordinal);

    public KeyLinkBook(SimulatorCore core)
    {
        _core = core;
        Access = new KeyAccess(core);
        core.Work.On(PollWork, Poll);
    }

    public KeyAccess Access { get; }

    /// <summary>Makes a kind of dependence known; before any clock moves.</summary>
    public KeyLinkProfile Register(KeyLinkProfile profile)
    {
        _profiles.Add(profile.Name, profile);
        return profile;
    }

    public static KeyLink? Find(EstateView view, string id) => view.Find(Tables.KeyLinks, id);

    /// <summary>
    /// Validates a key at once and wraps a data key with it: reads it, judges it, wraps and unwraps. Changes nothing; not to be
    /// called inside a transaction.
    /// </summary>
    /// <returns>What is in the way, or <see langword="null"/>; then <paramref name="link"/> waits for <see cref="Put"/>.</returns>
    public KeyFault? TryBind(KeyLinkRequest request, DateTimeOffset now, out KeyLink link)
    {
        link = null!;
        if (_core.Faults.TokensAreDown())
            return new KeyFault { Trouble = KeyTrouble.TokenRefused, Use = "token", Key = request.Key.ToString(), Text = "The token endpoint does not answer." };
        if (Access.TryJudge(request.Profile, request.PrincipalId, request.Key, now, out var facts) is { } unfit)
            return unfit;
        var dataKey = request.DataKey ?? SimulatorRandom.Bytes(DataKeyBytes);
        if (Access.TryWrap(request.PrincipalId, facts.Id, dataKey, now, out var wrapped) is { } notWrapped)
            return notWrapped;
        if (Access.TryUnwrap(request.PrincipalId, facts.Id, wrapped, now, out _) is { } notUnwrapped)
            return notUnwrapped;
        link = new KeyLink
        {
            Id = request.Id,
            Profile = request.Profile.Name,
            ResourceId = request.ResourceId,
            Region = request.Region,
            Key = request.Key.ToString(),
            PrincipalId = request.PrincipalId,
            IdentityId = request.IdentityId,
            Current = facts.Id.ToString(),
            CurrentExpires = facts.Expires,
            Wrapped = wrapped,
            Rotated = now,
            Followed = now,
            TokenFrom = now,
            LastGood = now,
            Accessible = true,
            Since = now,
        };
        _dataKeys[request.Id] = (wrapped, dataKey);
        return null;
    }

    /// <summary>Keeps a bound link in the place of an earlier one, and plans its polls.</summary>
    public void Put(EstateTransaction tx, KeyLink link)
    {
        var profile = _profiles[link.Profile];
        var plan = (tx.Find(Tables.KeyLinks, link.Id)?.Plan ?? 0) + 1;
        Store(tx, link with { Plan = plan, Next = tx.Now + profile.Poll });
    }

    /// <summary>Ends a dependence; its planned poll then does nothing.</summary>
    public void Remove(EstateTransaction tx, string id)
    {
        tx.Remove(Tables.KeyLinks, id);
        _dataKeys.TryRemove(id, out _);
    }

    /// <summary>Ends every dependence of a resource.</summary>
    public void RemoveAll(EstateTransaction tx, string resourceId)
    {
        foreach (var (id, _) in tx.Scan(Tables.KeyLinks, resourceId.ToLowerInvariant() + "#").ToList())
            Remove(tx, id);
    }

    /// <summary>Lets a dependence go on as another identity; as none, the directory gives it no token.</summary>
    public static void Reassign(EstateTransaction tx, string id, string? principalId, string? identityId)
    {
        if (tx.Find(Tables.KeyLinks, id) is { } link)
            tx.Put(Tables.KeyLinks, id, link with { PrincipalId = principalId ?? "", IdentityId = identityId, TokenFrom = tx.Now });
    }

    /// <summary>Lets a dependence follow its key from now on, or stay on its version; what kept it from following is over.</summary>
    public static void Resume(EstateTransaction tx, KeyLink link, bool follows)
    {
        var key = Parse(link.Current);
        tx.Put(Tables.KeyLinks, link.Id, link with { Key = follows ? key.Versionless : key.ToString(), FollowFault = null });
    }

    /// <summary>Moves a dependence to another region, where the resource now is.</summary>
    public static void Move(EstateTransaction tx, string id, string region)
    {
        if (tx.Find(Tables.KeyLinks, id) is { } link)
            tx.Put(Tables.KeyLinks, id, link with { Region = region });
    }

    /// <summary>
    /// The data key for use now: what is remembered while the link is accessible, else unwrapped at the store. Not to be called
    /// inside a transaction.
    /// </summary>
    /// <returns>Why there is none, or <see langword="null"/>.</returns>
    public KeyFault? TryDataKey(KeyLink link, DateTimeOffset now, out byte[] dataKey)
    {
        dataKey = [];
        if (link.Refusal is { } refusal)
            return refusal;
        if (_dataKeys.TryGetValue(link.Id, out var known) && known.Wrapped.AsSpan().SequenceEqual(link.Wrapped))
        {
            dataKey = known.DataKey;
            return null;
        }
        return Unwrap(link, now, out dataKey);
    }

    /// <summary>
    /// Asks for the key at once, as a revalidation does: a good answer heals a link that waits for one, after the usual time.
    /// Not to be called inside a transaction.
    /// </summary>
    /// <returns>The link after it; <see langword="null"/> where there is none.</returns>
    public KeyLink? Check(string id, DateTimeOffset now, bool revalidates = true)
    {
        if (_core.Estate.Current.Find(Tables.KeyLinks, id) is not { } link)
            return null;
        var judged = Judge(link, now, revalidates);
        return _core.Estate.Write(now, tx =>
        {
            if (tx.Find(Tables.KeyLinks, id) is not { } current || current.Plan != link.Plan)
                return tx.Find(Tables.KeyLinks, id);
            var next = judged with { Plan = current.Plan + 1 };
            Tell(tx, current, next);
            Store(tx, next);
            return next;
        });
    }

    /// <summary>Looks for a newer version now, ahead of the schedule. Not to be called inside a transaction.</summary>
    public KeyLink? Follow(string id, DateTimeOffset now)
    {
        if (_core.Estate.Current.Find(Tables.KeyLinks, id) is not { } link || Unwrap(link, now, out var dataKey) is not null)
            return _core.Estate.Current.Find(Tables.KeyLinks, id);
        var followed = Followed(link, _profiles[link.Profile], dataKey, now);
        return _core.Estate.Write(now, tx =>
        {
            if (tx.Find(Tables.KeyLinks, id) is not { } current || current.Plan != link.Plan)
                return tx.Find(Tables.KeyLinks, id);
            Tell(tx, current, followed);
            tx.Put(Tables.KeyLinks, id, followed);
            return followed;
        });
    }

    private void Poll(DueItem item)
    {
        var link = _core.Estate.Current.Find(Tables.KeyLinks, item.Target);
        if (link is null || !IsPlan(link, item))
        {
            _core.Work.Complete(item, static _ => { });
            return;
        }
        var judged = Judge(link, item.Due, revalidates: false);
        _core.Work.Complete(item, tx =>
        {
            // Somebody may have set another key meanwhile: that plan holds, and this one is over.
            if (tx.Find(Tables.KeyLinks, item.Target) is not { } current || !IsPlan(current, item))
                return;
            Tell(tx, current, judged);
            Store(tx, judged);
        });
    }

    private static bool IsPlan(KeyLink link, DueItem item) => link.Plan.ToString(CultureInfo.InvariantCulture) == item.Detail;

    private static void Store(EstateTransaction tx, KeyLink link)
    {
        tx.Put(Tables.KeyLinks, link.Id, link);
        tx.Schedule(link.Next!.Value, PollWork, link.Id, link.Plan.ToString(CultureInfo.InvariantCulture));
    }

    private void Tell(EstateTransaction tx, KeyLink before, KeyLink after)
    {
        if (before.Accessible != after.Accessible || before.Current != after.Current || before.NeedsRevalidation != after.NeedsRevalidation
            || before.FollowFault?.Trouble != after.FollowFault?.Trouble)
            _profiles[after.Profile].Changed?.Invoke(tx, before, after);
    }

    /// <summary>Asks for the key and says what becomes of the link.</summary>
    private KeyLink Judge(KeyLink link, DateTimeOffset now, bool revalidates)
    {
        var profile = _profiles[link.Profile];
        if (_core.Faults.IsRegionDown(link.Region))
            return link with { Next = now + TransientRetry };
        link = WithToken(link, now, out var fault);
        byte[] dataKey = [];
        fault ??= Unwrap(link, now, out dataKey);
        if (fault is null && profile.ExpiryBreaks)
            fault = OutOfTime(ref link, now);
        var follows = profile.Follow is { } every && now - link.Followed >= every && !HasStopped(link, profile);
        if (fault is not null)
        {
            // A look that was due fails with the key itself; where that is final, it is kept.
            if (follows && profile.FollowStops && !fault.IsTransient && !Parse(link.Key).IsVersioned)
                link = link with { Followed = now, FollowFault = fault };
            return Failed(link, profile, fault, now);
        }
        if (follows)
            link = Followed(link, profile, dataKey, now);
        return Answered(link, profile, now, revalidates);
    }

    private static bool HasStopped(KeyLink link, KeyLinkProfile profile) => profile.FollowStops && link.FollowFault is { IsTransient: false };

    private KeyLink WithToken(KeyLink link, DateTimeOffset now, out KeyFault? fault)
    {
        fault = null;
        if (now - link.TokenFrom < Assumptions.ServiceTokenLifetime)
            return link;
        if (!_core.Faults.TokensAreDown())
            return link with { TokenFrom = now };
        fault = new KeyFault { Trouble = KeyTrouble.TokenRefused, Use = "token", Key = link.Current, Text = "The token endpoint does not answer." };
        return link;
    }

    private KeyFault? Unwrap(KeyLink link, DateTimeOffset now, out byte[] dataKey)
    {
        if (Access.TryUnwrap(link.PrincipalId, Parse(link.Current), link.Wrapped, now, out dataKey) is { } fault)
            return fault;
        _dataKeys[link.Id] = (link.Wrapped, dataKey);
        return null;
    }

    private KeyFault? OutOfTime(ref KeyLink link, DateTimeOffset now)
    {
        if (Access.TryRead(link.PrincipalId, Parse(link.Current), now, out var facts) is { } fault)
            return fault;
        link = link with { CurrentExpires = facts.Expires };
        if (facts.Expires <= now)
            return new KeyFault { Trouble = KeyTrouble.KeyExpired, Use = "get", Key = link.Current, Text = "The key is expired." };
        return facts.NotBefore > now
            ? new KeyFault { Trouble = KeyTrouble.KeyNotYetValid, Use = "get", Key = link.Current, Text = "The key is not yet valid." }
            : null;
    }

    /// <summary>Wraps the data key with the newest version where that is another one. The old one is needed until then.</summary>
    private KeyLink Followed(KeyLink link, KeyLinkProfile profile, byte[] dataKey, DateTimeOffset now)
    {
        link = link with { Followed = now };
        var key = Parse(link.Key);
        if (key.IsVersioned)
            return link;
        if (Access.TryRead(link.PrincipalId, key, now, out var facts) is { } unread)
            return link with { FollowFault = unread };
        if (facts.Id.ToString() == link.Current)
            return link with { FollowFault = null, CurrentExpires = facts.Expires };
        if (KeyAccess.Unfit(profile, facts, now) is { } unfit)
            return link with { FollowFault = unfit };
        if (Access.TryWrap(link.PrincipalId, facts.Id, dataKey, now, out var wrapped) is { } notWrapped)
            return link with { FollowFault = notWrapped };
        if (Access.TryUnwrap(link.PrincipalId, facts.Id, wrapped, now, out _) is { } notUnwrapped)
            return link with { FollowFault = notUnwrapped };
        _dataKeys[link.Id] = (wrapped, dataKey);
        return link with { Current = facts.Id.ToString(), CurrentExpires = facts.Expires, Wrapped = wrapped, Rotated = now, FollowFault = null };
    }

    private KeyLink Failed(KeyLink link, KeyLinkProfile profile, KeyFault fault, DateTimeOffset now)
    {
        link = link with { Fault = fault, HealsAt = null, NeedsRevalidation = false };
        var breaks = link.LastGood + profile.Cached;
        if (link.Accessible && now >= breaks)
        {
            _dataKeys.TryRemove(link.Id, out _);
            link = link with { Accessible = false, Since = now, Broke = fault };
        }
        if (!link.Accessible)
            return link with { Next = now + profile.PollBroken };
        var again = now + (fault.IsTransient && TransientRetry < profile.Poll ? TransientRetry : profile.Poll);
        return link with { Next = again < breaks ? again : breaks };
    }

    private static KeyLink Answered(KeyLink link, KeyLinkProfile profile, DateTimeOffset now, bool revalidates)
    {
        link = link with { LastGood = now, Fault = null };
        if (link.Accessible)
            return link with { Next = now + profile.Poll };
        var heals = revalidates || link.HealsAt is not null || profile.HealsWithin is not { } within
            || now - link.Since <= within || link.Broke?.IsNetwork == true;
        if (!heals)
            return link with { NeedsRevalidation = true, Next = now + profile.PollBroken };
        var at = link.HealsAt ?? now + profile.Healing;
        if (now >= at)
            return link with { Accessible = true, Since = now, Broke = null, HealsAt = null, NeedsRevalidation = false, Next = now + profile.Poll };
        var next = now + profile.PollBroken;
        return link with { HealsAt = at, NeedsRevalidation = false, Next = next < at ? next : at };
    }

    private static KeyIdentifier Parse(string url) =>
        KeyIdentifier.TryParse(url, out var key) ? key : throw new InvalidDataException($"\"{url}\" is no key.");
}
