// The key can be chosen at creation only, and never taken away. There is no second layer to ask for.

param location string
param name string
param sku string
param postgres_version string
param storage_gb int
param administrators administrators_type

@description('Versionless: the server takes up new versions by itself.')
param key_id string

param identity_id string
param public_network_access bool
param tags object

import { administrators as administrators_type } from 'types.bicep'

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
    tier: 'GeneralPurpose'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity_id}': {}
    }
  }
  properties: {
    createMode: 'Create'
    version: postgres_version
    storage: {
      storageSizeGB: storage_gb
    }
    backup: {
      backupRetentionDays: 7
      geoRedundantBackup: 'Disabled'
    }
    network: {
      publicNetworkAccess: public_network_access ? 'Enabled' : 'Disabled'
    }
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    dataEncryption: {
      type: 'AzureKeyVault'
      primaryKeyURI: key_id
      primaryUserAssignedIdentityId: identity_id
    }
  }
}

resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2024-08-01' = {
  parent: server
  name: administrators.object_id
  properties: {
    principalName: administrators.name
    principalType: 'Group'
    tenantId: tenant().tenantId
  }
}

var settings = [
  {
    name: 'require_secure_transport'
    value: 'on'
  }
  {
    name: 'ssl_min_protocol_version'
    value: 'TLSv1.2'
  }
]

// One after the other: the server takes one change at a time.
@batchSize(1)
resource setting 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = [
  for item in settings: {
    parent: server
    name: item.name
    properties: {
      value: item.value
      source: 'user-override'
    }
    dependsOn: [administrator]
  }
]

output id string = server.id
