# A root that uses the module. Copy it, and change the values.

terraform {
  required_version = ">= 1.9.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.55.0, < 5.0.0"
    }
  }
}

provider "azurerm" {
  # Shared keys are off: blobs are reached with a token.
  storage_use_azuread = true

  features {
    # Left alone, the provider purges what it deletes. Purge protection would refuse; this does not even ask.
    key_vault {
      purge_soft_delete_on_destroy                                = false
      purge_soft_deleted_keys_on_destroy                          = false
      purge_soft_deleted_hardware_security_modules_on_destroy     = false
      purge_soft_deleted_hardware_security_module_keys_on_destroy = false
      recover_soft_deleted_key_vaults                             = true
      recover_soft_deleted_keys                                   = true
      recover_soft_deleted_hardware_security_module_keys          = true
    }

    resource_group {
      prevent_deletion_if_contains_resources = true
    }

    # The account is closed to public networks, and nothing here needs its data plane.
    storage {
      data_plane_available = false
    }
  }
}

# The HSM that runbooks/hsm-activation.md made. Without this, Terraform would ask Azure for a second one of the same name.
import {
  to = module.estate.azurerm_key_vault_managed_hardware_security_module.store[0]
  id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-payments/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-prod"
}

module "estate" {
  source = "../"

  resource_group_name = "rg-payments"
  location            = "eastus2"
  name_prefix         = "payments"
  stage               = "keys"

  key_store          = "managed-hsm"
  key_store_name     = "kv-hsm-prod"
  hsm_administrators = ["11111111-1111-1111-1111-111111111111"]

  database_administrators = {
    name      = "payments-dba"
    object_id = "22222222-2222-2222-2222-222222222222"
  }
}

output "grants" {
  value = module.estate.grants
}
