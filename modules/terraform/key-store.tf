# The store is protected three times: purge protection (nobody can purge it, for as long as the retention lasts), a lock
# (nobody deletes it by mistake) and prevent_destroy (this configuration never plans to).

# Activated by runbooks/hsm-activation.md before it is adopted here with an import block: activation is a ceremony with
# custodians, and its security domain must never lie in a state file. So the security_domain_* arguments stay unset.
resource "azurerm_key_vault_managed_hardware_security_module" "store" {
  count = local.hsm ? 1 : 0

  name                          = var.key_store_name
  resource_group_name           = data.azurerm_resource_group.estate.name
  location                      = var.location
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "Standard_B1"
  admin_object_ids              = var.hsm_administrators
  purge_protection_enabled      = true
  soft_delete_retention_days    = var.key_store_retention_days
  public_network_access_enabled = true
  tags                          = var.tags

  network_acls {
    bypass         = "AzureServices"
    default_action = var.key_store_network_default
  }

  lifecycle {
    prevent_destroy = true

    # Azure reads the administrators once, at creation; later ones are local roles. The provider would replace the HSM.
    ignore_changes = [admin_object_ids]

    precondition {
      condition     = length(var.hsm_administrators) > 0
      error_message = "hsm_administrators is empty: a Managed HSM needs the object id of at least one, as the ceremony set it."
    }
  }
}

resource "azurerm_key_vault" "store" {
  count = local.hsm ? 0 : 1

  name                            = var.key_store_name
  resource_group_name             = data.azurerm_resource_group.estate.name
  location                        = var.location
  tenant_id                       = data.azurerm_client_config.current.tenant_id
  sku_name                        = "premium"
  rbac_authorization_enabled      = true
  purge_protection_enabled        = true
  soft_delete_retention_days      = var.key_store_retention_days
  public_network_access_enabled   = true
  enabled_for_deployment          = false
  enabled_for_disk_encryption     = false
  enabled_for_template_deployment = false
  tags                            = var.tags

  network_acls {
    bypass         = "AzureServices"
    default_action = var.key_store_network_default
  }

  lifecycle {
    prevent_destroy = true
  }
}

locals {
  store_id  = local.hsm ? azurerm_key_vault_managed_hardware_security_module.store[0].id : azurerm_key_vault.store[0].id
  store_uri = local.hsm ? azurerm_key_vault_managed_hardware_security_module.store[0].hsm_uri : azurerm_key_vault.store[0].vault_uri
}

# A lock holds on the subscription's plane only: whoever may delete keys in the store still may, and can recover them.
resource "azurerm_management_lock" "store" {
  name       = "${var.key_store_name}-no-delete"
  scope      = local.store_id
  lock_level = "CanNotDelete"
  notes      = "Every key of the estate is in here."
}
