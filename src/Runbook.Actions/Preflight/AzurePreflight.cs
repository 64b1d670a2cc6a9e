using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>Looks at Azure before a runbook begins. Reads only; what can't be read is said, and refuses nothing.</summary>
public sealed class AzurePreflight : IPreflight
{
    private readonly AzureEnvironment _environment;
    private readonly AzureSite _site;
    private readonly ActionSet _actions;
    private readonly TimeProvider _time;

    /// <summary>Makes one.</summary>
    /// <param name="environment">Where, and as whom.</param>
    /// <param name="actions">The actions there: they render what repairs a finding.</param>
    /// <param name="time">The session's clock: by it is judged what is over.</param>
    public AzurePreflight(AzureEnvironment environment, ActionSet actions, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(environment);
        (_environment, _actions, _time) = (environment, actions, time);
        _site = new AzureSite(environment.Cloud, environment.TenantId, environment.SubscriptionId, environment.ResourceGroup);
    }

    /// <inheritdoc/>
    public async Task<PreflightReport> ExamineAsync(ImmutableArray<PlannedStep> steps, CancellationToken cancellationToken)
    {
        var reading = new ModelReader(new PreflightReader(AzureWire.Of(_environment), _time), _site, _time);
        var (caller, whyNot) = await CallerAsync(cancellationToken).ConfigureAwait(false);
        if (caller is null) return new PreflightReport { At = _time.GetUtcNow(), Unchecked = [$"Who asks is not known, so nothing was looked at: {whyNot}"] };

        var known = PlanWords.Fill(steps, _actions, _site, caller, ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));
        var needs = new PlanNeeds(_site);
        var focus = PlanFocus.Of(known, known.SelectMany(needs.Of), _site);
        var model = await reading.ReadAsync(caller, focus, cancellationToken).ConfigureAwait(false);
        var principals = model.Dependants.Where(d => d.IdentityId is not null && d.Principal is not null).DistinctBy(d => d.IdentityId, StringComparer.OrdinalIgnoreCase).ToDictionary(d => d.IdentityId!, d => d.Principal!, StringComparer.OrdinalIgnoreCase);
        return new PreflightJudge(_actions, _site).Judge(model, PlanWords.Fill(steps, _actions, _site, caller, principals));
    }

    private async Task<(PreflightCaller? Caller, string WhyNot)> CallerAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await AzureSignIn.ClaimsAsync(_environment, cancellationToken).ConfigureAwait(false) is { } claims
                ? (new PreflightCaller(claims.ObjectId, claims.Name, claims.Groups), "")
                : (null, "the credential's token names no object id.");
        }
        catch (CallNotSentException exception)
        {
            return (null, exception.Message);
        }
    }
}
