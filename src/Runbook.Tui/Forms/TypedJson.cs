using System.Text.Json.Serialization;

namespace Runbook.Tui;

/// <summary>How typed text becomes JSON.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class TypedJson : JsonSerializerContext;
