"""Certificates in the form in which security-domain requests carry them."""

import base64
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


def _text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwk_of(path):
    with open(path, "rb") as file:
        certificate = x509.load_pem_x509_certificate(file.read())
    der = certificate.public_bytes(Encoding.DER)
    numbers = certificate.public_key().public_numbers()
    width = lambda value: value.to_bytes((value.bit_length() + 7) // 8, "big")
    return {
        "kty": "RSA", "key_ops": ["verify", "encrypt", "wrapKey"], "n": _text(width(numbers.n)), "e": _text(width(numbers.e)),
        "x5c": [base64.b64encode(der).decode()], "x5t": _text(hashlib.sha1(der).digest()), "x5t#S256": _text(hashlib.sha256(der).digest()), "alg": "RSA-OAEP-256"}
