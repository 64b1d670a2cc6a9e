namespace Runbook.Actions;

/// <summary>
/// Finds the PKCS#11 module of a name, so that a runbook names a device by reference and is the same file on every machine:
/// a path, or the name under which p11-kit knows it.
/// </summary>
internal static class TokenModules
{
    private static readonly string[] Registrations = ["/etc/pkcs11/modules", "/usr/share/p11-kit/modules"];

    private static readonly string[] Folders =
    [
        "/usr/lib/x86_64-linux-gnu/pkcs11", "/usr/lib/aarch64-linux-gnu/pkcs11", "/usr/lib64/pkcs11", "/usr/lib/pkcs11",
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib",
    ];

    /// <summary>The module's path.</summary>
    /// <exception cref="TokenRefusedException">There is none of that name.</exception>
    public static string Find(string module)
    {
        if (module.Contains('/', StringComparison.Ordinal) || module.Contains('\\', StringComparison.Ordinal)) return Existing(module) ?? throw Missing($"There is no PKCS#11 module '{module}'.");
        foreach (var file in Registrations.Select(folder => Path.Combine(folder, module + ".module")).Where(File.Exists))
        {
            if (Registered(file) is not { } named) continue;
            return (Path.IsPathRooted(named) ? Existing(named) : Folders.Select(f => Existing(Path.Combine(f, named))).FirstOrDefault(f => f is not null))
                ?? throw Missing($"'{file}' names the module '{named}', and that is not there.");
        }

        throw Missing($"p11-kit knows no PKCS#11 module '{module}' on this computer.");
    }

    private static string? Registered(string file) => File.ReadLines(file)
        .Select(line => line.Split(':', 2))
        .FirstOrDefault(pair => pair.Length == 2 && pair[0].Trim() == "module")?[1].Trim();

    private static string? Existing(string path) => File.Exists(path) ? Path.GetFullPath(path) : null;

    private static TokenRefusedException Missing(string message) => new("ModuleNotFound", message);
}
