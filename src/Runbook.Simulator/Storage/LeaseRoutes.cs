using System.Globalization;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>Leases of blobs and containers.</summary>
internal sealed class LeaseRoutes
{
    private const int Endless = -1;

    private readonly BlobDesk _desk;

    public LeaseRoutes(BlobDesk desk)
    {
        _desk = desk;
        desk.Service.Add("Lease Blob", "PUT", BlobLevel.Blob, "comp=lease", BlobService.BlobActions + "write", LeaseBlob);
        desk.Service.Add("Lease Container", "PUT", BlobLevel.Container, "restype=container&comp=lease", BlobService.ContainerActions + "lease/action|" + BlobService.ContainerActions + "write", LeaseContainer);
    }

    private Answer LeaseBlob(Call call) => call.Write(tx =>
    {
        var blob = _desk.NeedBlob(tx, call);
        _desk.RequireConditions(call, blob.ETag, blob.Modified);
        var (lease, answer) = Act(call, tx, blob.Lease);
        tx.Put(Tables.Blobs, blob.Key, blob with { Lease = lease });
        return BlobDesk.WithVersion(answer, blob.ETag, blob.Modified);
    });

    private Answer LeaseContainer(Call call) => call.Write(tx =>
    {
        var container = _desk.NeedContainer(tx, call);
        var (lease, answer) = Act(call, tx, container.Lease);
        tx.Put(Tables.Containers, container.Key, container with { Lease = lease });
        return BlobDesk.WithVersion(answer, container.ETag, container.Modified);
    });

    private (BlobLease? Lease, Answer Answer) Act(Call call, EstateTransaction tx, BlobLease? lease) => call.Request.Headers["x-ms-lease-action"]?.ToLowerInvariant() switch
    {
        "acquire" => Acquire(call, tx, lease),
        "renew" => Renew(call, Owned(call, lease)),
        "change" => Change(call, lease),
        "release" => Release(Owned(call, lease)),
        "break" => Break(call, lease),
        _ => throw _desk.Service.BadHeader(call, "x-ms-lease-action"),
    };

    private (BlobLease?, Answer) Acquire(Call call, EstateTransaction tx, BlobLease? lease)
    {
        if (!int.TryParse(call.Request.Headers["x-ms-lease-duration"], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) || seconds is not (Endless or (>= 15 and <= 60)))
            throw _desk.Service.BadHeader(call, "x-ms-lease-duration");
        var proposed = Proposed(call);
        if (lease?.HoldsAt(call.Now) == true)
        {
            var same = proposed is not null && BlobDesk.SameLease(proposed, lease.Id);
            if (lease.BreaksAt is not null && same)
                throw _desk.Refuse(call, 409, "LeaseIsBreakingAndCannotBeAcquired", "The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is broken.");
            if (!same)
                throw _desk.Refuse(call, 409, "LeaseAlreadyPresent", "There is already a lease present.");
        }
        var taken = new BlobLease { Id = proposed ?? tx.NextGuid().ToString(), Duration = seconds, Until = End(seconds, call.Now) };
        return (taken, Answer.Empty(201).With("x-ms-lease-id", taken.Id));
    }

    private static DateTimeOffset? End(int seconds, DateTimeOffset now) => seconds == Endless ? null : now.AddSeconds(seconds);

    private string? Proposed(Call call)
    {
        var proposed = call.Request.Headers["x-ms-proposed-lease-id"];
        return proposed is null || Guid.TryParse(proposed, out _) ? proposed : throw _desk.Service.BadHeader(call, "x-ms-proposed-lease-id");
    }

    /// <summary>The lease, if the request names it.</summary>
    private BlobLease Owned(Call call, BlobLease? lease)
    {
        var given = call.Request.Headers["x-ms-lease-id"] ?? throw _desk.Refuse(call, 400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified. HeaderName: x-ms-lease-id");
        if (lease is null)
            throw _desk.Refuse(call, 409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.");
        return BlobDesk.SameLease(given, lease.Id)
            ? lease
            : throw _desk.Refuse(call, 409, "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob.");
    }

    private (BlobLease?, Answer) Renew(Call call, BlobLease lease)
    {
        if (lease.BreaksAt is not null)
            throw _desk.Refuse(call, 409, "LeaseIsBrokenAndCannotBeRenewed", "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.");
        var renewed = lease with { Until = End(lease.Duration, call.Now) };
        return (renewed, Answer.Empty(200).With("x-ms-lease-id", renewed.Id));
    }

    private (BlobLease?, Answer) Change(Call call, BlobLease? lease)
    {
        var proposed = Proposed(call) ?? throw _desk.Service.BadHeader(call, "x-ms-proposed-lease-id");
        // Whoever lost the answer to a change sends it again: the new id is then there already.
        if (lease is null || !BlobDesk.SameLease(proposed, lease.Id))
            Owned(call, lease);
        if (lease!.BreaksAt is not null)
            throw _desk.Refuse(call, 409, "LeaseIsBreakingAndCannotBeChanged", "The lease ID matched, but the lease is currently in breaking state and cannot be changed.");
        if (!lease.HoldsAt(call.Now))
            throw _desk.Refuse(call, 409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.");
        return (lease with { Id = proposed }, Answer.Empty(200).With("x-ms-lease-id", proposed));
    }

    private static (BlobLease?, Answer) Release(BlobLease lease)
    {
        _ = lease;
        return (null, Answer.Empty(200));
    }

    private (BlobLease?, Answer) Break(Call call, BlobLease? lease)
    {
        if (lease is null || lease.StateAt(call.Now) == "expired")
            throw _desk.Refuse(call, 409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.");
        int? period = null;
        if (call.Request.Headers["x-ms-lease-break-period"] is { } text)
            period = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 60 ? seconds : throw _desk.Service.BadHeader(call, "x-ms-lease-break-period");
        var left = lease.BreaksAt is { } breaks ? breaks - call.Now : lease.Until is { } until ? until - call.Now : TimeSpan.FromSeconds(period ?? 0);
        if (left < TimeSpan.Zero)
            left = TimeSpan.Zero;
        // A break shortens what is left, and never lengthens it.
        if (period is { } wanted && TimeSpan.FromSeconds(wanted) < left)
            left = TimeSpan.FromSeconds(wanted);
        return (lease with { BreaksAt = call.Now + left }, Answer.Empty(202).With("x-ms-lease-time", BlobDesk.Number((long)Math.Ceiling(left.TotalSeconds))));
    }
}
