"""Debian's azure-keyvault-keys against the embedded Azure: creates, reads, rotates, breaks and heals keys, and uses every
algorithm that the key types have."""

import datetime
import hashlib

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError, ServiceRequestError
from azure.keyvault.keys import ApiVersion, JsonWebKey, KeyClient, KeyCurveName, KeyOperation, KeyRotationLifetimeAction, KeyRotationPolicy, KeyRotationPolicyAction, KeyType
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm

from support import admin, advance, credential, during, need, refused, step

identity = credential()
client = KeyClient(need("HSM_URL"), identity, retry_backoff_factor=0.01)


def cryptography(key):
    return CryptographyClient(key, identity, retry_backoff_factor=0.01)


secret = bytes(range(32))

with step("create and read"):
    made = client.create_rsa_key("py-main", size=3072, key_operations=["wrapKey", "unwrapKey"], tags={"owner": "python"})
    assert made.key_type == KeyType.rsa_hsm, made.key_type
    assert made.properties.recovery_level == "CustomizedRecoverable", made.properties.recovery_level
    read = client.get_key("py-main")
    assert read.id == made.id and read.key.n == made.key.n and read.properties.tags == {"owner": "python"}
    assert sorted(read.key_operations) == ["unwrapKey", "wrapKey"]

with step("challenge: the first request of a client goes without a token and a body"):
    # The client keeps challenges for its process: only the very first call of all was refused.
    calls = [call for call in admin("GET", "/calls?since=0")["calls"] if "/keys/py-main" in call["url"]]
    assert [call["status"] for call in calls] == [401, 200, 200], [call["status"] for call in calls]

with step("pages"):
    for number in range(27):
        client.create_oct_key(f"py-page-{number}", size=128, hardware_protected=True)
    pages = [[item.name for item in page] for page in client.list_properties_of_keys(max_page_size=10).by_page()]
    assert all(len(page) <= 10 for page in pages) and len(pages) >= 3
    names = [name for page in pages for name in page]
    assert len(set(names)) == len(names) and sum(name.startswith("py-page-") for name in names) == 27

with step("RSA encrypts, decrypts, wraps and unwraps"):
    key = client.create_rsa_key("py-rsa", size=2048)
    crypto = cryptography(key)
    for algorithm in (EncryptionAlgorithm.rsa_oaep_256, EncryptionAlgorithm.rsa_oaep, EncryptionAlgorithm.rsa1_5):
        sealed = crypto.encrypt(algorithm, secret)
        assert crypto.decrypt(algorithm, sealed.ciphertext).plaintext == secret
    for algorithm in (KeyWrapAlgorithm.rsa_oaep_256, KeyWrapAlgorithm.rsa_oaep, KeyWrapAlgorithm.rsa1_5):
        wrapped = crypto.wrap_key(algorithm, secret)
        unwrapped = crypto.unwrap_key(algorithm, wrapped.encrypted_key)
        assert unwrapped.key == secret and unwrapped.key_id == key.id

with step("RSA signs remotely and verifies locally"):
    for family in ("rs", "ps"):
        for bits in (256, 384, 512):
            algorithm = getattr(SignatureAlgorithm, f"{family}{bits}")
            digest = hashlib.new(f"sha{bits}", b"a message").digest()
            signature = crypto.sign(algorithm, digest).signature
            assert crypto.verify(algorithm, digest, signature).is_valid
            assert not crypto.verify(algorithm, digest, signature[:-1] + bytes([signature[-1] ^ 1])).is_valid

with step("curves sign remotely and verify locally"):
    for curve, algorithm, name in (
        (KeyCurveName.p_256, SignatureAlgorithm.es256, "sha256"),
        (KeyCurveName.p_256_k, SignatureAlgorithm.es256_k, "sha256"),
        (KeyCurveName.p_384, SignatureAlgorithm.es384, "sha384"),
        (KeyCurveName.p_521, SignatureAlgorithm.es512, "sha512"),
    ):
        key = client.create_ec_key(f"py-ec-{curve.value}", curve=curve, hardware_protected=True)
        assert key.key_type == KeyType.ec_hsm
        digest = hashlib.new(name, b"a message").digest()
        signature = cryptography(key).sign(algorithm, digest).signature
        assert cryptography(key).verify(algorithm, digest, signature).is_valid
        assert len(signature) == {"P-384": 96, "P-521": 132}.get(curve.value, 64)

