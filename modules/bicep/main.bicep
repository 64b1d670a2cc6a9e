// The same estate, inputs and outputs as ../terraform. ../README.md has the table and the order of things.
// Inputs and outputs bear the names that they have there.

targetScope = 'resourceGroup'

@description('Region of everything but the failover partner. Disks and PostgreSQL need the key store in their own region.')
param location string

@description('First part of every name: 3 to 11 lower-case letters and digits, beginning with a letter.')
@minLength(3)
@maxLength(11)
param name_prefix string

@description('keys: the key store, keys, identities and grants. estate: also what stands under the keys, once the grants are in force.')
@allowed(['keys', 'estate'])
param stage string = 'keys'

@description('What the estate consists of.')
param services ('storage' | 'disks' | 'sql' | 'postgres')[] = ['storage', 'disks', 'sql', 'postgres']

@description('managed-hsm or key-vault-premium. A Managed HSM is created and activated by runbooks/hsm-activation.md first, and adopted here.')
@allowed(['managed-hsm', 'key-vault-premium'])
param key_store string = 'managed-hsm'

@description('Name of the Managed HSM or of the vault: 3 to 24 letters, digits and hyphens; unique in all of Azure.')
@minLength(3)
@maxLength(24)
param key_store_name string

@description('Days for which a deleted store or key can be recovered. Fixed at creation.')
@minValue(7)
@maxValue(90)
param key_store_retention_days int = 90

@description('Deny: only private endpoints and trusted Azure services reach the store. Allow: every network does, and roles alone protect it.')
@allowed(['Deny', 'Allow'])
param key_store_network_default string = 'Deny'

@description('Object ids of the HSM\'s first administrators, as the activation ceremony set them. Needed for a Managed HSM.')
param hsm_administrators string[] = []

@description('A second, independent layer under the customer\'s key, for storage, encryption scopes and disks. Fixed at creation.')
param enable_double_encryption bool = true

@description('ISO 8601 durations: a new version after rotate_after; each version expires after expire_after; a vault tells notify_before_expiry ahead.')
param key_rotation_policy rotation_policy = {}

@description('Encryption scopes of the storage account, each with a key and a container of its own. 3 to 63 lower-case letters, digits and hyphens.')
param encryption_scopes string[] = ['tenant-a']

@description('Replication of the storage account: LRS, ZRS, GRS, RAGRS, GZRS or RAGZRS.')
@allowed(['LRS', 'ZRS', 'GRS', 'RAGRS', 'GZRS', 'RAGZRS'])
param storage_replication string = 'GRS'

@description('Size of the disk in GiB.')
param disk_size_gb int = 128

@description('Entra group that administers both database servers. Neither server has a password.')
param database_administrators administrators

@description('Service objective of the SQL database.')
param sql_sku string = 'S0'

@description('Region of a partner server and a failover group. Empty: neither.')
param sql_failover_location string = ''

@description('Size of the PostgreSQL server, of the General Purpose tier; a Burstable one takes no customer-managed key.')
param postgres_sku string = 'Standard_D2ds_v5'

@description('Major version of PostgreSQL.')
param postgres_version string = '16'

@description('Storage of the PostgreSQL server in GiB.')
param postgres_storage_gb int = 128

@description('Whether storage, disk export and the database servers are reachable from public networks.')
param public_network_access bool = false

@description('What the two policy assignments do in this resource group: Deny, Audit or Disabled.')
@allowed(['Deny', 'Audit', 'Disabled'])
param policy_effect string = 'Deny'

@description('Tags of everything that takes tags.')
param tags object = {}

import { administrators, rotation_policy } from 'types.bicep'

var hsm = key_store == 'managed-hsm'
var estate = stage == 'estate'
var with_storage = estate && contains(services, 'storage')
var with_disks = estate && contains(services, 'disks')
var with_sql = estate && contains(services, 'sql')
var with_postgres = estate && contains(services, 'postgres')

// One key for each purpose, so that a key can be revoked without taking the others down.
var scopes = contains(services, 'storage') ? encryption_scopes : []
var scope_purposes = map(scopes, scope => 'scope-${scope}')
var purposes = concat(services, scope_purposes)

// Who may wrap and unwrap with which key: nobody but the service that needs it, and only with its own.
// An encryption scope has no identity; it uses its account's.
var key_users = concat(services, map(scopes, scope => 'storage'))

module identities 'identities.bicep' = {
  name: '${name_prefix}-identities'
  params: {
    location: location
    name_prefix: name_prefix
    services: services
    tags: tags
  }
}

module managed_hsm 'managed-hsm.bicep' = if (hsm) {
  name: '${name_prefix}-managed-hsm'
  params: {
    location: location
    name: key_store_name
    administrators: hsm_administrators
    retention_days: key_store_retention_days
    network_default: key_store_network_default
    purposes: purposes
    rotation: key_rotation_policy
    tags: tags
  }
}

