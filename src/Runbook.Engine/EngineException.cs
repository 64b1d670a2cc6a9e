namespace Runbook.Engine;

/// <summary>A session can't be opened or gone on with. Nothing was sent.</summary>
public sealed class EngineException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="code">Stable code, <c>RE</c> and three digits; listed in <c>docs/errors.md</c>.</param>
    /// <param name="message">What happened, in a sentence.</param>
    /// <param name="state">What state it left.</param>
    /// <param name="next">What to do next.</param>
    /// <param name="inner">The cause.</param>
    public EngineException(string code, string message, string state, string next, Exception? inner = null)
        : base(message, inner) => (Code, State, Next) = (code, state, next);

    /// <summary>Stable code.</summary>
    public string Code { get; }

    /// <summary>What state it left.</summary>
    public string State { get; }

    /// <summary>What to do next.</summary>
    public string Next { get; }
}
