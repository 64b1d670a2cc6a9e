# The grant comes before the use: everything under a key waits for these.

# One identity for each service. A system-assigned one would exist only after the service, too late for its grant.
resource "azurerm_user_assigned_identity" "service" {
  for_each = toset(var.services)

  name                = "${var.name_prefix}-${each.key}"
  resource_group_name = data.azurerm_resource_group.estate.name
  location            = var.location
  tags                = var.tags

  lifecycle {
    # An identity made anew under the same name has another principal, and none of the grants.
    prevent_destroy = true
  }
}

resource "azurerm_management_lock" "service" {
  for_each = azurerm_user_assigned_identity.service

  name       = "${each.value.name}-no-delete"
  scope      = each.value.id
  lock_level = "CanNotDelete"
  notes      = "A service unwraps its key as this identity."
}

locals {
  # Crypto Service Encryption User: read, wrap and unwrap. Crypto User could also create, delete and sign.
  hsm_role   = "33413926-3206-4cdd-b39a-83574fe37a17"
  vault_role = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
}

# The HSM's own roles. The scope is one key, in all its versions.
resource "azurerm_key_vault_managed_hardware_security_module_role_assignment" "service" {
  for_each = local.hsm ? local.grants : {}

  name               = uuidv5("url", "${local.store_id}/keys/cmk-${each.key}/${azurerm_user_assigned_identity.service[each.value].principal_id}")
  managed_hsm_id     = azurerm_key_vault_managed_hardware_security_module.store[0].id
  scope              = "/keys/${azurerm_key_vault_managed_hardware_security_module_key.cmk[each.key].name}"
  role_definition_id = "/Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/${local.hsm_role}"
  principal_id       = azurerm_user_assigned_identity.service[each.value].principal_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_role_assignment" "service" {
  for_each = local.hsm ? {} : local.grants

  scope              = azurerm_key_vault_key.cmk[each.key].resource_versionless_id
  role_definition_id = "/subscriptions/${data.azurerm_client_config.current.subscription_id}/providers/Microsoft.Authorization/roleDefinitions/${local.vault_role}"
  principal_id       = azurerm_user_assigned_identity.service[each.value].principal_id
  principal_type     = "ServicePrincipal"

  lifecycle {
    create_before_destroy = true
  }
}
