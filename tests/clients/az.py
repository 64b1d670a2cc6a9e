"""Debian's az 2.45 through the proxy: signing in, and the article's commands as far as this build of az has them, with the
article's own --query expressions. What Debian's build cannot do (its key and role commands need modules that Debian does not
ship) goes through az rest, as its users do it."""

import json
import os
import subprocess

from azcli import HSM_RESOURCE, SUBSCRIPTION, az, fails, grant, rest, sign_in, slow
from support import admin, advance, need, step

HSM = "https://kv-hsm-prod.managedhsm.azure.net"

with step("az login with a secret"):
    accounts = sign_in()
    assert [account["id"] for account in accounts] == [need("AZURE_SUBSCRIPTION_ID")]
    assert az("account", "show", "--query", "tenantId", "-o", "tsv") == need("AZURE_TENANT_ID")
    fails("AADSTS7000215", "login", "--service-principal", "-u", need("AZURE_CLIENT_ID"), "-p", "wrong", "-t", need("AZURE_TENANT_ID"))

with step("az login with a certificate"):
    pem = os.path.join(need("SCRATCH"), "client.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem + ".key", "-out", pem + ".crt", "-days", "30", "-subj", "/CN=az"], check=True, capture_output=True)
    der = subprocess.run(["openssl", "x509", "-in", pem + ".crt", "-outform", "DER"], check=True, capture_output=True).stdout
    with open(pem, "w") as file:
        for part in (".key", ".crt"):
            file.write(open(pem + part).read())
    import base64

    application = admin("POST", "/principals", {"kind": "servicePrincipal", "name": "az-certificate"})
    login = ("login", "--service-principal", "-u", application["clientId"], "-p", pem, "-t", need("AZURE_TENANT_ID"), "--allow-no-subscriptions")
    fails("AADSTS700027", *login)
    admin("POST", f"/principals/{application['objectId']}/certificates", {"der": base64.b64encode(der).decode()})
    assert az(*login)[0]["tenantId"] == need("AZURE_TENANT_ID")

with step("az login --identity"):
    identity = admin("POST", "/principals", {"kind": "managedIdentity", "name": "az-machine"})
    az("login", "--identity", "-u", identity["clientId"], "--allow-no-subscriptions")
    assert az("account", "show", "--query", "user.type", "-o", "tsv") == "servicePrincipal"

with step("az login as a person, and signed-in-user"):
    person = admin("POST", "/principals", {"kind": "user", "name": "Ana Duarte"})
    az("login", "-u", "ana.duarte@rehearsal.onmicrosoft.com", "-p", person["secret"], "--allow-no-subscriptions")
    assert az("ad", "signed-in-user", "show", "--query", "id", "-o", "tsv") == person["objectId"]
    fails("AADSTS50126", "login", "-u", "ana.duarte@rehearsal.onmicrosoft.com", "-p", "wrong", "--allow-no-subscriptions")
    az("account", "clear")
    sign_in()
    fails("/me request is only valid with delegated authentication flow", "ad", "signed-in-user", "show")

with step("az group"):
    made = az("group", "create", "-n", "rg-security", "-l", "eastus2", "--tags", "owner=az")
    assert made["properties"]["provisioningState"] == "Succeeded" and made["tags"] == {"owner": "az"}
    assert az("group", "exists", "-n", "rg-security") is True and az("group", "exists", "-n", "rg-nowhere") is False
    assert "rg-security" in az("group", "list", "--query", "[].name")
    fails("ResourceGroupNotFound", "group", "show", "-n", "rg-nowhere")

with step("az keyvault create --hsm-name"):
    fails("initialAdminObjectIds", "rest", "--method", "put", "--url", f"https://management.azure.com{SUBSCRIPTION}/resourceGroups/rg-security/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-prod?api-version=2023-07-01", "--body", json.dumps({"location": "eastus2", "sku": {"family": "B", "name": "Standard_B1"}, "properties": {}}))
    owner = need("OWNER_OBJECT_ID")
    made = slow("keyvault", "create", "--hsm-name", "kv-hsm-prod", "--resource-group", "rg-security", "--location", "eastus2", "--retention-days", "90", "--administrators", owner)
    assert made["properties"]["provisioningState"] == "Succeeded" and made["properties"]["hsmUri"] == HSM + "/"
    assert made["properties"]["securityDomainProperties"]["activationStatus"] == "NotActivated"
    # As the article does it, purge protection is off.
    assert not made["properties"]["enablePurgeProtection"]
    changed = slow("keyvault", "update-hsm", "--hsm-name", "kv-hsm-prod", "-g", "rg-security", "--enable-purge-protection", "true")
    assert changed["properties"]["enablePurgeProtection"] is True
    assert az("keyvault", "show", "--hsm-name", "kv-hsm-prod", "--query", "name", "-o", "tsv") == "kv-hsm-prod"

with step("az rest: the security domain, in place of az keyvault security-domain download"):
    certificates = []
    for number in range(3):
        name = os.path.join(need("SCRATCH"), f"cert{number}")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".cer", "-days", "30", "-subj", f"/CN=holder {number}"], check=True, capture_output=True)
        certificates.append(name + ".cer")
    from domain import jwk_of

    answer = rest("post", f"{HSM}/securitydomain/download?api-version=7.4", {"certificates": [jwk_of(name) for name in certificates], "required": 2}, *HSM_RESOURCE)
    with open(os.path.join(need("SCRATCH"), "kv-hsm-prod-SD.json"), "w") as file:
        file.write(answer["value"])
    advance("PT1M")
    assert rest("get", f"{HSM}/securitydomain/download/pending?api-version=7.4", None, *HSM_RESOURCE)["status"] == "Success"
    assert az("keyvault", "show", "--hsm-name", "kv-hsm-prod", "--query", "properties.securityDomainProperties.activationStatus", "-o", "tsv") == "Active"

