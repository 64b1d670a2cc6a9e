using System.Globalization;

namespace Runbook.Simulator;

/// <summary>A state file, estate or scenario document that can't be used; nothing was changed.</summary>
public sealed class StateFileException : IOException
{
    private StateFileException(string code, string message, Exception? cause)
        : base(message, cause) => Code = code;

    /// <summary><c>RS202</c> the state file can't be opened; <c>RS203</c> it is of another version; <c>RS204</c> an estate
    /// or scenario document is not what it should be.</summary>
    public string Code { get; }

    internal static StateFileException CannotOpen(string path, Exception cause) => new(
        "RS202",
        $"RS202: the state file \"{path}\" can't be opened ({cause.Message}). Nothing was changed. Another simulator may have it open; end that one, or name another file.",
        cause);

    internal static StateFileException OtherVersion(string path, int found, int known) => new(
        "RS203",
        string.Create(CultureInfo.InvariantCulture, $"RS203: the state file \"{path}\" has version {found}, and this simulator reads version {known}. Nothing was changed. Name another file."),
        null);

    internal static StateFileException BadDocument(string what, string why, Exception? cause = null) => new(
        "RS204", $"RS204: the {what} can't be used: {why}. Nothing was changed.", cause);
}
