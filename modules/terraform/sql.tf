# The second layer does not exist here: SQL has no infrastructure encryption of its own.

locals {
  sql_servers = merge(
    local.estate && local.sql ? { primary = { location = var.location, suffix = "sql" } } : {},
    local.estate && local.partner ? { partner = { location = var.sql_failover_location, suffix = "sql-partner" } } : {},
  )

  # SQL takes a version at first, and follows the key's newest from then on.
  sql_key_version = !local.sql ? null : (
    local.hsm
    ? azurerm_key_vault_managed_hardware_security_module_key.cmk["sql"].versioned_id
    : azurerm_key_vault_key.cmk["sql"].id
  )
}

resource "azurerm_mssql_server" "sql" {
  for_each = local.sql_servers

  name                              = "${var.name_prefix}-${each.value.suffix}"
  resource_group_name               = data.azurerm_resource_group.estate.name
  location                          = each.value.location
  version                           = "12.0"
  minimum_tls_version               = "1.2"
  public_network_access_enabled     = var.public_network_access
  primary_user_assigned_identity_id = azurerm_user_assigned_identity.service["sql"].id
  tags                              = var.tags

  azuread_administrator {
    login_username              = var.database_administrators.name
    object_id                   = var.database_administrators.object_id
    tenant_id                   = data.azurerm_client_config.current.tenant_id
    azuread_authentication_only = true
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.service["sql"].id]
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [
    azurerm_key_vault_managed_hardware_security_module_role_assignment.service,
    azurerm_role_assignment.service,
  ]
}

# Both servers use the same key: a failover to a server without it ends in an inaccessible database.
resource "azurerm_mssql_server_transparent_data_encryption" "sql" {
  for_each = azurerm_mssql_server.sql

  server_id             = each.value.id
  managed_hsm_key_id    = local.hsm ? local.sql_key_version : null
  key_vault_key_id      = local.hsm ? null : local.sql_key_version
  auto_rotation_enabled = true

  lifecycle {
    # Destroying it would put the server back on a key of Microsoft's, without a word.
    prevent_destroy = true

    # After a rotation Azure names the new version, and a plan would go back to the old one (azurerm#32382).
    ignore_changes = [managed_hsm_key_id, key_vault_key_id]
  }
}

resource "azurerm_mssql_database" "sql" {
  count = local.estate && local.sql ? 1 : 0

  name                                = "${var.name_prefix}-db"
  server_id                           = azurerm_mssql_server.sql["primary"].id
  sku_name                            = var.sql_sku
  transparent_data_encryption_enabled = true
  tags                                = var.tags

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [azurerm_mssql_server_transparent_data_encryption.sql]
}

# It helps when a region is down. It does not help when the key is gone: both sides need the same one.
resource "azurerm_mssql_failover_group" "sql" {
  count = local.estate && local.partner ? 1 : 0

  name                                      = "${var.name_prefix}-failover"
  server_id                                 = azurerm_mssql_server.sql["primary"].id
  databases                                 = [azurerm_mssql_database.sql[0].id]
  readonly_endpoint_failover_policy_enabled = false
  tags                                      = var.tags

  partner_server {
    id = azurerm_mssql_server.sql["partner"].id
  }

  read_write_endpoint_failover_policy {
    mode          = "Automatic"
    grace_minutes = 60
  }

  depends_on = [azurerm_mssql_server_transparent_data_encryption.sql]
}
