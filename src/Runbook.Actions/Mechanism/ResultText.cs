namespace Runbook.Actions;

/// <summary>Schemas that several descriptors use, in the words of runbook inputs.</summary>
internal static class ResultText
{
    /// <summary>The name of a managed HSM, as an argument.</summary>
    public const string HsmArgument = "type: string, minLength: 3, description: \"Name of the managed HSM in the profile's resource group, or its full id\"";

    /// <summary>A file, as a member of a result.</summary>
    public const string File = "{type: object, additionalProperties: false, required: [digest, bytes, name], properties: {digest: {type: string}, bytes: {type: integer}, name: {type: string}}}";

    /// <summary>A managed HSM as Resource Manager shows it.</summary>
    public const string ManagedHsm = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        tags: {type: object, additionalProperties: {type: string}}
        identity: {type: object, additionalProperties: false, properties: {type: {type: string}, userAssignedIdentities: {type: object, additionalProperties: {type: object, additionalProperties: false, properties: {principalId: {type: string}, clientId: {type: string}}}}}}
        properties:
          type: object
          additionalProperties: false
          properties:
            provisioningState: {type: string}
            statusMessage: {type: string}
            hsmUri: {type: string}
            tenantId: {type: string}
            initialAdminObjectIds: {type: array, items: {type: string}}
            enableSoftDelete: {type: boolean}
            softDeleteRetentionInDays: {type: integer}
            enablePurgeProtection: {type: boolean}
            publicNetworkAccess: {type: string}
            networkAcls: {type: object, additionalProperties: false, properties: {bypass: {type: string}, defaultAction: {type: string}, ipRules: {type: array, items: {type: object}}, virtualNetworkRules: {type: array, items: {type: object}}}}
            regions: {type: array, items: {type: object, additionalProperties: false, properties: {name: {type: string}, isPrimary: {type: boolean}, provisioningState: {type: string}}}}
            securityDomainProperties: {type: object, additionalProperties: false, properties: {activationStatus: {type: string}, activationStatusMessage: {type: string}}}
        """;

    /// <summary>A key with its public half.</summary>
    public const string Key = """
        key:
          type: object
          additionalProperties: false
          properties:
            kid: {type: string}
            kty: {type: string}
            key_ops: {type: array, items: {type: string}}
            crv: {type: string}
            n: {type: string}
            e: {type: string}
            x: {type: string}
            y: {type: string}
        attributes: {type: object, additionalProperties: false, properties: {enabled: {type: boolean}, exportable: {type: boolean}, created: {type: integer}, updated: {type: integer}, nbf: {type: integer}, exp: {type: integer}, recoverableDays: {type: integer}, recoveryLevel: {type: string}}}
        tags: {type: object, additionalProperties: {type: string}}
        release_policy: {type: object, additionalProperties: false, properties: {contentType: {type: string}, data: {type: string, description: "The policy, base64url"}, immutable: {type: boolean}}}
        """;

    /// <summary>A local role assignment.</summary>
    public const string RoleAssignment = """
        id: {type: string}
        name: {type: string}
        properties: {type: object, additionalProperties: false, properties: {roleDefinitionId: {type: string}, principalId: {type: string}, scope: {type: string}}}
        """;

    /// <summary>Items of a list of keys.</summary>
    public const string KeyList = """
        value:
          type: array
          items:
            type: object
            additionalProperties: false
            properties:
              kid: {type: string}
              attributes: {type: object, additionalProperties: false, properties: {enabled: {type: boolean}, created: {type: integer}, nbf: {type: integer}, exp: {type: integer}}}
        """;
}
