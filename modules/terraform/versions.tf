# The names used here are those of azurerm 4.55.0. Version 5 renames some of them (managed_hsm_key_id among others).
terraform {
  required_version = ">= 1.9.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.55.0, < 5.0.0"
    }
  }
}
