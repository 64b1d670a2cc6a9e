using System.Globalization;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>The data plane of managed HSMs.</summary>
internal sealed class HsmService(SimulatorCore core) : KeyVaultService(core)
{
    private readonly KeyCapacity _capacity = new(core);

    public override ServiceKind Kind => ServiceKind.ManagedHsm;

    public override string Resource => "https://managedhsm.azure.net";

    protected override string StoreKind => KeyStore.HsmKind;

    protected override IReadOnlyList<string> Audiences { get; } = ["https://managedhsm.azure.net", Assumptions.ManagedHsmApplicationId];

    public override void Authorize(Call call)
    {
        ShowReplica(call);
        var view = call.Read();
        var store = StoreOf(view, call);
        var template = call.Route.Operation.Template;
        if (!store.Active && !template.StartsWith("/securitydomain", StringComparison.Ordinal))
            throw Refuse(call, 403, "Forbidden", Assumptions.NotActivatedText, Assumptions.NotActivatedInner);
        if (store.RestoringUntil > call.Now && !template.StartsWith("/restore", StringComparison.Ordinal))
        {
            var left = Math.Max(1, (int)(store.RestoringUntil.Value - call.Now).TotalSeconds);
            throw new RefusedException(Error(call, 503, "ServiceUnavailable", "A restore is in progress.").With("Retry-After", left.ToString(CultureInfo.InvariantCulture)));
        }
        RequireWritable(call, store);
        if (call.Route.Operation.Permission is { } action)
            Require(call, view, store, action, ScopeOf(call));
        if (_capacity.Take(call, view, store) is { } seconds)
            throw new RefusedException(Error(call, 429, "Throttled", "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached")
                .With("Retry-After", Text(seconds)));
    }

    /// <summary>Refuses unless a local role grants the data action at that scope.</summary>
    private void Require(Call call, EstateView view, KeyStore store, string action, string scope)
    {
        if (!LocalAccess.Allows(view, store.Key, call.Caller, action, scope, call.Now, Core.Faults.RolesArePerVersion() ? VersionMade(call, view, store) : null))
            throw Refuse(call, 403, "AccessDenied", $"Not authorized to access {LocalRoles.Prefix}{action} on '{scope}'");
    }

    /// <summary>
    /// A reading that the extended region answers shows what has been replicated to it: keys, states, roles and grants as they
    /// were a while ago, but nothing older than what the region was filled with when it was added.
    /// </summary>
    private void ShowReplica(Call call)
    {
        if (!Reads(call) || StoreOf(call.Read(), call).Regions?.FirstOrDefault(known => known.Name == call.Region) is not { Primary: false } region)
            return;
        var filled = call.Now - region.Since;
        var lag = filled < Core.Timings.HsmReplication ? filled : Core.Timings.HsmReplication;
        if (call.StaleBy is null || lag > call.StaleBy)
            call.StaleBy = lag;
    }

    /// <summary>When the version that a call is about was made, in Unix seconds; <see langword="null"/> where there is none.</summary>
    private static long? VersionMade(Call call, EstateView view, KeyStore store)
    {
        if (!call.Route.Values.TryGetValue("key", out var name) || view.Find(Tables.Keys, KeyObject.KeyOf(store.Key, name)) is not { } key)
            return null;
        return view.Find(Tables.KeyVersions, KeyVersion.KeyOf(store.Key, key.Name, call.Route.Values.GetValueOrDefault("version") ?? key.Latest))?.Created;
    }

    private static bool Reads(Call call) => call.Request.Method == "GET" || call.Route.Operation.ReadsOnly;

    /// <summary>Changes are made in the primary region; while it is down there are none.</summary>
    private void RequireWritable(Call call, KeyStore store)
    {
        if (Reads(call) || !Core.Choices.WritesNeedPrimaryRegion || store.Regions is not { Count: > 1 } regions)
            return;
        if (Core.Faults.IsOut(regions.First(region => region.Primary).Name, call))
            throw new RefusedException(Error(call, 503, "ServiceUnavailable", "The primary region is not available; the managed HSM takes no changes.").With("Retry-After", "10"));
    }

    /// <summary>The scope at which a call's data action is checked. A key's version is never part of it.</summary>
    private static string ScopeOf(Call call)
    {
        if (call.Route.Values.TryGetValue("scope", out var given))
            return given.Length == 0 ? "/" : given;
        if (call.Route.Values.TryGetValue("key", out var key) && !call.Route.Operation.Template.Contains("/restore", StringComparison.Ordinal))
            return "/keys/" + key;
        var template = call.Route.Operation.Template;
        return template.StartsWith("/keys", StringComparison.Ordinal) && call.Route.Operation.Permission != "restore/start/action"
            || template.StartsWith("/deletedkeys", StringComparison.Ordinal)
                ? "/keys"
                : "/";
    }
}
