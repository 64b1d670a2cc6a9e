using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Compute;

/// <summary>
/// The keys of disk encryption sets and of the disks that use them: disks go on for about an hour after their key was lost, then
/// their machines stop; a set that follows its key takes its disks along.
/// </summary>
internal sealed class DiskKeys
{
    private const string RewrapWork = "disk-rewrap";
    private const int DataKeyBytes = 32;

    private readonly ComputeProvider _compute;

    public DiskKeys(ComputeProvider compute)
    {
        _compute = compute;
        compute.Keys = this;
        Links = compute.Core.KeyLinks;
        var timings = compute.Core.Timings;
        Set = Links.Register(new KeyLinkProfile
        {
            Name = "disk-encryption-set",
            Poll = timings.DiskKeyPoll,
            Cached = timings.DiskKeyCache,
            PollBroken = timings.DiskKeyPoll,
            Follow = timings.DiskSetRotation,
            FollowStops = Assumptions.DiskRotationWaitsForUpdate,
            ExpiryBreaks = true,
            Changed = SetChanged,
        });
        Disk = Links.Register(new KeyLinkProfile
        {
            Name = "disk",
            Poll = timings.DiskKeyPoll,
            Cached = timings.DiskKeyCache,
            PollBroken = timings.DiskKeyPoll,
            ExpiryBreaks = true,
            Changed = DiskChanged,
        });
        compute.Core.Work.On(RewrapWork, Rewrap);
    }

    public KeyLinkBook Links { get; }

    public KeyLinkProfile Set { get; }

    public KeyLinkProfile Disk { get; }

    public static string SetLink(string setId) => KeyLink.IdOf(setId, "key");

    public static string DiskLink(string diskId) => KeyLink.IdOf(diskId, "dek");

    public static bool Follows(Resource set) => set.Properties.Member("rotationToLatestKeyVersionEnabled").Flag() == true;

    public static KeyIdentifier ActiveKey(Resource set) => KeyIdentifier.Parse(set.Properties.At("activeKey", "keyUrl").Text()!);

    /// <summary>Tries a set's key as the set.</summary>
    public KeyFault? TryBindSet(EstateView view, Resource set, DateTimeOffset now, out KeyLink link)
    {
        var key = ActiveKey(set);
        if (TryBind(view, set, Set, SetLink(set.Id), set.Id, key, null, now, out link) is { } fault)
            return fault;
        if (Follows(set))
            link = link with { Key = key.Versionless };
        return null;
    }

    private KeyFault? TryBind(EstateView view, Resource set, KeyLinkProfile profile, string linkId, string resourceId, KeyIdentifier key, byte[]? dataKey, DateTimeOffset now, out KeyLink link)
    {
        link = null!;
        return ComputeWords.PrincipalOf(view, set) is { } who
            ? Links.TryBind(
                new KeyLinkRequest { Profile = profile, Id = linkId, ResourceId = resourceId, Region = set.Location!, Key = key, PrincipalId = who.PrincipalId, IdentityId = who.IdentityId, DataKey = dataKey },
                now,
                out link)
            : new KeyFault { Trouble = KeyTrouble.TokenRefused, Use = "token", Key = key.ToString(), Text = "The disk encryption set has no identity." };
    }

    /// <summary>Puts a content on a disk: under the platform's key, under the set's, or both.</summary>
    /// <param name="call">The call that writes the disk.</param>
    /// <param name="diskId">Id of the disk.</param>
    /// <param name="set">The set, or <see langword="null"/>.</param>
    /// <param name="plain">What is on it.</param>
    /// <param name="links">Dependences to keep with it: the disk's, and the set's where that had none yet.</param>
    public DiskState Encrypt(Call call, string diskId, Resource? set, byte[] plain, out List<KeyLink> links)
    {
        links = [];
        var view = call.Read();
        byte[]? platform = null;
        if (set is null || set.Properties.Member("encryptionType").Text() == DiskEncryptionSets.Double)
        {
            var platformKey = SimulatorRandom.Bytes(DataKeyBytes);
            platform = _compute.Core.Estate.Write(call.Now, tx => PlatformKeys.Wrap(tx, platformKey));
            plain = SealedContent.Seal(platformKey, plain);
        }
        if (set is not null)
        {
            if (KeyLinkBook.Find(view, SetLink(set.Id)) is null)
            {
                if (TryBindSet(view, set, call.Now, out var setLink) is { } unusable)
                    throw ComputeWords.Refusal(400, set, unusable);
                links.Add(setLink);
            }
            var dataKey = SimulatorRandom.Bytes(DataKeyBytes);
            if (TryBind(view, set, Disk, DiskLink(diskId), diskId, ActiveKey(set), dataKey, call.Now, out var link) is { } fault)
                throw ComputeWords.Refusal(400, set, fault);
            links.Add(link);
            plain = SealedContent.Seal(dataKey, plain);
        }
        return new DiskState { Id = diskId, Content = plain, Platform = platform };
    }

    public void Keep(EstateTransaction tx, DiskState state, IEnumerable<KeyLink> links)
    {
        Links.Remove(tx, DiskLink(state.Id));
        DiskState.Put(tx, state);
        foreach (var link in links)
            Links.Put(tx, link);
    }