# This client does what it can locally, and for a symmetric key, whose material the service never shows, it makes up a random
# key and uses that. Plain strings instead of its enumerations keep it from that, and the call log shows that it asked.
with step("AES encrypts and wraps"):
    before = admin("GET", "/calls?since=999999999")["last"]
    for size in (128, 192, 256):
        key = client.create_oct_key(f"py-oct-{size}", size=size, hardware_protected=True)
        crypto = cryptography(key)
        gcm = f"A{size}GCM"
        sealed = crypto.encrypt(gcm, b"a message", additional_authenticated_data=b"beside it")
        assert len(sealed.iv) == 12 and len(sealed.tag) == 16
        opened = crypto.decrypt(gcm, sealed.ciphertext, iv=sealed.iv, authentication_tag=sealed.tag, additional_authenticated_data=b"beside it")
        assert opened.plaintext == b"a message"
        with refused(400, "BadParameter"):
            crypto.decrypt(gcm, sealed.ciphertext, iv=sealed.iv, authentication_tag=bytes(16), additional_authenticated_data=b"beside it")
        iv = bytes(range(16))
        cbc = f"A{size}CBC"
        assert crypto.decrypt(cbc, crypto.encrypt(cbc, secret, iv=iv).ciphertext, iv=iv).plaintext == secret
        pad = f"A{size}CBCPAD"
        assert crypto.decrypt(pad, crypto.encrypt(pad, b"a message", iv=iv).ciphertext, iv=iv).plaintext == b"a message"
        kw = f"A{size}KW"
        wrapped = crypto.wrap_key(kw, secret)
        assert len(wrapped.encrypted_key) == 40 and crypto.unwrap_key(kw, wrapped.encrypted_key).key == secret
        with refused(400, "BadParameter"):
            crypto.wrap_key("A256KW" if size != 256 else "A128KW", secret)
    asked = [call["url"].split("?")[0].rsplit("/", 1)[1] for call in admin("GET", f"/calls?since={before}")["calls"] if "/keys/py-oct-" in call["url"]]
    assert [asked.count(verb) for verb in ("encrypt", "decrypt", "wrapkey", "unwrapkey")] == [9, 12, 6, 3], asked

with step("rotates on demand and on the clock"):
    first = client.get_key("py-main")
    assert not client.get_key_rotation_policy("py-main").lifetime_actions
    with refused(400, "BadParameter"):
        client.rotate_key("py-main")
    with refused(400, "BadParameter"):
        client.update_key_rotation_policy("py-main", KeyRotationPolicy(expires_in="P27D"))
    action = KeyRotationLifetimeAction(KeyRotationPolicyAction.rotate, time_before_expiry="P30D")
    policy = client.update_key_rotation_policy("py-main", KeyRotationPolicy(lifetime_actions=[action], expires_in="P90D"))
    assert policy.expires_in == "P90D" and policy.lifetime_actions[0].time_before_expiry == "P30D"
    wrapped = cryptography(first).wrap_key(KeyWrapAlgorithm.rsa_oaep_256, secret)
    second = client.rotate_key("py-main")
    assert second.id != first.id
    assert second.properties.expires_on - second.properties.created_on == datetime.timedelta(days=90)
    advance("P61D")
    third = client.get_key("py-main")
    assert third.id not in (first.id, second.id)
    assert len(list(client.list_properties_of_key_versions("py-main"))) == 3
    assert cryptography(first.id).unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key).key == secret