with step("az rest: roles and keys, in place of az keyvault role and key"):
    key = {"kty": "RSA-HSM", "key_size": 3072, "key_ops": ["wrapKey", "unwrapKey"]}
    fails("Microsoft.KeyVault/managedHsm/keys/create", "rest", "--method", "post", "--url", f"{HSM}/keys/cmk-storage/create?api-version=7.4", "--body", json.dumps(key), *HSM_RESOURCE)
    # The article grants Crypto Officer here; it does not suffice, as it would not in Azure.
    grant(HSM, "/keys", "515eb02d-2335-4d2d-92f2-b1cbdf9c3778", owner, "00000000-0000-4000-8000-000000000001")
    fails("AccessDenied", "rest", "--method", "post", "--url", f"{HSM}/keys/cmk-storage/create?api-version=7.4", "--body", json.dumps(key), *HSM_RESOURCE)
    grant(HSM, "/keys", "21dbd100-6940-42c2-9190-5d6cb909625b", owner, "00000000-0000-4000-8000-000000000002")
    made = rest("post", f"{HSM}/keys/cmk-storage/create?api-version=7.4", key, *HSM_RESOURCE)
    assert made["key"]["kty"] == "RSA-HSM"
    rest("post", f"{HSM}/keys/cmk-storage/create?api-version=7.4", key, *HSM_RESOURCE)
    history = az("rest", "--method", "get", "--url", f"{HSM}/keys/cmk-storage/versions?api-version=7.4", *HSM_RESOURCE, "--query", "value[].{created:attributes.created, enabled:attributes.enabled}")
    assert [item["enabled"] for item in history] == [True, True]

with step("az rest: the key exchange key and the released key of the article"):
    made = rest("post", f"{HSM}/keys/byok-kek/create?api-version=7.4", {"kty": "RSA-HSM", "key_size": 4096, "key_ops": ["import"]}, *HSM_RESOURCE)
    assert made["key"]["key_ops"] == ["import"]
    policy = {"version": "1.0.0", "anyOf": [{"authority": "https://sharedeus2.eus2.attest.azure.net", "allOf": [{"claim": "x-ms-isolation-tee.x-ms-attestation-type", "equals": "sevsnpvm"}]}]}
    data = base64.urlsafe_b64encode(json.dumps(policy).encode()).decode().rstrip("=")
    made = rest("post", f"{HSM}/keys/skr-key/create?api-version=7.4", {
        "kty": "RSA-HSM", "key_size": 3072, "attributes": {"exportable": True}, "release_policy": {"contentType": "application/json; charset=utf-8", "data": data}}, *HSM_RESOURCE)
    assert made["attributes"]["exportable"] is True
    shown = base64.urlsafe_b64decode(made["release_policy"]["data"] + "==")
    assert json.loads(shown) == policy

with step("az identity and az provider"):
    made = az("identity", "create", "-n", "id-storage-cmk", "-g", "rg-security")
    assert az("identity", "show", "-n", "id-storage-cmk", "-g", "rg-security", "--query", "principalId", "-o", "tsv") == made["principalId"]
    grant(HSM, "/keys/cmk-storage", "33413926-3206-4cdd-b39a-83574fe37a17", made["principalId"], "00000000-0000-4000-8000-000000000abc")
    assert az("provider", "show", "-n", "Microsoft.KeyVault", "--query", "registrationState", "-o", "tsv") == "Registered"
    assert az("resource", "list", "-g", "rg-security", "--query", "[?type=='Microsoft.KeyVault/managedHSMs'].name") == ["kv-hsm-prod"]

with step("az keyvault for vaults"):
    made = az("keyvault", "create", "-n", "kv-az-premium", "-g", "rg-security", "-l", "eastus2", "--sku", "premium", "--enable-rbac-authorization", "true", "--enable-purge-protection", "true")
    assert made["properties"]["vaultUri"] == "https://kv-az-premium.vault.azure.net/"
    assert "kv-az-premium" in az("keyvault", "list", "-g", "rg-security", "--query", "[].name")
    fails("VaultAlreadyExists", "keyvault", "create", "-n", "kv-vault-clients", "-g", "rg-security", "-l", "eastus2")
    az("keyvault", "delete", "-n", "kv-az-premium", "-g", "rg-security")
    assert "kv-az-premium" in az("keyvault", "list-deleted", "--query", "[].name")
    az("keyvault", "recover", "-n", "kv-az-premium")
    assert az("keyvault", "show", "-n", "kv-az-premium", "--query", "properties.enableRbacAuthorization") is True

with step("az keyvault delete, recover and the refused purge of an HSM"):
    slow("keyvault", "delete", "--hsm-name", "kv-hsm-prod", "-g", "rg-security")
    assert az("keyvault", "list-deleted", "--resource-type", "hsm", "--query", "[].name") == ["kv-hsm-prod"]
    fails("purge protection", "keyvault", "purge", "--hsm-name", "kv-hsm-prod", "-l", "eastus2")
    slow("keyvault", "recover", "--hsm-name", "kv-hsm-prod", "-l", "eastus2")
    assert len(rest("get", f"{HSM}/keys/cmk-storage/versions?api-version=7.4", None, *HSM_RESOURCE)["value"]) == 2

with step("az group delete takes what is in it"):
    az("group", "create", "-n", "rg-short", "-l", "eastus2")
    az("identity", "create", "-n", "id-short", "-g", "rg-short")
    slow("group", "delete", "-n", "rg-short", "--yes")
    assert az("group", "exists", "-n", "rg-short") is False
