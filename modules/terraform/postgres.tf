# The key can be chosen at creation only, and never taken away. There is no second layer to ask for.
resource "azurerm_postgresql_flexible_server" "postgres" {
  count = local.estate && local.postgres ? 1 : 0

  name                          = "${var.name_prefix}-postgres"
  resource_group_name           = data.azurerm_resource_group.estate.name
  location                      = var.location
  version                       = var.postgres_version
  sku_name                      = "GP_${var.postgres_sku}"
  storage_mb                    = var.postgres_storage_gb * 1024
  backup_retention_days         = 7
  geo_redundant_backup_enabled  = false
  public_network_access_enabled = var.public_network_access
  tags                          = var.tags

  authentication {
    active_directory_auth_enabled = true
    password_auth_enabled         = false
    tenant_id                     = data.azurerm_client_config.current.tenant_id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.service["postgres"].id]
  }

  # Versionless: the server takes up new versions by itself.
  customer_managed_key {
    key_vault_key_id                  = local.key_ids["postgres"]
    primary_user_assigned_identity_id = azurerm_user_assigned_identity.service["postgres"].id
  }

  lifecycle {
    prevent_destroy = true

    # Azure picks a zone where none is named.
    ignore_changes = [zone]
  }

  depends_on = [
    azurerm_key_vault_managed_hardware_security_module_role_assignment.service,
    azurerm_role_assignment.service,
  ]
}

resource "azurerm_postgresql_flexible_server_active_directory_administrator" "postgres" {
  count = local.estate && local.postgres ? 1 : 0

  server_name         = azurerm_postgresql_flexible_server.postgres[0].name
  resource_group_name = data.azurerm_resource_group.estate.name
  tenant_id           = data.azurerm_client_config.current.tenant_id
  object_id           = var.database_administrators.object_id
  principal_name      = var.database_administrators.name
  principal_type      = "Group"
}

resource "azurerm_postgresql_flexible_server_configuration" "postgres" {
  for_each = local.estate && local.postgres ? {
    require_secure_transport = "on"
    ssl_min_protocol_version = "TLSv1.2"
  } : {}

  name      = each.key
  server_id = azurerm_postgresql_flexible_server.postgres[0].id
  value     = each.value
}
