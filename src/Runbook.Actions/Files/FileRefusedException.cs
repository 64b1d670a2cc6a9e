namespace Runbook.Actions;

/// <summary>A file is not there, or is not what it should be. An answer, not a bug.</summary>
internal sealed class FileRefusedException(string code, string message) : Exception(message)
{
    /// <summary>A word for expressions, such as <c>FileNotFound</c>.</summary>
    public string Code { get; } = code;
}
