data "azurerm_client_config" "current" {}

data "azurerm_resource_group" "estate" {
  name = var.resource_group_name
}

locals {
  hsm    = var.key_store == "managed-hsm"
  estate = var.stage == "estate"

  storage  = contains(var.services, "storage")
  disks    = contains(var.services, "disks")
  sql      = contains(var.services, "sql")
  postgres = contains(var.services, "postgres")
  partner  = local.sql && var.sql_failover_location != ""

  # One key for each purpose, so that a key can be revoked without taking the others down.
  # RSA of 3072 bits is taken by all four services; SQL refuses 4096.
  key_size = 3072
  key_use  = ["unwrapKey", "wrapKey"]
  scopes   = local.storage ? toset(var.encryption_scopes) : toset([])
  keys     = toset(concat(var.services, [for scope in local.scopes : "scope-${scope}"]))

  # Who may wrap and unwrap with which key: nobody but the service that needs it, and only with its own.
  # An encryption scope has no identity; it uses its account's.
  grants = merge(
    { for service in var.services : service => service },
    { for scope in local.scopes : "scope-${scope}" => "storage" },
  )

  # Versionless, so that a service follows the rotation.
  key_ids = {
    for purpose in local.keys : purpose => (
      local.hsm
      ? azurerm_key_vault_managed_hardware_security_module_key.cmk[purpose].id
      : azurerm_key_vault_key.cmk[purpose].versionless_id
    )
  }

  # The layer below the customer's key.
  disk_encryption_type = var.enable_double_encryption ? "EncryptionAtRestWithPlatformAndCustomerKeys" : "EncryptionAtRestWithCustomerKey"
}
