"""Debian's az 2.45 through the proxy: the article's storage, disks, SQL, PostgreSQL, policies and locks, with its own --query
expressions. Where the article's spelling is not 2.45's, the step says so and uses the one that 2.45 has."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import requests

from azcli import SUBSCRIPTION, az, fails, run, sign_in, slow
from support import advance, credential, need, step

HSM = need("HSM_URL")
GROUP = "rg-protected"
IN = ("-g", GROUP)
SERVICE_ENCRYPTION_USER = "33413926-3206-4cdd-b39a-83574fe37a17"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


owner = credential()


def send(method, url, body):
    """What is no command of the article goes straight to the service: az takes more than a second of processor time to start."""
    audience = "managedhsm.azure.net" if url.startswith(HSM) else "management.azure.com"
    answer = requests.request(method, url, json=body, headers={"Authorization": "Bearer " + owner.get_token(f"https://{audience}/.default").token}, timeout=60)
    assert answer.ok, f"{method} {url}: {answer.status_code} {answer.text}"
    return answer.json()


def key(name):
    """Another version of a key; its versioned URL."""
    return send("POST", f"{HSM}/keys/{name}/create?api-version=7.4", {"kty": "RSA-HSM", "key_size": 3072, "key_ops": ["wrapKey", "unwrapKey"]})["key"]["kid"]


def enable(kid, enabled):
    send("PATCH", f"{kid}?api-version=7.4", {"attributes": {"enabled": enabled}})


def allow(name, principal, number):
    send("PUT", f"{HSM}/keys/{name}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000cc{number:02d}?api-version=7.4", {
        "properties": {"roleDefinitionId": f"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/{SERVICE_ENCRYPTION_USER}", "principalId": principal}})


sign_in()
az("group", "create", "-n", GROUP, "-l", "eastus2")

with step("storage: an account under a versionless key, with infrastructure encryption"):
    key("az-storage")
    identity = az("identity", "create", "-n", "id-az-storage", *IN)
    account = ("storage", "account", "create", "-n", "stkvdataprod", *IN, "-l", "eastus2", "--sku", "Standard_GRS", "--min-tls-version", "TLS1_2", "--require-infrastructure-encryption", "true",
               "--identity-type", "UserAssigned", "--user-identity-id", identity["id"], "--encryption-key-source", "Microsoft.Keyvault",
               "--encryption-key-name", "az-storage", "--encryption-key-vault", HSM, "--key-vault-user-identity-id", identity["id"])
    fails("KeyVaultAuthenticationFailure", *account)
    allow("az-storage", identity["principalId"], 1)
    made = slow(*account)
    assert made["provisioningState"] == "Succeeded", made
    shown = run("storage", "account", "show", "-n", "stkvdataprod", *IN, "--query", "{cmk:encryption.keySource, infra:encryption.requireInfrastructureEncryption, keyId:encryption.keyVaultProperties.keyVaultUri}", "-o", "table").stdout
    rows = [line.split() for line in shown.splitlines()]
    assert rows[0] == ["Cmk", "Infra", "KeyId"] and rows[2] == ["Microsoft.Keyvault", "True", HSM], shown

with step("storage: a scope of its own, and a container that allows no other"):
    tenant = key("az-tenant-acme")
    scope = ("storage", "account", "encryption-scope", "create", "--account-name", "stkvdataprod", "--name", "tenant-acme-scope", "--key-source", "Microsoft.KeyVault", "--key-uri", tenant)
    allow("az-tenant-acme", identity["principalId"], 2)
    made = az(*scope)
    assert made["keyVaultProperties"]["keyUri"] == tenant and made["state"] == "Enabled", made
    assert az("storage", "account", "encryption-scope", "show", "--account-name", "stkvdataprod", *IN, "--name", "tenant-acme-scope", "--query", "source", "-o", "tsv") == "Microsoft.KeyVault"
    container = ("storage", "container", "create", "--account-name", "stkvdataprod", "--name", "acme-data", "--default-encryption-scope", "tenant-acme-scope", "--prevent-encryption-scope-override", "true", "--auth-mode", "login")
    assert az(*container)["created"] is True
    assert az(*container)["created"] is False
    file = os.path.join(need("SCRATCH"), "acme.txt")
    with open(file, "w") as output:
        output.write("one tenant's data")
    blob = ("--account-name", "stkvdataprod", "-c", "acme-data", "-n", "acme.txt", "--auth-mode", "login", "--no-progress")
    # The owner of the subscription makes containers, and is nobody at the blobs in them.
    assert run("storage", "blob", "upload", *blob, "-f", file).returncode != 0
    send("PUT", f"https://management.azure.com{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000cc03?api-version=2022-04-01", {
        "properties": {"roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{BLOB_CONTRIBUTOR}", "principalId": need("OWNER_OBJECT_ID"), "principalType": "ServicePrincipal"}})
    az("storage", "blob", "upload", *blob, "-f", file)
    assert az("storage", "blob", "show", *blob[:-1], "--query", "properties.serverEncrypted") is True

with step("storage: the key of the scope is disabled, and comes back"):
    enable(tenant, False)
    advance("PT20M")
    fails("KeyVaultEncryptionKeyNotFound", "storage", "blob", "download", *blob, "-f", file + ".back")
    enable(tenant, True)
    advance("PT20M")
    az("storage", "blob", "download", *blob, "-f", file + ".back")
    assert open(file + ".back").read() == "one tenant's data"


def disks():
    kid = key("az-disks")
    create = ("disk-encryption-set", "create", "--name", "des-prod", "--resource-group", GROUP, "--encryption-type", "EncryptionAtRestWithPlatformAndCustomerKeys", "--mi-system-assigned", "-l", "eastus2")
    fails("keyUrl", *create, "--key-url", f"{HSM}/keys/az-disks/<version>")
    slow(*create, "--key-url", kid)
    principal = az("disk-encryption-set", "show", "-n", "des-prod", *IN, "--query", "identity.principalId", "-o", "tsv")
    disk = ("disk", "create", "--name", "osdisk-app01", "--resource-group", GROUP, "--size-gb", "128", "--disk-encryption-set", "des-prod")
    fails("KeyVaultAccessForbidden", *disk)
    allow("az-disks", principal, 4)
    slow(*disk)
    assert az("disk", "show", "-n", "osdisk-app01", *IN, "--query", "encryption.type", "-o", "tsv") == "EncryptionAtRestWithPlatformAndCustomerKeys"


def sql():
    kid = key("az-sql")
    server = ("--server", "sql-prod", "--resource-group", GROUP)
    slow("sql", "server", "create", "-n", "sql-prod", *IN, "-l", "eastus2", "-u", "adm", "-p", "not-a-Secret-1")
    # The article's --assign-identity is --assign_identity in 2.45.
    fails("unrecognized arguments", "sql", "server", "update", "-n", "sql-prod", *IN, "--assign-identity")
    slow("sql", "server", "update", "-n", "sql-prod", *IN, "--assign_identity")
    principal = az("sql", "server", "show", "-n", "sql-prod", *IN, "--query", "identity.principalId", "-o", "tsv")
    fails("AzureKeyVaultMissingPermissions", "sql", "server", "key", "create", *server, "--kid", kid)
    allow("az-sql", principal, 5)
    slow("sql", "server", "key", "create", *server, "--kid", kid)
    slow("sql", "server", "tde-key", "set", *server, "--server-key-type", "AzureKeyVault", "--kid", kid, "--auto-rotation-enabled", "true")
    # The article's -n is --server in 2.45.
    fails("unrecognized arguments", "sql", "server", "tde-key", "show", "-n", "sql-prod", *IN)
    protector = ("sql", "server", "tde-key", "show", "--server", "sql-prod", *IN, "--query", "{type:serverKeyType, uri:uri}")
    assert az(*protector) == {"type": "AzureKeyVault", "uri": kid}
    # As a table, az leaves out every column that is named type.
    shown = run(*protector, "-o", "table").stdout
    assert [line.split() for line in shown.splitlines() if not line.startswith("-")] == [["Uri"], [kid]], shown
    slow("sql", "db", "create", *server, "-n", "canary", "--service-objective", "S0")
    return kid


def postgres():
    kid = key("az-pg")
    made = az("identity", "create", "-n", "id-az-pg", *IN)
    allow("az-pg", made["principalId"], 6)
    slow("postgres", "flexible-server", "create", "-n", "pg-prod", *IN, "-l", "eastus2", "--key", kid, "--identity", made["id"], "-u", "adm", "-p", "not-a-Secret-1",
         "--tier", "GeneralPurpose", "--sku-name", "Standard_D2s_v3", "--storage-size", "128", "--version", "14", "--public-access", "none", "--yes")
    shown = az("postgres", "flexible-server", "show", "-n", "pg-prod", *IN, "--query", "{state:state, key:dataEncryption.primaryKeyUri}")
    assert shown == {"state": "Ready", "key": kid}, shown
    return kid


# az sleeps through each Retry-After in real time: the three services wait beside each other.
with ThreadPoolExecutor() as beside:
    waiting = [beside.submit(work) for work in (disks, sql, postgres)]
    with step("disks: a disk under a disk encryption set"):
        waiting[0].result()
    with step("SQL: a protector that follows its key"):
        sql_key = waiting[1].result()
    with step("PostgreSQL: a server under a key"):
        postgres_key = waiting[2].result()

with step("disks: the set follows its key to the next version"):
    second = key("az-disks")
    assert slow("disk-encryption-set", "update", "-n", "des-prod", *IN, "--enable-auto-key-rotation", "true")["rotationToLatestKeyVersionEnabled"] is True
    advance("PT1H")
    assert az("disk-encryption-set", "show", "-n", "des-prod", *IN, "--query", "activeKey.keyUrl", "-o", "tsv") == second

with step("SQL: the probe of the canary sees the loss of the key and its return"):
    probe = ("sql", "db", "show", "-n", "canary", "-s", "sql-prod", *IN, "--query", "status", "-o", "tsv")
    assert az(*probe) == "Online"
    enable(sql_key, False)
    advance("PT11M")
    assert az(*probe) == "Inaccessible"
    enable(sql_key, True)
    advance("PT1H")
    assert az(*probe) == "Online"

with step("PostgreSQL: the loss of the key and its return"):
    enable(postgres_key, False)
    advance("PT1H")
    # 2.45 asks for a version of the interface that has no state Inaccessible; az rest asks for one that has.
    state = ("rest", "--method", "get", "--query", "properties.state", "-o", "tsv", "--url", f"https://management.azure.com{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/pg-prod?api-version=2024-08-01")
    assert az(*state) == "Inaccessible"
    enable(postgres_key, True)
    advance("PT1H")
    assert az(*state) == "Ready"

with step("policy: what is not under a customer's key is denied, and what was there before is listed"):
    az("group", "create", "-n", "rg-policy", "-l", "eastus2")
    plain = ("storage", "account", "create", "-g", "rg-policy", "-l", "eastus2", "--sku", "Standard_LRS")
    old = slow(*plain, "-n", "stbeforepolicy")
    rules = {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, {"field": "Microsoft.Storage/storageAccounts/encryption.keySource", "notEquals": "Microsoft.Keyvault"}]}, "then": {"effect": "deny"}}
    made = az("policy", "definition", "create", "-n", "cmk-only", "--mode", "Indexed", "--display-name", "Storage under our own keys", "--rules", json.dumps(rules))
    assert made["policyType"] == "Custom", made
    az("policy", "assignment", "create", "-n", "cmk-only", "--policy", "cmk-only", "--scope", f"{SUBSCRIPTION}/resourceGroups/rg-policy")
    fails("RequestDisallowedByPolicy", *plain, "-n", "stafterpolicy")
    advance("PT1H")
    states = az("policy", "state", "list", "-g", "rg-policy", "--query", "[?complianceState=='NonCompliant'].resourceId")
    assert [item.lower() for item in states] == [old["id"].lower()], states
    az("policy", "assignment", "delete", "-n", "cmk-only", "--scope", f"{SUBSCRIPTION}/resourceGroups/rg-policy")

with step("lock: what is locked is not deleted"):
    az("lock", "create", "-n", "keep", "-g", "rg-policy", "--lock-type", "CanNotDelete")
    assert az("lock", "list", "-g", "rg-policy", "--query", "[].level") == ["CanNotDelete"]
    fails("ScopeLocked", "storage", "account", "delete", "-n", "stbeforepolicy", "-g", "rg-policy", "--yes")
    az("lock", "delete", "-n", "keep", "-g", "rg-policy")
    az("storage", "account", "delete", "-n", "stbeforepolicy", "-g", "rg-policy", "--yes")
    assert az("storage", "account", "list", "-g", "rg-policy", "--query", "length(@)") == 0
