// A definition belongs to the subscription. The built-in one for storage accounts can only audit.

targetScope = 'subscription'

param name string

var policy = loadJsonContent('../policy/storage-without-cmk.json')

resource definition 'Microsoft.Authorization/policyDefinitions@2023-04-01' = {
  name: name
  properties: {
    policyType: 'Custom'
    mode: 'Indexed'
    displayName: 'Storage accounts must use a customer-managed key'
    description: 'Refuses a storage account whose encryption.keySource is not a key store of the customer\'s.'
    metadata: {
      category: 'Storage'
    }
    parameters: policy.parameters
    policyRule: policy.policyRule
  }
}

output id string = definition.id
