namespace Runbook.Tui;

/// <summary>Whether there is a terminal to show anything on.</summary>
internal static class TerminalCheck
{
    /// <summary>Why nothing can be shown, in a sentence; <see langword="null"/> when it can.</summary>
    public static string? Refusal()
    {
        if (Console.IsInputRedirected) return "Standard input is no terminal. Use --ui plain.";
        if (Console.IsOutputRedirected) return "Standard output is no terminal. Use --ui plain.";
        if (OperatingSystem.IsWindows()) return null;
        return Environment.GetEnvironmentVariable("TERM") switch
        {
            null or "" => "TERM is not set, so nobody knows what this terminal can do. Use --ui plain.",
            "dumb" => "This terminal can't place text (TERM is dumb). Use --ui plain.",
            _ => null,
        };
    }
}
