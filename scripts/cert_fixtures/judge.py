"""Asks `openssl` what each file holds and compares."""

import re

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from .authority import public_bits
from .corpus import digest
from .openssl import openssl

BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----\n", re.S)


def found_in(pem):
    """Digests of the certificates and of the public halves of the keys in PEM text."""
    certificates, keys = [], []
    for block in BLOCK.finditer(pem):
        if block[1] == b"CERTIFICATE":
            certificates.append(digest(x509.load_pem_x509_certificate(block[0]).public_bytes(Encoding.DER)))
        elif block[1].endswith(b"PRIVATE KEY"):
            keys.append(digest(public_bits(load_pem_private_key(block[0], None).public_key())))
    return sorted(certificates), sorted(keys)


def ask(entry, content):
    """What openssl finds."""
    password = f"pass:{entry.password or ''}"
    if entry.judge == "pkcs12":
        printed = openssl("pkcs12", "-legacy", "-info", "-nodes", "-in", "@file", "-password", password, file=content)
        return found_in(printed)
    if entry.judge == "x509":
        return found_in(openssl("x509", "-in", "@file", file=content))
    legacy = ["-provider", "legacy", "-provider", "default"]
    key = openssl("pkey", "-in", "@file", "-passin", password, *legacy, file=content)
    certificate = openssl("x509", "-in", "@file", file=content) if entry.certificates else b""
    return found_in(certificate + key)


def faults(corpus):
    """Each entry on which openssl and the corpus differ."""
    for entry in corpus.entries:
        if entry.judge is None:
            continue
        content = (corpus.folder / entry.file).read_bytes()
        try:
            certificates, keys = ask(entry, content)
        except OSError as fault:
            yield f"{entry.file}: {fault}"
            continue
        # `openssl x509` prints the first certificate only.
        wanted = entry.certificates if entry.judge == "pkcs12" else entry.certificates[:1]
        if (certificates, keys) != (sorted(wanted), sorted(entry.keys)):
            yield f"{entry.file}: openssl finds {len(certificates)} certificates and {len(keys)} keys, or other ones"
