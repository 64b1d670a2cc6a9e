namespace Runbook.Language;

/// <summary>JSON Schema (2020-12) of a runbook's front matter, for editors. The checker says more: this is its shape only.</summary>
public static class FrontMatterSchema
{
    private const string Text = """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "Front matter of a runbook",
          "type": "object",
          "additionalProperties": false,
          "required": ["runbook", "summary", "environments", "roles"],
          "properties": {
            "runbook": { "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "description": "The id: the file's name without .md." },
            "kind": { "enum": ["procedure", "ceremony", "drill"], "default": "procedure" },
            "summary": { "type": "string", "minLength": 1, "description": "What it does, in a sentence." },
            "environments": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/word" }, "description": "Labels of the environments in which it may run." },
            "roles": {
              "type": "object",
              "propertyNames": { "$ref": "#/$defs/word" },
              "required": ["operator"],
              "properties": { "operator": { "const": 1 } },
              "additionalProperties": {
                "oneOf": [
                  { "type": "integer", "minimum": 1, "maximum": 99 },
                  {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["people"],
                    "properties": {
                      "people": { "type": "integer", "minimum": 1, "maximum": 99 },
                      "quorum": { "type": "integer", "minimum": 1, "maximum": 99 }
                    }
                  }
                ]
              }
            },
            "inputs": { "type": "object", "additionalProperties": { "$ref": "#/$defs/schema" } },
            "rehearsal": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "estate": { "type": "string" },
                "scenario": { "type": "string" },
                "inputs": { "type": "object" },
                "answers": { "type": "object" },
                "choices": { "type": "object", "additionalProperties": { "type": "string" } }
              }
            }
          },
          "$defs": {
            "word": { "type": "string", "pattern": "^[a-z][a-z0-9-]{0,31}$" },
            "schema": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "type": {}, "enum": { "type": "array" }, "const": {}, "pattern": { "type": "string" }, "format": { "type": "string" },
                "minLength": { "type": "integer" }, "maxLength": { "type": "integer" }, "minItems": { "type": "integer" }, "maxItems": { "type": "integer" },
                "minimum": { "type": "number" }, "maximum": { "type": "number" }, "items": { "$ref": "#/$defs/schema" },
                "properties": { "type": "object", "additionalProperties": { "$ref": "#/$defs/schema" } }, "required": { "type": "array", "items": { "type": "string" } },
                "additionalProperties": {}, "default": {}, "examples": { "type": "array" }, "writeOnly": { "type": "boolean" },
                "description": { "type": "string" }, "contentMediaType": { "type": "string" }
              }
            }
          }
        }
        """;

    /// <summary>The schema.</summary>
    public static string ToJson() => Text;
}
