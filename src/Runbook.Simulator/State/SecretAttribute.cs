namespace Runbook.Simulator.State;

/// <summary>Marks a member that holds secret material: exports without secrets leave it out.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;

/// <summary>Marks a public member that comes from real randomness: exports for comparison leave it out.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class UnrepeatableAttribute : Attribute;
