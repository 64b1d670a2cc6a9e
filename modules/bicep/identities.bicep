// One identity for each service. A system-assigned one would exist only after the service, too late for its grant.

param location string
param name_prefix string
param services string[]
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = [
  for service in services: {
    name: '${name_prefix}-${service}'
    location: location
    tags: tags
  }
]

// An identity made anew under the same name has another principal, and none of the grants.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = [
  for (service, index) in services: {
    name: '${name_prefix}-${service}-no-delete'
    scope: identity[index]
    properties: {
      level: 'CanNotDelete'
      notes: 'A service unwraps its key as this identity.'
    }
  }
]

output ids object = toObject(
  range(0, length(services)),
  index => services[index],
  index => resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', '${name_prefix}-${services[index]}')
)
output principals array = [for (service, index) in services: identity[index].properties.principalId]