with step("breaks and heals: disabled and enabled"):
    key = client.create_rsa_key("py-break")
    wrapped = cryptography(key).wrap_key(KeyWrapAlgorithm.rsa_oaep, secret)
    client.update_key_properties("py-break", enabled=False)
    with refused(403, "Forbidden"):
        cryptography(key.id).unwrap_key(KeyWrapAlgorithm.rsa_oaep, wrapped.encrypted_key)
    client.update_key_properties("py-break", enabled=True)
    assert cryptography(key.id).unwrap_key(KeyWrapAlgorithm.rsa_oaep, wrapped.encrypted_key).key == secret

with step("breaks: an expired key still unwraps, and wraps nothing"):
    client.update_key_properties("py-break", expires_on=datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc))
    assert cryptography(key.id).unwrap_key(KeyWrapAlgorithm.rsa_oaep, wrapped.encrypted_key).key == secret
    try:
        cryptography(client.get_key("py-break")).wrap_key(KeyWrapAlgorithm.rsa_oaep, secret)
        raise AssertionError("the client should refuse")
    except ValueError as error:
        assert "expired" in str(error)

with step("breaks and heals: deleted and recovered"):
    deleted = client.begin_delete_key("py-rsa", _polling_interval=0.01).result()
    assert deleted.scheduled_purge_date - deleted.deleted_date == datetime.timedelta(days=30)
    try:
        client.get_key("py-rsa")
        raise AssertionError("the key should be gone")
    except ResourceNotFoundError as error:
        assert error.error.code == "KeyNotFound"
    try:
        client.create_rsa_key("py-rsa")
        raise AssertionError("the name should be taken")
    except ResourceExistsError as error:
        assert error.error.code == "Conflict" and error.error.innererror["code"] == "ObjectIsDeletedButRecoverable", error.error.innererror
    with refused(403, "Forbidden"):
        client.purge_deleted_key("py-rsa")
    assert [item.name for item in client.list_deleted_keys()] == ["py-rsa"]
    recovered = client.begin_recover_deleted_key("py-rsa", _polling_interval=0.01).result()
    assert recovered.id == deleted.id

with step("backs up and refuses to restore onto a live name"):
    blob = client.backup_key("py-rsa")
    with refused(409, "Conflict"):
        client.restore_key_backup(blob)

with step("breaks and heals: throttled, failing, lost, unreachable"):
    with during(kind="throttle", host="*.managedhsm.azure.net", count=2, retryAfter=0):
        client.get_key("py-rsa")
    with during(kind="server-error", host="*.managedhsm.azure.net", count=2, status=503):
        client.get_key("py-rsa")
    with during(kind="lost-response", host="*.managedhsm.azure.net", method="GET", count=1):
        client.get_key("py-rsa")
    with during(kind="host-unreachable", host="*.managedhsm.azure.net"):
        try:
            KeyClient(need("HSM_URL"), identity, retry_total=0).get_key("py-rsa")
            raise AssertionError("nobody should answer")
        except (ServiceRequestError, HttpResponseError) as error:
            assert getattr(error, "status_code", None) is None, error
        except Exception as error:
            assert "Connection" in type(error).__name__ or "Response" in type(error).__name__, error
    client.get_key("py-rsa")

with step("random bytes"):
    assert len(client.get_random_bytes(128)) == 128
    with refused(400, "BadParameter"):
        client.get_random_bytes(129)

with step("imports a private key that cryptography made"):
    from cryptography.hazmat.primitives.asymmetric import rsa

    numbers = rsa.generate_private_key(65537, 2048).private_numbers()
    width = lambda value: value.to_bytes((value.bit_length() + 7) // 8, "big")
    jwk = JsonWebKey(
        kty="RSA-HSM", key_ops=["encrypt", "decrypt", "sign", "verify"], n=width(numbers.public_numbers.n), e=width(numbers.public_numbers.e),
        d=width(numbers.d), p=width(numbers.p), q=width(numbers.q), dp=width(numbers.dmp1), dq=width(numbers.dmq1), qi=width(numbers.iqmp))
    imported = client.import_key("py-import", jwk, hardware_protected=True)
    assert imported.key.n == jwk.n and imported.key.d is None
    digest = hashlib.sha256(b"a message").digest()
    assert cryptography(imported).sign(SignatureAlgorithm.ps256, digest).signature
