using System.Runtime.Versioning;

// Signals, file modes and terminals as Linux and macOS have them.
[assembly: UnsupportedOSPlatform("windows")]
