"""A key that is made in SoftHSM and leaves it only wrapped, as bring-your-own-key wants it.

Usage: softhsm.py KIND KEK.json OUT.json
KIND is rsa, ec or aes; KEK.json is the key bundle of the key exchange key; OUT.json gets the transfer blob (base64url), a
signature that SoftHSM made with the source key, and what was signed.

CKM_RSA_AES_KEY_WRAP is composed of its two halves, since SoftHSM 2.6 does not have it in one: an AES key wraps the target
with CKM_AES_KEY_WRAP_PAD, and the exchange key wraps the AES key with CKM_RSA_PKCS_OAEP (SHA-1). Both are made inside.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys

import PyKCS11
from PyKCS11 import (
    CKA_CLASS, CKA_DECRYPT, CKA_EC_PARAMS, CKA_ENCRYPT, CKA_EXTRACTABLE, CKA_ID, CKA_KEY_TYPE, CKA_MODULUS, CKA_MODULUS_BITS, CKA_PRIVATE,
    CKA_PUBLIC_EXPONENT, CKA_SENSITIVE, CKA_SIGN, CKA_TOKEN, CKA_VALUE, CKA_VALUE_LEN, CKA_VERIFY, CKA_WRAP, CKF_RW_SESSION, CKF_SERIAL_SESSION,
    CKG_MGF1_SHA1, CKK_AES, CKK_RSA, CKM_AES_KEY_GEN, CKM_AES_KEY_WRAP_PAD, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, CKM_SHA_1, CKM_SHA256_RSA_PKCS,
    CKO_PUBLIC_KEY, CKO_SECRET_KEY)

kind, kek_file, out_file = sys.argv[1:]
folder = os.path.join(os.path.dirname(os.path.abspath(out_file)), f"softhsm-{kind}")
os.makedirs(os.path.join(folder, "tokens"), exist_ok=True)
os.environ["SOFTHSM2_CONF"] = os.path.join(folder, "softhsm2.conf")
with open(os.environ["SOFTHSM2_CONF"], "w") as file:
    file.write(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "source", "--pin", "1234", "--so-pin", "1234"], check=True, capture_output=True)

library = PyKCS11.PyKCS11Lib()
library.load("/usr/lib/softhsm/libsofthsm2.so")
slot = next(slot for slot in library.getSlotList(tokenPresent=True) if library.getTokenInfo(slot).label.strip() == "source")
session = library.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
session.login("1234")

b64 = lambda data: base64.urlsafe_b64encode(bytes(data)).decode().rstrip("=")
raw = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
message = b"signed where the key was made"
leaves_wrapped = [(CKA_TOKEN, False), (CKA_PRIVATE, True), (CKA_SENSITIVE, True), (CKA_EXTRACTABLE, True)]
result = {"message": b64(message)}

if kind == "rsa":
    public = [(CKA_TOKEN, False), (CKA_MODULUS_BITS, 3072), (CKA_PUBLIC_EXPONENT, (1, 0, 1)), (CKA_VERIFY, True)]
    made, target = session.generateKeyPair(public, [*leaves_wrapped, (CKA_SIGN, True), (CKA_DECRYPT, True)])
    result["signature"] = b64(session.sign(target, message, PyKCS11.Mechanism(CKM_SHA256_RSA_PKCS, None)))
    result["n"] = b64(session.getAttributeValue(made, [CKA_MODULUS])[0])
elif kind == "ec":
    p384 = (0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22)
    made, target = session.generateKeyPair([(CKA_TOKEN, False), (CKA_EC_PARAMS, p384), (CKA_VERIFY, True)], [*leaves_wrapped, (CKA_SIGN, True)], PyKCS11.Mechanism(CKM_EC_KEY_PAIR_GEN, None))
    result["signature"] = b64(session.sign(target, hashlib.sha384(message).digest(), PyKCS11.Mechanism(CKM_ECDSA, None)))
else:
    target = session.generateKey([*leaves_wrapped, (CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_VALUE_LEN, 32), (CKA_ENCRYPT, True), (CKA_WRAP, True)], PyKCS11.Mechanism(CKM_AES_KEY_GEN, None))
    other = session.generateKey([(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_VALUE_LEN, 32), (CKA_TOKEN, False), (CKA_SENSITIVE, False), (CKA_EXTRACTABLE, True)], PyKCS11.Mechanism(CKM_AES_KEY_GEN, None))
    # Something that the source key wrapped, so that the imported key can show that it is the same.
    result["wrapped"] = b64(session.wrapKey(target, other, PyKCS11.Mechanism(CKM_AES_KEY_WRAP_PAD, None)))
    result["message"] = b64(session.getAttributeValue(other, [CKA_VALUE])[0])

with open(kek_file) as file:
    kek = json.load(file)["key"]
exchange = session.createObject([(CKA_CLASS, CKO_PUBLIC_KEY), (CKA_KEY_TYPE, CKK_RSA), (CKA_TOKEN, False), (CKA_WRAP, True), (CKA_ENCRYPT, True), (CKA_MODULUS, raw(kek["n"])), (CKA_PUBLIC_EXPONENT, raw(kek["e"]))])
once = session.generateKey([(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_VALUE_LEN, 32), (CKA_TOKEN, False), (CKA_PRIVATE, True), (CKA_SENSITIVE, True), (CKA_EXTRACTABLE, True), (CKA_WRAP, True)], PyKCS11.Mechanism(CKM_AES_KEY_GEN, None))
inner = session.wrapKey(once, target, PyKCS11.Mechanism(CKM_AES_KEY_WRAP_PAD, None))
outer = session.wrapKey(exchange, once, PyKCS11.RSAOAEPMechanism(CKM_SHA_1, CKG_MGF1_SHA1))
blob = {
    "schema_version": "1.0.0",
    "header": {"kid": kek["kid"], "alg": "dir", "enc": "CKM_RSA_AES_KEY_WRAP"},
    "ciphertext": b64(bytes(outer) + bytes(inner)),
    "generator": "SoftHSM 2",
}
result["byok"] = b64(json.dumps(blob).encode())
with open(out_file, "w") as file:
    json.dump(result, file)
