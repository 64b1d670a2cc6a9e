// What this deployment sets up, nobody can undo beside it: a storage account without a customer-managed key and a disk
// outside the approved set are refused in this resource group.

param name_prefix string
param storage_definition_id string

@description('The approved set; empty where the estate has no disks.')
param disk_encryption_set_id string

param effect string

resource storage 'Microsoft.Authorization/policyAssignments@2023-04-01' = {
  name: '${name_prefix}-storage-without-cmk'
  properties: {
    policyDefinitionId: storage_definition_id
    displayName: 'Storage accounts must use a customer-managed key'
    enforcementMode: 'Default'
    parameters: {
      effect: {
        value: effect
      }
    }
    nonComplianceMessages: [
      {
        message: 'Create the account with a user-assigned identity and a customer-managed key: an account can\'t be created first and encrypted later here.'
      }
    ]
  }
}

// Built-in: disks, virtual machines, scale sets and images.
resource disks 'Microsoft.Authorization/policyAssignments@2023-04-01' = if (!empty(disk_encryption_set_id)) {
  name: '${name_prefix}-disks-without-approved-set'
  properties: {
    policyDefinitionId: tenantResourceId(
      'Microsoft.Authorization/policyDefinitions',
      'd461a302-a187-421a-89ac-84acdb4edc04'
    )
    displayName: 'Disks must use the approved disk encryption set'
    enforcementMode: 'Default'
    parameters: {
      effect: {
        value: effect
      }
      allowedEncryptionSets: {
        value: [disk_encryption_set_id]
      }
    }
    nonComplianceMessages: [
      {
        message: 'Name the approved disk encryption set: a disk without it is encrypted with a key that nobody here can revoke.'
      }
    ]
  }
}
