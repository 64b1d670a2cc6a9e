using System.Text.Json;
using Runbook.Engine.Actions;

namespace Runbook.Tui.Sample;

/// <summary>
/// A world of one HSM, its grants and its keys, scripted in memory: what a console's session acts on where no Azure is
/// wanted. Answers at once, unless it is told to hold still.
/// </summary>
public sealed class SampleWorld
{
    private readonly TaskCompletionSource _isReleased = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes one whose calls are answered.</summary>
    public SampleWorld() => Actions = new ActionSet(SampleActions.Of(this));

    /// <summary>What can be done in it.</summary>
    public ActionSet Actions { get; }

    /// <summary>Every effect that took place, in order.</summary>
    public IList<string> Effects { get; } = [];

    /// <summary>HSMs by name, with the polls that are left until they are there.</summary>
    public IDictionary<string, int> Hsms { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Grants that are held.</summary>
    public ISet<string> Grants { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Keys that exist.</summary>
    public ISet<string> Keys { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Actions whose next call is refused, with code and message.</summary>
    public IDictionary<string, CallError> Refusals { get; } = new Dictionary<string, CallError>(StringComparer.Ordinal);

    /// <summary>Actions whose next call takes effect and is not answered.</summary>
    public ISet<string> LostAnswers { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Actions whose next call throws what no action should throw.</summary>
    public ISet<string> Breaks { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Actions whose calls wait until <see cref="Release"/>.</summary>
    public ISet<string> Held { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Whether the settling readings can tell.</summary>
    public bool CanTell { get; set; } = true;

    /// <summary>Polls until an HSM is there.</summary>
    public int Polls { get; set; } = 4;

    /// <summary>Lets the calls go on that were held.</summary>
    public void Release() => _isReleased.TrySetResult();

    internal Task HoldAsync(string action, CancellationToken cancellationToken) => Held.Contains(action) ? _isReleased.Task.WaitAsync(cancellationToken) : Task.CompletedTask;

    internal static CallAnswer Ok(string observed, int status = 200) => new() { Status = status, Observed = JsonElement.Parse(observed), ServiceRequestId = "0b7c41aa" };

    internal static CallAnswer Refused(int status, string code, string message) =>
        new() { Status = status, Error = new CallError(code, message), Observed = JsonElement.Parse("{}") };

    internal static string Text(JsonElement with, string name) => with.TryGetProperty(name, out var value) ? value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText() : "?";
}
