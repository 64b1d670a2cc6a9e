namespace Runbook.Journal;
/// <summary>Stub.</summary>
public static class JournalVerifier { }
