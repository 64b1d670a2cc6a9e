# What this configuration sets up, nobody can undo beside it: a storage account without a customer-managed key and a disk
# outside the approved set are refused in this resource group.

locals {
  storage_policy = jsondecode(file("${path.module}/../policy/storage-without-cmk.json"))
}

# The built-in definition for storage accounts can only audit.
resource "azurerm_policy_definition" "storage" {
  count = local.estate ? 1 : 0

  name         = "${var.name_prefix}-storage-without-cmk"
  policy_type  = "Custom"
  mode         = "Indexed"
  display_name = "Storage accounts must use a customer-managed key"
  description  = "Refuses a storage account whose encryption.keySource is not a key store of the customer's."
  metadata     = jsonencode({ category = "Storage" })
  parameters   = jsonencode(local.storage_policy.parameters)
  policy_rule  = jsonencode(local.storage_policy.policyRule)
}

resource "azurerm_resource_group_policy_assignment" "storage" {
  count = local.estate ? 1 : 0

  name                 = "${var.name_prefix}-storage-without-cmk"
  resource_group_id    = data.azurerm_resource_group.estate.id
  policy_definition_id = azurerm_policy_definition.storage[0].id
  display_name         = "Storage accounts must use a customer-managed key"
  enforce              = true
  parameters           = jsonencode({ effect = { value = var.policy_effect } })

  non_compliance_message {
    content = "Create the account with a user-assigned identity and a customer-managed key: an account can't be created first and encrypted later here."
  }
}

# Built-in: disks, virtual machines, scale sets and images.
resource "azurerm_resource_group_policy_assignment" "disks" {
  count = local.estate && local.disks ? 1 : 0

  name                 = "${var.name_prefix}-disks-without-approved-set"
  resource_group_id    = data.azurerm_resource_group.estate.id
  policy_definition_id = "/providers/Microsoft.Authorization/policyDefinitions/d461a302-a187-421a-89ac-84acdb4edc04"
  display_name         = "Disks must use the approved disk encryption set"
  enforce              = true

  parameters = jsonencode({
    effect                = { value = var.policy_effect }
    allowedEncryptionSets = { value = [azurerm_disk_encryption_set.disks[0].id] }
  })

  non_compliance_message {
    content = "Name the approved disk encryption set: a disk without it is encrypted with a key that nobody here can revoke."
  }
}
