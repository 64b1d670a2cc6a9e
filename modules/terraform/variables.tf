# The same inputs, with the same names and defaults, as ../bicep/main.bicep. ../README.md has the table.

variable "resource_group_name" {
  type        = string
  nullable    = false
  description = "Existing resource group that holds the estate."
}

variable "location" {
  type        = string
  nullable    = false
  description = "Region of everything but the failover partner. Disks and PostgreSQL need the key store in their own region."
}

variable "name_prefix" {
  type        = string
  nullable    = false
  description = "First part of every name: 3 to 11 lower-case letters and digits, beginning with a letter."

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,10}$", var.name_prefix))
    error_message = "name_prefix takes 3 to 11 lower-case letters and digits, beginning with a letter: it becomes part of a storage account's name."
  }
}

variable "stage" {
  type        = string
  nullable    = false
  default     = "keys"
  description = "keys: the key store, keys, identities and grants. estate: also what stands under the keys, once the grants are in force."

  validation {
    condition     = contains(["keys", "estate"], var.stage)
    error_message = "stage is keys or estate."
  }
}

variable "services" {
  type        = list(string)
  nullable    = false
  default     = ["storage", "disks", "sql", "postgres"]
  description = "What the estate consists of."

  validation {
    condition     = length(setsubtract(var.services, ["storage", "disks", "sql", "postgres"])) == 0
    error_message = "services takes storage, disks, sql and postgres."
  }
}

variable "key_store" {
  type        = string
  nullable    = false
  default     = "managed-hsm"
  description = "managed-hsm or key-vault-premium. A Managed HSM is created and activated by runbooks/hsm-activation.md first, and adopted here."

  validation {
    condition     = contains(["managed-hsm", "key-vault-premium"], var.key_store)
    error_message = "key_store is managed-hsm or key-vault-premium."
  }
}

variable "key_store_name" {
  type        = string
  nullable    = false
  description = "Name of the Managed HSM or of the vault: 3 to 24 letters, digits and hyphens; unique in all of Azure."

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$", var.key_store_name))
    error_message = "key_store_name takes 3 to 24 letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "key_store_retention_days" {
  type        = number
  nullable    = false
  default     = 90
  description = "Days for which a deleted store or key can be recovered. Fixed at creation."

  validation {
    condition     = var.key_store_retention_days >= 7 && var.key_store_retention_days <= 90
    error_message = "key_store_retention_days is between 7 and 90."
  }
}

variable "key_store_network_default" {
  type        = string
  nullable    = false
  default     = "Deny"
  description = "Deny: only private endpoints and trusted Azure services reach the store. Allow: every network does, and roles alone protect it."

  validation {
    condition     = contains(["Deny", "Allow"], var.key_store_network_default)
    error_message = "key_store_network_default is Deny or Allow."
  }
}

variable "hsm_administrators" {
  type        = list(string)
  nullable    = false
  default     = []
  description = "Object ids of the HSM's first administrators, as the activation ceremony set them. Needed for a Managed HSM."
}

variable "enable_double_encryption" {
  type        = bool
  nullable    = false
  default     = true
  description = "A second, independent layer under the customer's key, for storage, encryption scopes and disks. Fixed at creation."
}

variable "key_rotation_policy" {
  type = object({
    rotate_after         = optional(string, "P180D")
    expire_after         = optional(string, "P2Y")
    notify_before_expiry = optional(string, "P30D")
  })
  nullable    = false
  default     = {}
  description = "ISO 8601 durations: a new version after rotate_after; each version expires after expire_after; a vault tells notify_before_expiry ahead."

  validation {
    condition = alltrue([
      for duration in values(var.key_rotation_policy) : can(regex("^P[1-9][0-9]*[DMY]$", duration))
    ])
    error_message = "key_rotation_policy takes durations of days, months or years such as P180D, P6M or P2Y."
  }
}

variable "encryption_scopes" {
  type        = list(string)
  nullable    = false
  default     = ["tenant-a"]
  description = "Encryption scopes of the storage account, each with a key and a container of its own. 3 to 63 lower-case letters, digits and hyphens."

  validation {
    condition     = alltrue([for scope in var.encryption_scopes : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", scope))])
    error_message = "encryption_scopes takes names of 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "storage_replication" {
  type        = string
  nullable    = false
  default     = "GRS"
  description = "Replication of the storage account: LRS, ZRS, GRS, RAGRS, GZRS or RAGZRS."

  validation {
    condition     = contains(["LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"], var.storage_replication)
    error_message = "storage_replication is LRS, ZRS, GRS, RAGRS, GZRS or RAGZRS."
  }
}

variable "disk_size_gb" {
  type        = number
  nullable    = false
  default     = 128
  description = "Size of the disk in GiB."
}

variable "database_administrators" {
  type = object({
    name      = string
    object_id = string
  })
  nullable    = false
  description = "Entra group that administers both database servers. Neither server has a password."
}

variable "sql_sku" {
  type        = string
  nullable    = false
  default     = "S0"
  description = "Service objective of the SQL database."
}

variable "sql_failover_location" {
  type        = string
  nullable    = false
  default     = ""
  description = "Region of a partner server and a failover group. Empty: neither."
}

variable "postgres_sku" {
  type        = string
  nullable    = false
  default     = "Standard_D2ds_v5"
  description = "Size of the PostgreSQL server, of the General Purpose tier; a Burstable one takes no customer-managed key."
}

variable "postgres_version" {
  type        = string
  nullable    = false
  default     = "16"
  description = "Major version of PostgreSQL."
}

variable "postgres_storage_gb" {
  type        = number
  nullable    = false
  default     = 128
  description = "Storage of the PostgreSQL server in GiB."
}

variable "public_network_access" {
  type        = bool
  nullable    = false
  default     = false
  description = "Whether storage, disk export and the database servers are reachable from public networks."
}

variable "policy_effect" {
  type        = string
  nullable    = false
  default     = "Deny"
  description = "What the two policy assignments do in this resource group: Deny, Audit or Disabled."

  validation {
    condition     = contains(["Deny", "Audit", "Disabled"], var.policy_effect)
    error_message = "policy_effect is Deny, Audit or Disabled."
  }
}

variable "tags" {
  type        = map(string)
  nullable    = false
  default     = {}
  description = "Tags of everything that takes tags."
}
