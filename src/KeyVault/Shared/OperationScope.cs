using System.Diagnostics;

namespace Azure.Security.KeyVault;

/// <summary>One client method in a distributed trace; does nothing where nobody listens or tracing is off.</summary>
internal readonly struct OperationScope : IDisposable
{
    private readonly Activity? _activity;

    private OperationScope(Activity? activity) => _activity = activity;

    /// <summary>Begins a scope.</summary>
    /// <param name="source">The client's source, or <see langword="null"/> where tracing is off.</param>
    /// <param name="name">Client and method, such as <c>KeyClient.CreateKey</c>.</param>
    /// <param name="key">The key concerned, if any.</param>
    public static OperationScope Start(ActivitySource? source, string name, string? key = null)
    {
        var activity = source?.StartActivity(name, ActivityKind.Internal);
        activity?.SetTag("az.namespace", "Microsoft.KeyVault");
        if (key is not null) activity?.SetTag("key", key);
        return new OperationScope(activity);
    }

    /// <summary>Marks the scope as failed.</summary>
    public void Failed(Exception exception)
    {
        _activity?.SetTag("error.type", exception.GetType().FullName);
        _activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
    }

    public void Dispose() => _activity?.Dispose();
}
