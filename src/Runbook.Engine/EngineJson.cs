using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runbook.Engine;

/// <summary>Source-generated JSON for the few plain types that this room writes.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class EngineJson : JsonSerializerContext;