    /// <summary>Reads a disk as a machine does that starts from it: with a fresh unwrap.</summary>
    /// <returns>Why it can't be read, or <see langword="null"/>.</returns>
    public KeyFault? TryDecrypt(EstateView view, DiskState state, DateTimeOffset now, out byte[] plain)
    {
        plain = state.Content;
        if (KeyLinkBook.Find(view, DiskLink(state.Id)) is not null)
        {
            var link = Links.Check(DiskLink(state.Id), now)!;
            if ((link.Refusal ?? link.Fault) is { } fault)
                return fault;
            if (Links.TryDataKey(link, now, out var dataKey) is { } late)
                return late;
            plain = SealedContent.Open(dataKey, plain);
        }
        if (state.Platform is { } wrapped)
            plain = SealedContent.Open(PlatformKeys.Unwrap(view, wrapped), plain);
        return null;
    }

    public static byte[] NewContent(string diskId) => Encoding.UTF8.GetBytes($"first block of {diskId}");

    /// <summary>After a set's identities changed, its key and its disks' are asked for as whoever it is now.</summary>
    public void FollowIdentity(EstateTransaction tx, Resource set)
    {
        var who = ComputeWords.PrincipalOf(tx, set);
        KeyLinkBook.Reassign(tx, SetLink(set.Id), who?.PrincipalId, who?.IdentityId);
        foreach (var disk in DisksOf(tx, set.Id))
            KeyLinkBook.Reassign(tx, DiskLink(disk.Id), who?.PrincipalId, who?.IdentityId);
    }

    public IEnumerable<Resource> DisksOf(EstateView view, string setId) =>
        _compute.Disks.All(view).Where(disk => string.Equals(disk.Properties.At("encryption", "diskEncryptionSetId").Text(), setId, StringComparison.OrdinalIgnoreCase));

    /// <summary>Has a set's disks wrapped with its active key after a while; until then the previous one stays needed.</summary>
    public void PlanRewrap(EstateTransaction tx, string setId) => tx.Schedule(tx.Now + _compute.Core.Timings.DiskRewrap, RewrapWork, setId.ToLowerInvariant());

    private void SetChanged(EstateTransaction tx, KeyLink before, KeyLink after)
    {
        if (_compute.Sets.Find(tx, after.ResourceId) is not { } set)
            return;
        if (before.Current != after.Current)
        {
            set = ResourceKind.With(
                set,
                ("activeKey", new JsonObject { ["keyUrl"] = after.Current }),
                ("previousKeys", new JsonArray(new JsonObject { ["keyUrl"] = before.Current })),
                ("lastKeyRotationTimestamp", Shapes.Time(tx.Now)));
            PlanRewrap(tx, set.Id);
        }
        var fault = after.FollowFault;
        var (code, message) = fault is null ? default : ComputeWords.Rotation(set, fault);
        ResourceKind.Store(tx, ResourceKind.With(set, ("autoKeyRotationError", fault is null ? null : new JsonObject { ["code"] = code, ["message"] = message })));
    }

    private void DiskChanged(EstateTransaction tx, KeyLink before, KeyLink after)
    {
        if (!before.Accessible || after.Accessible || _compute.Disks.Find(tx, after.ResourceId) is not { ManagedBy: { } machine })
            return;
        if (MachineState.Find(tx, machine) is not { Power: "running" } running)
            return;
        // The machine stops; it is started by hand once the key works again.
        MachineState.Put(tx, running.Id, "stopped");
        _compute.Arm.Activity!.Happened(tx, running.Id, "Microsoft.Compute/virtualMachines/powerOff/action", "Succeeded", after.Broke!.Trouble.ToString(), $"The disk '{after.ResourceId}' can't be read.");
    }

    private void Rewrap(DueItem item)
    {
        var view = _compute.Core.Estate.Current;
        var links = new List<KeyLink>();
        var left = 0;
        if (_compute.Sets.Find(view, item.Target) is { } set)
        {
            var key = ActiveKey(set);
            foreach (var disk in DisksOf(view, set.Id))
            {
                if (KeyLinkBook.Find(view, DiskLink(disk.Id)) is not { } link || link.Current == key.ToString())
                    continue;
                // Where the old key is lost, only another one with the same material opens what it wrapped.
                var opened = Links.TryDataKey(link, item.Due, out var dataKey) is null || Links.Access.TryUnwrap(link.PrincipalId, key, link.Wrapped, item.Due, out dataKey) is null;
                if (opened && TryBind(view, set, Disk, link.Id, disk.Id, key, dataKey, item.Due, out var bound) is null)
                    links.Add(bound);
                else
                    left++;
            }
        }
        _compute.Core.Work.Complete(item, tx =>
        {
            foreach (var link in links.Where(link => tx.Has(Tables.KeyLinks, link.Id)))
                Links.Put(tx, link);
            if (_compute.Sets.Find(tx, item.Target) is not { } shown)
                return;
            if (left > 0)
                PlanRewrap(tx, shown.Id);
            else
                ResourceKind.Store(tx, ResourceKind.With(shown, ("previousKeys", new JsonArray())));
        });
    }
}
