resource "azurerm_disk_encryption_set" "disks" {
  count = local.estate && local.disks ? 1 : 0

  name                      = "${var.name_prefix}-disks"
  resource_group_name       = data.azurerm_resource_group.estate.name
  location                  = var.location
  encryption_type           = local.disk_encryption_type
  auto_key_rotation_enabled = true
  managed_hsm_key_id        = local.hsm ? local.key_ids["disks"] : null
  key_vault_key_id          = local.hsm ? null : local.key_ids["disks"]
  tags                      = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.service["disks"].id]
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [
    azurerm_key_vault_managed_hardware_security_module_role_assignment.service,
    azurerm_role_assignment.service,
  ]
}

# Neither Ultra Disk nor Premium SSD v2 takes two layers.
resource "azurerm_managed_disk" "data" {
  count = local.estate && local.disks ? 1 : 0

  name                          = "${var.name_prefix}-data"
  resource_group_name           = data.azurerm_resource_group.estate.name
  location                      = var.location
  storage_account_type          = "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = var.disk_size_gb
  disk_encryption_set_id        = azurerm_disk_encryption_set.disks[0].id
  network_access_policy         = var.public_network_access ? "AllowAll" : "DenyAll"
  public_network_access_enabled = var.public_network_access
  tags                          = var.tags

  lifecycle {
    prevent_destroy = true
  }
}
