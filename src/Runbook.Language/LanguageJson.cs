using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runbook.Language;

/// <summary>Source-generated JSON for the few types that this room writes.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class LanguageJson : JsonSerializerContext;
