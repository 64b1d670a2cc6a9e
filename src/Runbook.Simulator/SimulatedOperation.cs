using Runbook.Simulator.Http;

namespace Runbook.Simulator;

/// <summary>An operation of a service, and how much of it is simulated.</summary>
public sealed record SimulatedOperation
{
    /// <summary>The service, such as <c>ResourceManager</c> or <c>ManagedHsm</c>.</summary>
    public required string Service { get; init; }

    /// <summary>HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>Path with <c>{names}</c>; a leading <c>{scope}</c> stands for any resource id.</summary>
    public required string Template { get; init; }

    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary><c>full</c>, <c>part</c> or <c>none</c>.</summary>
    public required string Fidelity { get; init; }

    /// <summary>What is not there, where it is not there in full.</summary>
    public string? Note { get; init; }

    internal static SimulatedOperation Of(Operation operation) => new()
    {
        Service = operation.Service.ToString(),
        Method = operation.Method,
        Template = operation.Template,
        Name = operation.Name,
        Fidelity = operation.Fidelity switch { Http.Fidelity.Full => "full", Http.Fidelity.Part => "part", _ => "none" },
        Note = operation.Fidelity == Http.Fidelity.Full ? null : operation.Note,
    };
}
