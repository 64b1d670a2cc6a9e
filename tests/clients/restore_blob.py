"""Opens a security domain with the holders' keys and wraps it for another HSM, by az's own code.

Usage: restore_blob.py DOMAIN.json EXCHANGE.pem OUT.json CERT.cer KEY.key [CERT.cer KEY.key ...]
A certificate and its key lie side by side under one name, as az wants it.
"""

import sys

from azure.cli.command_modules.keyvault.custom import security_domain_restore_blob

domain, exchange, out, *holders = sys.argv[1:]
security_domain_restore_blob(domain, exchange, holders[1::2], out)
