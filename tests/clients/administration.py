"""Debian's azure-keyvault-administration against the embedded Azure: role assignments at the three scopes, custom roles and
settings, with a second principal to feel their effect."""

import uuid

from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.keyvault.administration import KeyVaultAccessControlClient, KeyVaultDataAction, KeyVaultPermission, KeyVaultRoleScope, KeyVaultSettingsClient
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm

from support import admin, credential, need, refused, step

CRYPTO_USER = "21dbd100-6940-42c2-9190-5d6cb909625b"
SERVICE_ENCRYPTION = "33413926-3206-4cdd-b39a-83574fe37a17"

owner = credential()
control = KeyVaultAccessControlClient(need("HSM_URL"), owner)
keys = KeyClient(need("HSM_URL"), owner)
person = admin("POST", "/principals", {"kind": "servicePrincipal", "name": "python-service"})
service = ClientSecretCredential(need("AZURE_TENANT_ID"), person["clientId"], person["secret"])
service_keys = KeyClient(need("HSM_URL"), service)


def role_id(guid):
    return next(item.id for item in control.list_role_definitions(KeyVaultRoleScope.GLOBAL) if item.name == guid)


with step("lists the built-in roles"):
    roles = {item.name: item for item in control.list_role_definitions(KeyVaultRoleScope.GLOBAL)}
    assert roles[CRYPTO_USER].role_name == "Managed HSM Crypto User" and roles[CRYPTO_USER].role_type == "AKVBuiltInRole"
    actions = roles[SERVICE_ENCRYPTION].permissions[0].data_actions
    assert sorted(action.split("/", 2)[2] for action in actions) == ["keys/read/action", "keys/unwrap/action", "keys/wrap/action"], actions
    assert len(roles) >= 9

with step("refuses a principal without a role"):
    keys.create_rsa_key("py-admin")
    keys.create_rsa_key("py-other")
    with refused(403, "AccessDenied"):
        service_keys.get_key("py-admin")

with step("assigns, lists and removes at every scope"):
    for scope in (KeyVaultRoleScope.GLOBAL, KeyVaultRoleScope.KEYS, "/keys/py-admin"):
        before = len(list(control.list_role_assignments(scope)))
        made = control.create_role_assignment(scope, role_id(SERVICE_ENCRYPTION), person["objectId"])
        assert made.properties.scope == scope and made.properties.principal_id == person["objectId"]
        assert control.get_role_assignment(scope, made.name).role_assignment_id == made.role_assignment_id
        assert len(list(control.list_role_assignments(scope))) == before + 1
        with refused(409, "RoleAssignmentExists"):
            control.create_role_assignment(scope, role_id(SERVICE_ENCRYPTION), person["objectId"], name=str(uuid.uuid4()))
        assert service_keys.get_key("py-admin").name == "py-admin"
        control.delete_role_assignment(scope, made.name)
        with refused(404, "RoleAssignmentNotFound"):
            control.get_role_assignment(scope, made.name)
        control.delete_role_assignment(scope, made.name)
        with refused(403, "AccessDenied"):
            service_keys.get_key("py-admin")

with step("a role at a key covers every version of it and no other key"):
    grant = control.create_role_assignment("/keys/py-admin", role_id(SERVICE_ENCRYPTION), person["objectId"])
    keys.create_rsa_key("py-admin")
    crypto = CryptographyClient(service_keys.get_key("py-admin"), service)
    wrapped = crypto.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, bytes(32))
    assert crypto.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key).key == bytes(32)
    with refused(403, "AccessDenied"):
        service_keys.get_key("py-other")
    with refused(403, "AccessDenied"):
        list(service_keys.list_properties_of_keys())
    with refused(403, "AccessDenied"):
        service_keys.create_rsa_key("py-admin")

with step("breaks and heals: a role that is taken away and given back"):
    control.delete_role_assignment("/keys/py-admin", grant.name)
    with refused(403, "AccessDenied"):
        crypto.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key)
    control.create_role_assignment("/keys/py-admin", role_id(SERVICE_ENCRYPTION), person["objectId"])
    assert crypto.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key).key == bytes(32)

with step("defines, changes, uses and deletes a custom role"):
    name = str(uuid.uuid4())
    definition = control.set_role_definition(
        KeyVaultRoleScope.GLOBAL, name=name, role_name="Reads keys", permissions=[KeyVaultPermission(data_actions=[KeyVaultDataAction.READ_HSM_KEY])])
    assert definition.role_type == "CustomRole" and definition.assignable_scopes == ["/"]
    grant = control.create_role_assignment(KeyVaultRoleScope.KEYS, definition.id, person["objectId"])
    assert "py-other" in [item.name for item in service_keys.list_properties_of_keys()]
    with refused(403, "AccessDenied"):
        service_keys.create_rsa_key("py-new")
    control.set_role_definition(
        KeyVaultRoleScope.GLOBAL, name=name, role_name="Reads and makes keys", permissions=[KeyVaultPermission(data_actions=[KeyVaultDataAction.READ_HSM_KEY, KeyVaultDataAction.CREATE_HSM_KEY])])
    assert service_keys.create_rsa_key("py-new").name == "py-new"
    assert control.get_role_definition(KeyVaultRoleScope.GLOBAL, name).role_name == "Reads and makes keys"
    control.delete_role_definition(KeyVaultRoleScope.GLOBAL, name)
    with refused(403, "AccessDenied"):
        service_keys.get_key("py-other")
    control.delete_role_assignment(KeyVaultRoleScope.KEYS, grant.name)
    with refused(400, "BadParameter"):
        control.set_role_definition(KeyVaultRoleScope.GLOBAL, name=CRYPTO_USER, permissions=[])

with step("reads and changes the settings"):
    settings = KeyVaultSettingsClient(need("HSM_URL"), owner)
    assert [(item.name, item.type, item.value) for item in settings.list_settings()] == [("AllowKeyManagementOperationsThroughARM", "boolean", "false")]
    name = "AllowKeyManagementOperationsThroughARM"
    assert settings.update_setting(name, "true").value == "true"
    assert settings.get_setting(name).value == "true"
    assert settings.update_setting(name, "false").value == "false"
    with refused(403, "AccessDenied"):
        KeyVaultSettingsClient(need("HSM_URL"), service).update_setting(name, "true")
    try:
        settings.get_setting("NoSuchSetting")
        raise AssertionError("there is no such setting")
    except HttpResponseError as error:
        assert error.status_code == 404
