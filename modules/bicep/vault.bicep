// A premium vault, its keys, and who may use them.

param location string
param name string
param retention_days int
param network_default string
param purposes string[]

@description('For each purpose, the principal that may wrap and unwrap with its key.')
param principals string[]

param rotation rotation_policy
param tags object

import { default_rotation, rotation_policy } from 'types.bicep'

resource store 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'premium'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: retention_days
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: network_default
    }
  }
}

// A lock holds on the subscription's plane only: whoever may delete keys in the store still may, and can recover them.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: '${name}-no-delete'
  scope: store
  properties: {
    level: 'CanNotDelete'
    notes: 'Every key of the estate is in here.'
  }
}

// A key that exists is left as it is, its rotation policy too. RSA of 3072 bits is taken by all four services.
resource key 'Microsoft.KeyVault/vaults/keys@2023-07-01' = [
  for purpose in purposes: {
    parent: store
    name: 'cmk-${purpose}'
    tags: tags
    properties: {
      kty: 'RSA-HSM'
      keySize: 3072
      keyOps: ['unwrapKey', 'wrapKey']
      rotationPolicy: {
        attributes: {
          expiryTime: rotation.?expire_after ?? default_rotation.expire_after
        }
        lifetimeActions: [
          {
            action: {
              type: 'rotate'
            }
            trigger: {
              timeAfterCreate: rotation.?rotate_after ?? default_rotation.rotate_after
            }
          }
          {
            action: {
              type: 'notify'
            }
            trigger: {
              timeBeforeExpiry: rotation.?notify_before_expiry ?? default_rotation.notify_before_expiry
            }
          }
        ]
      }
    }
  }
]

// Key Vault Crypto Service Encryption User: read, wrap and unwrap. Crypto User could also create, delete and sign.
// The scope is one key, in all its versions.
resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (purpose, index) in purposes: {
    name: guid(store.id, purpose, principals[index])
    scope: key[index]
    properties: {
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        'e147488a-f6f5-4113-8e2d-b22465e65bf6'
      )
      principalId: principals[index]
      principalType: 'ServicePrincipal'
    }
  }
]

output id string = store.id
output uri string = store.properties.vaultUri
output ids array = [for (purpose, index) in purposes: key[index].properties.keyUri]
output version_ids array = [for (purpose, index) in purposes: key[index].properties.keyUriWithVersion]
