namespace Runbook.Actions;

/// <summary>A profile that can't be used; its codes are <c>RA101</c> to <c>RA104</c>. Nothing was sent.</summary>
public sealed class ProfileException : Exception
{
    internal ProfileException(string code, string message, string next, Exception? inner = null)
        : base(message, inner) => (Code, Next) = (code, next);

    /// <summary>Stable code; listed in <c>docs/errors.md</c>.</summary>
    public string Code { get; }

    /// <summary>What to do next.</summary>
    public string Next { get; }
}
