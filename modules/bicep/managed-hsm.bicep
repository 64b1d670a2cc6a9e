// The HSM that runbooks/hsm-activation.md made and activated, declared as it is, and its keys.
// Who may use them is decided in the HSM itself: its local roles are no resources of Resource Manager. The keys are made
// through Resource Manager, which the HSM must trust for as long as the deployment runs; ../README.md says how.

param location string
param name string
param administrators string[]
param retention_days int
param network_default string
param purposes string[]
param rotation rotation_policy
param tags object

import { default_rotation, rotation_policy } from 'types.bicep'

resource store 'Microsoft.KeyVault/managedHSMs@2023-07-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    family: 'B'
    name: 'Standard_B1'
  }
  properties: {
    tenantId: tenant().tenantId
    initialAdminObjectIds: administrators
    enableSoftDelete: true
    softDeleteRetentionInDays: retention_days
    enablePurgeProtection: true
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
resource key 'Microsoft.KeyVault/managedHSMs/keys@2023-07-01' = [
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
        ]
      }
    }
  }
]

output id string = store.id
output uri string = store.properties.hsmUri
output ids array = [for (purpose, index) in purposes: key[index].properties.keyUri]
output version_ids array = [for (purpose, index) in purposes: key[index].properties.keyUriWithVersion]
