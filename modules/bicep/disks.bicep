param location string
param name_prefix string
param size_gb int
param key_version_id string
param identity_id string
param double_encryption bool
param public_network_access bool
param tags object

// The set wants a version even where it rotates: it is the one to begin with.
resource set 'Microsoft.Compute/diskEncryptionSets@2023-04-02' = {
  name: '${name_prefix}-disks'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity_id}': {}
    }
  }
  properties: {
    encryptionType: double_encryption
      ? 'EncryptionAtRestWithPlatformAndCustomerKeys'
      : 'EncryptionAtRestWithCustomerKey'
    rotationToLatestKeyVersionEnabled: true
    activeKey: {
      keyUrl: key_version_id
    }
  }
}

// Neither Ultra Disk nor Premium SSD v2 takes two layers.
resource disk 'Microsoft.Compute/disks@2023-04-02' = {
  name: '${name_prefix}-data'
  location: location
  tags: tags
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    diskSizeGB: size_gb
    encryption: {
      diskEncryptionSetId: set.id
    }
    networkAccessPolicy: public_network_access ? 'AllowAll' : 'DenyAll'
    publicNetworkAccess: public_network_access ? 'Enabled' : 'Disabled'
  }
}

output set_id string = set.id
