using System.Net.Http.Headers;
using System.Text;

namespace Runbook.Cli.Watching;

/// <summary>Tells somebody else's program of changes: one POST each, in order. What could not be told is told with the next round.</summary>
/// <param name="address">Where; <see langword="null"/> for nobody.</param>
internal sealed class Webhook(Uri? address) : IDisposable
{
    /// <summary>How many changes wait at most; the oldest are let go, and that is said.</summary>
    private const int WaitingMax = 1000;

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Queue<WatchChange> _waiting = new();

    /// <summary>Takes a change along.</summary>
    /// <returns>Whether an older one had to be let go.</returns>
    public bool Add(WatchChange change)
    {
        if (address is null) return false;
        _waiting.Enqueue(change);
        return _waiting.Count > WaitingMax && _waiting.TryDequeue(out _);
    }

    /// <summary>Tells all that waits.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Why it could not be told; <see langword="null"/> where it was, or nothing waits.</returns>
    public async Task<string?> SendAsync(CancellationToken cancellationToken)
    {
        while (_waiting.TryPeek(out var change))
        {
            try
            {
                using var content = new StringContent(change.ToJson(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                using var answer = await _client.PostAsync(address, content, cancellationToken).ConfigureAwait(false);
                if (!answer.IsSuccessStatusCode) return $"the webhook answered {(int)answer.StatusCode}; {_waiting.Count} changes wait";
                _waiting.Dequeue();
            }
            catch (Exception exception) when (exception is HttpRequestException || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
            {
                return $"the webhook was not reached: {exception.Message} {_waiting.Count} changes wait";
            }
        }

        return null;
    }

    public void Dispose() => _client.Dispose();
}
