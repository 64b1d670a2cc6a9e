using System.Collections.Concurrent;
using System.Globalization;

namespace Runbook.Simulator.Http;

/// <summary>
/// Remembers which status URLs announced a Retry-After, so that on a standing clock a poll moves time by what the last
/// answer asked the client to wait.
/// </summary>
internal sealed class PollBook(SimulatorClock clock, bool moves)
{
    private readonly ConcurrentDictionary<string, TimeSpan> _announced = new(StringComparer.OrdinalIgnoreCase);

    public void MoveFor(string host, RequestTarget target)
    {
        if (moves && _announced.TryRemove(host + target.Path, out var wait))
            clock.Advance(wait);
    }

    public void Remember(SimulatorRequest request, Answer answer)
    {
        if (!moves || answer.Status is < 200 or > 299 || answer.Headers["Retry-After"] is not { } text
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return;
        var wait = TimeSpan.FromSeconds(seconds);
        foreach (var header in (string[])["Azure-AsyncOperation", "Location"])
            if (answer.Headers[header] is { } url && Uri.TryCreate(url, UriKind.Absolute, out var uri)
                && RequestTarget.TryParse(uri.AbsolutePath, out var target))
                _announced[uri.Host + target.Path] = wait;
        if (request.Method == "GET" && RequestTarget.TryParse(request.Target, out var own))
            _announced[request.Host + own.Path] = wait;
    }
}
