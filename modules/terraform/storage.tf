resource "azurerm_storage_account" "data" {
  count = local.estate && local.storage ? 1 : 0

  name                             = "${var.name_prefix}data"
  resource_group_name              = data.azurerm_resource_group.estate.name
  location                         = var.location
  account_kind                     = "StorageV2"
  account_tier                     = "Standard"
  account_replication_type         = var.storage_replication
  https_traffic_only_enabled       = true
  min_tls_version                  = "TLS1_2"
  allow_nested_items_to_be_public  = false
  cross_tenant_replication_enabled = false
  shared_access_key_enabled        = false
  public_network_access_enabled    = var.public_network_access
  tags                             = var.tags

  # All of the next four are fixed at creation. Without Account, queues and tables stay on platform keys.
  infrastructure_encryption_enabled = var.enable_double_encryption
  queue_encryption_key_type         = "Account"
  table_encryption_key_type         = "Account"
  is_hns_enabled                    = false

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.service["storage"].id]
  }

  customer_managed_key {
    managed_hsm_key_id        = local.hsm ? local.key_ids["storage"] : null
    key_vault_key_id          = local.hsm ? null : local.key_ids["storage"]
    user_assigned_identity_id = azurerm_user_assigned_identity.service["storage"].id
  }

  network_rules {
    bypass         = ["AzureServices"]
    default_action = var.public_network_access ? "Allow" : "Deny"
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [
    azurerm_key_vault_managed_hardware_security_module_role_assignment.service,
    azurerm_role_assignment.service,
  ]
}

# A scope can't be deleted, only disabled; "destroying" one would make its data unreadable.
resource "azurerm_storage_encryption_scope" "tenant" {
  for_each = local.estate ? local.scopes : toset([])

  name                               = each.key
  storage_account_id                 = azurerm_storage_account.data[0].id
  source                             = "Microsoft.KeyVault"
  key_vault_key_id                   = local.key_ids["scope-${each.key}"]
  infrastructure_encryption_required = var.enable_double_encryption

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [
    azurerm_key_vault_managed_hardware_security_module_role_assignment.service,
    azurerm_role_assignment.service,
  ]
}

resource "azurerm_storage_container" "tenant" {
  for_each = azurerm_storage_encryption_scope.tenant

  name                              = each.value.name
  storage_account_id                = azurerm_storage_account.data[0].id
  container_access_type             = "private"
  default_encryption_scope          = each.value.name
  encryption_scope_override_enabled = false

  lifecycle {
    prevent_destroy = true
  }
}