module vault 'vault.bicep' = if (!hsm) {
  name: '${name_prefix}-vault'
  params: {
    location: location
    name: key_store_name
    retention_days: key_store_retention_days
    network_default: key_store_network_default
    purposes: purposes
    principals: map(key_users, service => identities.outputs.principals[indexOf(services, service)])
    rotation: key_rotation_policy
    tags: tags
  }
}

var store_key_ids = hsm ? managed_hsm!.outputs.ids : vault!.outputs.ids
var key_version_ids = hsm ? managed_hsm!.outputs.version_ids : vault!.outputs.version_ids

module storage 'storage.bicep' = if (with_storage) {
  name: '${name_prefix}-storage'
  params: {
    location: location
    name: '${name_prefix}data'
    replication: storage_replication
    key_id: store_key_ids[indexOf(purposes, 'storage')]
    scopes: scopes
    scope_key_ids: map(scope_purposes, purpose => store_key_ids[indexOf(purposes, purpose)])
    identity_id: identities.outputs.ids.storage
    double_encryption: enable_double_encryption
    public_network_access: public_network_access
    tags: tags
  }
}

module disks 'disks.bicep' = if (with_disks) {
  name: '${name_prefix}-disks'
  params: {
    location: location
    name_prefix: name_prefix
    size_gb: disk_size_gb
    key_version_id: key_version_ids[indexOf(purposes, 'disks')]
    identity_id: identities.outputs.ids.disks
    double_encryption: enable_double_encryption
    public_network_access: public_network_access
    tags: tags
  }
}

module sql 'sql.bicep' = if (with_sql) {
  name: '${name_prefix}-sql'
  params: {
    location: location
    partner_location: sql_failover_location
    name_prefix: name_prefix
    sku: sql_sku
    administrators: database_administrators
    key_version_id: key_version_ids[indexOf(purposes, 'sql')]
    identity_id: identities.outputs.ids.sql
    public_network_access: public_network_access
    tags: tags
  }
}

module postgres 'postgres.bicep' = if (with_postgres) {
  name: '${name_prefix}-postgres'
  params: {
    location: location
    name: '${name_prefix}-postgres'
    sku: postgres_sku
    postgres_version: postgres_version
    storage_gb: postgres_storage_gb
    administrators: database_administrators
    key_id: store_key_ids[indexOf(purposes, 'postgres')]
    identity_id: identities.outputs.ids.postgres
    public_network_access: public_network_access
    tags: tags
  }
}

module policy_definition 'policy-definition.bicep' = if (estate) {
  name: '${name_prefix}-policy-definition'
  scope: subscription()
  params: {
    name: '${name_prefix}-storage-without-cmk'
  }
}

module policy 'policy.bicep' = if (estate) {
  name: '${name_prefix}-policy'
  params: {
    name_prefix: name_prefix
    storage_definition_id: policy_definition!.outputs.id
    disk_encryption_set_id: with_disks ? disks!.outputs.set_id : ''
    effect: policy_effect
  }
}

@description('Resource id of the Managed HSM or vault.')
output key_store_id string = hsm ? managed_hsm!.outputs.id : vault!.outputs.id

@description('Address of its data plane.')
output key_store_uri string = hsm ? managed_hsm!.outputs.uri : vault!.outputs.uri

@description('Versionless key id by purpose.')
output key_ids object = toObject(purposes, purpose => purpose, purpose => store_key_ids[indexOf(purposes, purpose)])

@description('Resource id of each service\'s identity.')
output identity_ids object = identities.outputs.ids

@description('What each identity needs in the key store: the role, the key, the principal. On a Managed HSM, Bicep can\'t make these.')
output grants array = map(range(0, length(purposes)), index => {
  role: hsm ? 'Managed HSM Crypto Service Encryption User' : 'Key Vault Crypto Service Encryption User'
  scope: '/keys/cmk-${purposes[index]}'
  principal_id: identities.outputs.principals[indexOf(services, key_users[index])]
})

@description('Resource id of the storage account; empty before stage estate.')
output storage_account_id string = with_storage ? storage!.outputs.id : ''

@description('Resource id of the disk encryption set; empty before stage estate.')
output disk_encryption_set_id string = with_disks ? disks!.outputs.set_id : ''

@description('Resource ids of the SQL servers, the primary first.')
output sql_server_ids array = with_sql ? sql!.outputs.server_ids : []

@description('Resource id of the PostgreSQL server; empty before stage estate.')
output postgres_server_id string = with_postgres ? postgres!.outputs.id : ''

@description('Id of the policy definition for storage accounts, to be assigned elsewhere too; empty before stage estate.')
output storage_policy_id string = estate ? policy_definition!.outputs.id : ''
