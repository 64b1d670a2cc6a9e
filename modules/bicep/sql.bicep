// The second layer does not exist here: SQL has no infrastructure encryption of its own.

param location string
param partner_location string
param name_prefix string
param sku string
param administrators administrators_type

@description('SQL takes a version at first, and follows the key\'s newest from then on.')
param key_version_id string

param identity_id string
param public_network_access bool
param tags object

import { administrators as administrators_type } from 'types.bicep'

var partner = !empty(partner_location)
var locations = partner ? [location, partner_location] : [location]
var names = ['${name_prefix}-sql', '${name_prefix}-sql-partner']

// SQL names a key {store}_{key}_{version}.
var key_parts = split(key_version_id, '/')
var server_key = '${split(key_parts[2], '.')[0]}_${key_parts[4]}_${key_parts[5]}'

resource server 'Microsoft.Sql/servers@2023-08-01' = [
  for (place, index) in locations: {
    name: names[index]
    location: place
    tags: tags
    identity: {
      type: 'UserAssigned'
      userAssignedIdentities: {
        '${identity_id}': {}
      }
    }
    properties: {
      version: '12.0'
      minimalTlsVersion: '1.2'
      publicNetworkAccess: public_network_access ? 'Enabled' : 'Disabled'
      primaryUserAssignedIdentityId: identity_id
      administrators: {
        administratorType: 'ActiveDirectory'
        azureADOnlyAuthentication: true
        login: administrators.name
        principalType: 'Group'
        sid: administrators.object_id
        tenantId: tenant().tenantId
      }
    }
  }
]

resource key 'Microsoft.Sql/servers/keys@2023-08-01' = [
  for (place, index) in locations: {
    parent: server[index]
    name: server_key
    properties: {
      serverKeyType: 'AzureKeyVault'
      uri: key_version_id
    }
  }
]

// Both servers use the same key: a failover to a server without it ends in an inaccessible database.
resource protector 'Microsoft.Sql/servers/encryptionProtector@2023-08-01' = [
  for (place, index) in locations: {
    parent: server[index]
    name: 'current'
    properties: {
      serverKeyType: 'AzureKeyVault'
      serverKeyName: server_key
      autoRotationEnabled: true
    }
    dependsOn: [key[index]]
  }
]

resource database 'Microsoft.Sql/servers/databases@2023-08-01' = {
  parent: server[0]
  name: '${name_prefix}-db'
  location: location
  tags: tags
  sku: {
    name: sku
  }
  dependsOn: [protector]
}

resource encryption 'Microsoft.Sql/servers/databases/transparentDataEncryption@2023-08-01' = {
  parent: database
  name: 'current'
  properties: {
    state: 'Enabled'
  }
}

// It helps when a region is down. It does not help when the key is gone: both sides need the same one.
resource failover 'Microsoft.Sql/servers/failoverGroups@2023-08-01' = if (partner) {
  parent: server[0]
  name: '${name_prefix}-failover'
  tags: tags
  properties: {
    databases: [database.id]
    partnerServers: [
      {
        id: resourceId('Microsoft.Sql/servers', names[1])
      }
    ]
    readWriteEndpoint: {
      failoverPolicy: 'Automatic'
      failoverWithDataLossGracePeriodMinutes: 60
    }
    readOnlyEndpoint: {
      failoverPolicy: 'Disabled'
    }
  }
  dependsOn: [protector]
}

output server_ids array = [for (place, index) in locations: server[index].id]
