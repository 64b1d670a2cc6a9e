"""Debian's azure-keyvault-administration against the embedded Azure: full backup with a signature, full restore, and restore of one
key, with Debian's own storage clients for the account behind it. The clients wait by the simulated clock."""

import datetime

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.keyvault.administration import KeyVaultBackupClient
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from support import advance, credential, during, need, refused, step


class SimulatedSleep(RequestsTransport):
    """The clients' usual transport, whose waits move the simulated clock."""

    def sleep(self, duration):
        advance(f"PT{max(1, int(duration))}S")


ACCOUNT, CONTAINER, GROUP = "stpybackup", "backups", need("RESOURCE_GROUP")
CONTAINER_URL = f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}"

owner = credential()
keys = KeyClient(need("HSM_URL"), owner)
backups = KeyVaultBackupClient(need("HSM_URL"), owner, transport=SimulatedSleep())
storage = StorageManagementClient(owner, need("AZURE_SUBSCRIPTION_ID"), transport=SimulatedSleep())
secret = None


def signature(letters="rcwl"):
    until = datetime.datetime.utcnow() + datetime.timedelta(hours=2)
    return generate_container_sas(ACCOUNT, CONTAINER, account_key=secret, permission=ContainerSasPermissions.from_string(letters), expiry=until)


def fails(code, poller):
    """Waits for a job that must fail with that code."""
    try:
        poller.result()
    except HttpResponseError as error:
        assert error.error.code == code, f"{error.error.code} instead of {code}: {error}"
        return
    raise AssertionError(f"{code} was expected, and the job succeeded")


with step("makes an account and a container"):
    made = storage.storage_accounts.begin_create(GROUP, ACCOUNT, {"location": "eastus2", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}).result()
    assert made.provisioning_state == "Succeeded"
    secret = storage.storage_accounts.list_keys(GROUP, ACCOUNT).keys[0].value
    BlobServiceClient(f"https://{ACCOUNT}.blob.core.windows.net", credential=secret).create_container(CONTAINER)

with step("backs the whole up"):
    keys.create_rsa_key("py-kept", size=2048)
    before = backups.begin_backup(CONTAINER_URL, signature()).result()
    assert before.folder_url.startswith(f"{CONTAINER_URL}/mhsm-kv-hsm-clients-"), before.folder_url
    names = [blob.name for blob in BlobServiceClient(f"https://{ACCOUNT}.blob.core.windows.net", credential=secret).get_container_client(CONTAINER).list_blobs()]
    assert any(name.startswith(before.folder_url.rsplit("/", 1)[1]) for name in names), names

with step("goes on with a backup that another client began"):
    made = keys.create_rsa_key("py-lost", size=2048)
    wrapped = CryptographyClient(made, owner).wrap_key(KeyWrapAlgorithm.rsa_oaep_256, bytes(range(32))).encrypted_key
    begun = backups.begin_backup(CONTAINER_URL, signature(), _polling_interval=1)
    token = begun.continuation_token()
    after = KeyVaultBackupClient(need("HSM_URL"), owner, transport=SimulatedSleep()).begin_backup(CONTAINER_URL, signature(), continuation_token=token).result()
    assert after.folder_url == begun.result().folder_url != before.folder_url

with step("restores the whole, and loses what came later"):
    backups.begin_restore(before.folder_url, signature("rl")).result()
    assert keys.get_key("py-kept").name == "py-kept"
    with refused(404, "KeyNotFound"):
        keys.get_key("py-lost")

with step("restores one key, which unwraps what it wrapped"):
    backups.begin_restore(after.folder_url, signature("rl"), key_name="py-lost").result()
    back = keys.get_key("py-lost")
    assert back.id == made.id
    assert CryptographyClient(back, owner).unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped).key == bytes(range(32))
    with refused(409, "Conflict"):
        backups.begin_restore(after.folder_url, signature("rl"), key_name="py-lost")

with step("breaks and heals"):
    fails("AuthorizationPermissionMismatch", backups.begin_backup(CONTAINER_URL, signature("rl")))
    with during(kind="host-unreachable", host=f"{ACCOUNT}.*"):
        fails("ServiceUnavailable", backups.begin_backup(CONTAINER_URL, signature()))
    with refused(400, "BadRequest"):
        backups.begin_backup(CONTAINER_URL, "sv=2021-06-08&sp=rcwl&sr=c&sig=AAAA")
    assert backups.begin_backup(CONTAINER_URL, signature()).result().folder_url.startswith(CONTAINER_URL)
