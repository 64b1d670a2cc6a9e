# The same outputs as ../bicep/main.bicep. Nothing here is a secret.

output "key_store_id" {
  description = "Resource id of the Managed HSM or vault."
  value       = local.store_id
}

output "key_store_uri" {
  description = "Address of its data plane."
  value       = local.store_uri
}

output "key_ids" {
  description = "Versionless key id by purpose."
  value       = local.key_ids
}

output "identity_ids" {
  description = "Resource id of each service's identity."
  value       = { for service, identity in azurerm_user_assigned_identity.service : service => identity.id }
}

output "grants" {
  description = "What each identity needs in the key store: the role, the key, the principal. On a Managed HSM, Bicep can't make these."
  value = [
    for purpose, service in local.grants : {
      role         = local.hsm ? "Managed HSM Crypto Service Encryption User" : "Key Vault Crypto Service Encryption User"
      scope        = "/keys/cmk-${purpose}"
      principal_id = azurerm_user_assigned_identity.service[service].principal_id
    }
  ]
}

output "storage_account_id" {
  description = "Resource id of the storage account; empty before stage estate."
  value       = one(azurerm_storage_account.data[*].id) == null ? "" : one(azurerm_storage_account.data[*].id)
}

output "disk_encryption_set_id" {
  description = "Resource id of the disk encryption set; empty before stage estate."
  value       = one(azurerm_disk_encryption_set.disks[*].id) == null ? "" : one(azurerm_disk_encryption_set.disks[*].id)
}

output "sql_server_ids" {
  description = "Resource ids of the SQL servers, the primary first."
  value       = [for role in ["primary", "partner"] : azurerm_mssql_server.sql[role].id if contains(keys(local.sql_servers), role)]
}

output "postgres_server_id" {
  description = "Resource id of the PostgreSQL server; empty before stage estate."
  value       = one(azurerm_postgresql_flexible_server.postgres[*].id) == null ? "" : one(azurerm_postgresql_flexible_server.postgres[*].id)
}

output "storage_policy_id" {
  description = "Id of the policy definition for storage accounts, to be assigned elsewhere too; empty before stage estate."
  value       = one(azurerm_policy_definition.storage[*].id) == null ? "" : one(azurerm_policy_definition.storage[*].id)
}
