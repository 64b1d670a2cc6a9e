using System.Diagnostics;

namespace Runbook.EndToEnd;

/// <summary>A started program: what it says is gathered line by line, and it can be waited for, typed to, and killed.</summary>
public sealed class RunningProgram : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Lock _gate = new();
    private readonly Task _reading;
    private readonly Task<string> _error;
    private int _next;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes over a process that was just started.</summary>
    /// <param name="process">The process.</param>
    public RunningProgram(Process process)
    {
        _process = process;
        _reading = ReadAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Its lines until now.</summary>
    public string Output
    {
        get
        {
            lock (_gate) return string.Concat(_lines.Select(l => l + "\n"));
        }
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Types to it.</summary>
    /// <param name="text">With its line feeds.</param>
    public async Task TypeAsync(string text)
    {
        try
        {
            await _process.StandardInput.WriteAsync(text);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException) when (_process.HasExited)
        {
            // A program that has ended reads no more; its exit code says why.
            return;
        }
    }

    /// <summary>Nobody will type any more.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Waits until it has said a line that fits, and gives that line.</summary>
    /// <param name="fits">What is waited for.</param>
    /// <param name="limit">Longest wait.</param>
    /// <exception cref="TimeoutException">It did not say so.</exception>
    public async Task<string> LineAsync(Func<string, bool> fits, TimeSpan limit) => (await FindAsync(0, fits, limit)).Line;

    /// <summary>The same behind the line that was found by this way before.</summary>
    /// <param name="fits">What is waited for.</param>
    /// <param name="limit">Longest wait.</param>
    /// <exception cref="TimeoutException">It did not say so.</exception>
    public async Task<string> NextLineAsync(Func<string, bool> fits, TimeSpan limit)
    {
        var found = await FindAsync(_next, fits, limit);
        _next = found.Index + 1;
        return found.Line;
    }

    private async Task<(string Line, int Index)> FindAsync(int from, Func<string, bool> fits, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit, TimeProvider.System);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                for (; from < _lines.Count; from++)
                    if (fits(_lines[from]))
                        return (_lines[from], from);
                more = _more.Task;
            }

            if (_reading.IsCompleted) throw new TimeoutException($"It ended without saying so:\n{Output}\n{await _error}");
            try
            {
                await Task.WhenAny(more, _reading).WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"It did not say so within {limit}:\n{Output}");
            }
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <param name="limit">Longest wait; then it is killed.</param>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public async Task<Said> EndAsync(TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw new TimeoutException($"It did not end within {limit}:\n{Output}");
        }

        await _reading;
        return new Said(_process.ExitCode, Output, await _error);
    }

    /// <summary>Ends it as <c>kill -9</c> does: it gets no chance to tidy up.</summary>
    public void Kill()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
    }

    /// <summary>The same for this one process: what it started lives on.</summary>
    public void KillAlone()
    {
        if (!_process.HasExited) _process.Kill();
    }

    /// <summary>Asks this one process to end, as <c>kill</c> does.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends it if it still runs.</summary>
    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                _lines.Add(line);
                _more.TrySetResult();
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
