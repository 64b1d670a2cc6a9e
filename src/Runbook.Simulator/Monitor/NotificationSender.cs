using System.Text;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Monitor;

/// <summary>
/// Calls webhooks, one after the other, away from the clock's thread: a receiver may use the simulator while it is called. What
/// waits is in the estate, so a message that a kill interrupted is sent again.
/// </summary>
internal sealed class NotificationSender : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly SimulatorCore _core;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Lock _lock = new();
    private Task? _running;

    public NotificationSender(SimulatorCore core)
    {
        _core = core;
        core.Own(this);
    }

    /// <summary>There is something to send; the thread that says so may hold the estate.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
                return;
            _running ??= Task.Run(RunAsync);
            _wake.Release();
        }
    }

    /// <summary>After a start: sends what waits.</summary>
    public void Resume()
    {
        if (_core.Estate.Current.Scan(Tables.Notifications).Any(pair => pair.Value.State == "waiting"))
            Wake();
    }

    private async Task RunAsync()
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Patience };
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_stop.Token).ConfigureAwait(false);
                // Whoever woke this may still be inside the transaction; this one waits for its end.
                _core.Estate.Write(_core.Clock.GetUtcNow(), static _ => true);
                foreach (var (key, message) in _core.Estate.Current.Scan(Tables.Notifications).Where(pair => pair.Value.State == "waiting").ToList())
                    Finish(key, await SendAsync(client, message).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The simulator ends; what waits is sent after the next start.
        }
        catch (EstateNotDurableException error)
        {
            _core.Failures.Add(error);
        }
    }

    /// <returns><see langword="null"/>, or how it failed.</returns>
    private async Task<string?> SendAsync(HttpClient client, Notification message)
    {
        var why = "";
        for (var tries = 0; tries < Limits.NotificationTries; tries++)
        {
            if (tries > 0)
                await Task.Delay(Pause, TimeProvider.System, _stop.Token).ConfigureAwait(false);
            try
            {
                using var content = new StringContent(message.Body, Encoding.UTF8, "application/json");
                using var response = await client.PostAsync(new Uri(message.Uri), content, _stop.Token).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                    return null;
                why = $"the webhook answered {(int)response.StatusCode}";
                if ((int)response.StatusCode is not (408 or 429 or >= 500))
                    return why;
            }
            catch (HttpRequestException error)
            {
                why = error.Message;
            }
            catch (TaskCanceledException) when (!_stop.IsCancellationRequested)
            {
                why = $"no answer within {Patience.TotalSeconds} s";
            }
        }
        return why;
    }

    private void Finish(string key, string? failure) => _core.Estate.Write(_core.Clock.GetUtcNow(), tx =>
    {
        if (tx.Find(Tables.Notifications, key) is { State: "waiting" } message)
            tx.Put(Tables.Notifications, key, message with { State = failure is null ? "sent" : "failed", Detail = failure });
        return true;
    });

    public void Dispose()
    {
        Task? running;
        lock (_lock)
        {
            _stop.Cancel();
            running = _running;
        }
        if (running is null || running.Wait(Farewell))
        {
            _stop.Dispose();
            _wake.Dispose();
        }
    }
}
