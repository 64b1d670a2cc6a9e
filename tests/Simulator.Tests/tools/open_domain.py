"""Opens a security domain file with the private keys of some of its holders.

Usage: open_domain.py FILE CERT KEY [CERT KEY ...]
Prints the plaintext of "hsm_backup" in hexadecimal. Written from the format's description, with nothing but the
standard library and the openssl program.
"""
import base64, hashlib, hmac, json, struct, subprocess, sys


def b64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def openssl(arguments, data):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def open_jwe(token, content_key_of):
    head, encrypted_key, iv, cipher, tag = token.split(".")
    assert json.loads(b64(head))["enc"] == "A256CBC-HS512"
    key = content_key_of(json.loads(b64(head)), b64(encrypted_key))
    assert len(key) == 64
    signed = head.encode() + b64(iv) + b64(cipher) + struct.pack(">Q", 8 * len(head))
    assert hmac.compare_digest(hmac.new(key[:32], signed, hashlib.sha512).digest()[:32], b64(tag)), "tag differs"
    return openssl(["enc", "-d", "-aes-256-cbc", "-K", key[32:].hex(), "-iv", b64(iv).hex()], b64(cipher))


def unwrap(private_key):
    def content_key(header, encrypted):
        assert header["alg"] == "RSA-OAEP-256"
        return openssl(["pkeyutl", "-decrypt", "-inkey", private_key, "-pkeyopt", "rsa_padding_mode:oaep",
                        "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"], encrypted)
    return content_key


def derive(master, label):
    return hmac.new(master, struct.pack(">I", 1) + label.encode() + b"\0" + b"" + struct.pack(">I", 512), hashlib.sha512).digest()


def combine(shares):
    points = [[(word >> 9, word & 0x1FF) for word in struct.unpack("<%dH" % (len(share) // 2), share)] for share in shares]
    secret = bytearray()
    for position in zip(*points):
        total = 0
        for i, (xi, yi) in enumerate(position):
            term = yi
            for j, (xj, _) in enumerate(position):
                if i != j:
                    term = term * xj * pow(xj - xi, -1, 257) % 257
            total = (total + term) % 257
        assert total < 256, "the shares do not fit"
        secret.append(total)
    return bytes(secret)


domain = json.load(open(sys.argv[1]))
assert domain["version"] == 2 and domain["EncData"]["kdf"] == "sp108_kdf"
shared = domain["SharedKeys"]
assert shared["key_algorithm"] == "shamir_share"
shares = []
for certificate, private_key in zip(sys.argv[2::2], sys.argv[3::2]):
    der = openssl(["x509", "-in", certificate, "-outform", "DER"], b"")
    mine = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    entry = next(share for share in shared["enc_shares"] if share["x5t_256"] == mine)
    share = open_jwe(entry["enc_key"], unwrap(private_key))
    assert len(share) == 64
    shares.append(share)
master = combine(shares)
data = {item["tag"]: item["compact_jwe"] for item in domain["EncData"]["data"]}
assert sorted(data) == ["base_enclave_backup", "hsm_backup", "kmsp_enclave_backup"]
for tag in data:
    plain = open_jwe(data[tag], lambda header, _, tag=tag: derive(master, tag) if header["kid"] == tag else None)
    if tag == "hsm_backup":
        print(plain.hex())
