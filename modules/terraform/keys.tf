resource "azurerm_key_vault_managed_hardware_security_module_key" "cmk" {
  for_each = local.hsm ? local.keys : toset([])

  name           = "cmk-${each.key}"
  managed_hsm_id = azurerm_key_vault_managed_hardware_security_module.store[0].id
  key_type       = "RSA-HSM"
  key_size       = local.key_size
  key_opts       = local.key_use
  tags           = var.tags

  lifecycle {
    prevent_destroy = true

    # The rotation policy gives each new version an expiry; it is not this resource's to take away.
    ignore_changes = [expiration_date]
  }
}

resource "azurerm_key_vault_managed_hardware_security_module_key_rotation_policy" "cmk" {
  for_each = local.hsm ? local.keys : toset([])

  managed_hsm_key_id  = azurerm_key_vault_managed_hardware_security_module_key.cmk[each.key].id
  time_after_creation = var.key_rotation_policy.rotate_after
  expire_after        = var.key_rotation_policy.expire_after

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_key_vault_key" "cmk" {
  for_each = local.hsm ? toset([]) : local.keys

  name         = "cmk-${each.key}"
  key_vault_id = azurerm_key_vault.store[0].id
  key_type     = "RSA-HSM"
  key_size     = local.key_size
  key_opts     = local.key_use
  tags         = var.tags

  rotation_policy {
    expire_after         = var.key_rotation_policy.expire_after
    notify_before_expiry = var.key_rotation_policy.notify_before_expiry

    automatic {
      time_after_creation = var.key_rotation_policy.rotate_after
    }
  }

  lifecycle {
    prevent_destroy = true

    # The rotation policy gives each new version an expiry. Taking it away again would mean a new key.
    ignore_changes = [expiration_date]
  }
}
