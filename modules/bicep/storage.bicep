param location string
param name string
param replication string

@description('Versionless: the account and its scopes follow the rotation.')
param key_id string

param scopes string[]
param scope_key_ids string[]
param identity_id string
param double_encryption bool
param public_network_access bool
param tags object

var key_parts = split(key_id, '/')

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_${replication}'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity_id}': {}
    }
  }
  properties: {
    supportsHttpsTrafficOnly: true
    minimumTlsVersion: 'TLS1_2'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    publicNetworkAccess: public_network_access ? 'Enabled' : 'Disabled'
    isHnsEnabled: false
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: public_network_access ? 'Allow' : 'Deny'
    }
    encryption: {
      keySource: 'Microsoft.Keyvault'
      keyvaultproperties: {
        keyname: key_parts[4]
        keyvaulturi: 'https://${key_parts[2]}'
      }
      identity: {
        userAssignedIdentity: identity_id
      }

      // Both fixed at creation. Without Account, queues and tables stay on platform keys.
      requireInfrastructureEncryption: double_encryption
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
        file: {
          enabled: true
          keyType: 'Account'
        }
        queue: {
          enabled: true
          keyType: 'Account'
        }
        table: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
  }
}

// A scope can't be deleted, only disabled.
resource scope 'Microsoft.Storage/storageAccounts/encryptionScopes@2023-05-01' = [
  for (name, index) in scopes: {
    parent: account
    name: name
    properties: {
      source: 'Microsoft.KeyVault'
      state: 'Enabled'
      keyVaultProperties: {
        keyUri: scope_key_ids[index]
      }
      requireInfrastructureEncryption: double_encryption
    }
  }
]

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' existing = {
  parent: account
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = [
  for (name, index) in scopes: {
    parent: blobs
    name: name
    properties: {
      publicAccess: 'None'
      defaultEncryptionScope: scope[index].name
      denyEncryptionScopeOverride: true
    }
  }
]

output id string = account.id
