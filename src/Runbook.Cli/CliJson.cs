using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runbook.Cli;

/// <summary>Source-generated JSON for the plain types that the program reads and writes.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
internal sealed partial class CliJson : JsonSerializerContext;
