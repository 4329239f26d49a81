"""Builds PKCS#12 files byte by byte (RFC 7292, RFC 8018, RFC 9579), for the forms that `openssl pkcs12` cannot write.

A password is a `str`, or `None` for the null password of Keychain Access: no bytes at all, not even the two closing
zeros.
"""

import hashlib
import hmac
import os

from . import der
from .openssl import openssl

PKCS7 = "1.2.840.113549.1.7"
PBE = "1.2.840.113549.1.12.1"
BAG = "1.2.840.113549.1.12.10.1"
PKCS5 = "1.2.840.113549.1.5"
HMAC_SHA256 = "1.2.840.113549.2.9"
AES_256_CBC = "2.16.840.1.101.3.4.1.42"
SCRYPT = "1.3.6.1.4.1.11591.4.11"
DIGESTS = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1"}

# === Passwords and keys ===


def wide(password):
    """The password as the key derivation of PKCS#12 takes it."""
    return b"" if password is None else password.encode("utf-16-be") + b"\0\0"


def narrow(password):
    """The password as PBKDF2 and scrypt take it."""
    return (password or "").encode()


def derive(digest, password, salt, purpose, iterations, length):
    """RFC 7292, appendix B.2. The purpose is 1 for a key, 2 for an initial vector, 3 for a MAC key."""
    block = hashlib.new(digest).block_size

    def filled(text):
        return (text * block)[: -(-len(text) // block) * block]

    state = filled(salt) + filled(wide(password))
    key = b""
    while len(key) < length:
        part = hashlib.new(digest, bytes([purpose]) * block + state).digest()
        for _ in range(iterations - 1):
            part = hashlib.new(digest, part).digest()
        key += part
        addend = int.from_bytes(filled(part), "big") + 1
        pieces = (state[at : at + block] for at in range(0, len(state), block))
        state = b"".join(
            ((int.from_bytes(piece, "big") + addend) % (1 << block * 8)).to_bytes(block, "big") for piece in pieces
        )
    return key[:length]


# === Ciphers: each takes a password and a plain text, and gives its AlgorithmIdentifier and the cipher text ===


def encrypt(cipher, key, vector, plain):
    return openssl("enc", "-e", f"-{cipher}", "-K", key.hex(), "-iv", vector.hex(), "-provider", "legacy",
                   "-provider", "default", stdin=plain)  # fmt: skip


def pbe(number, cipher, key_length, iterations=2048):
    """An old scheme of PKCS#12 itself, with SHA-1."""

    def run(password, plain):
        salt = os.urandom(8)
        key = derive("sha1", password, salt, 1, iterations, key_length)
        vector = derive("sha1", password, salt, 2, iterations, 8)
        parameters = der.sequence(der.octets(salt), der.integer(iterations))
        return der.sequence(der.oid(f"{PBE}.{number}"), parameters), encrypt(cipher, key, vector, plain)

    return run


RC2_40 = pbe(6, "rc2-40-cbc", 5)
TRIPLE_DES = pbe(3, "des-ede3-cbc", 24)


def pbes2(derivation):
    """PBES2 with AES-256-CBC over any key derivation."""

    def run(password, plain):
        function, key = derivation(password)
        vector = os.urandom(16)
        scheme = der.sequence(der.oid(AES_256_CBC), der.octets(vector))
        parameters = der.sequence(function, scheme)
        return der.sequence(der.oid(f"{PKCS5}.13"), parameters), encrypt("aes-256-cbc", key, vector, plain)

    return run


def pbkdf2(password, iterations=2048, claimed=None, key_length=None):
    """PBKDF2 with HMAC-SHA256. What it claims to have iterated may be a lie."""
    salt = os.urandom(16)
    length = [der.integer(key_length)] if key_length else []
    prf = der.sequence(der.oid(HMAC_SHA256), der.null())
    parameters = der.sequence(der.octets(salt), der.integer(claimed or iterations), *length, prf)
    function = der.sequence(der.oid(f"{PKCS5}.12"), parameters)
    return function, hashlib.pbkdf2_hmac("sha256", narrow(password), salt, iterations, 32)


def scrypt(password, cost=16384, claimed=None):
    """scrypt (RFC 7914) with blocks of 8 and no parallel runs."""
    salt = os.urandom(16)
    parameters = der.sequence(der.octets(salt), der.integer(claimed or cost), der.integer(8), der.integer(1))
    key = hashlib.scrypt(narrow(password), salt=salt, n=cost, r=8, p=1, maxmem=1 << 26, dklen=32)
    return der.sequence(der.oid(SCRYPT), parameters), key


AES_256 = pbes2(pbkdf2)
AES_256_SCRYPT = pbes2(scrypt)

# === Bags ===


def attributes(friendly_name=None, local_key_id=None, ordered=True):
    """Bag attributes; Keychain Access does not order them as DER asks."""
    found = []
    if friendly_name is not None:
        found.append(der.sequence(der.oid("1.2.840.113549.1.9.20"), der.tlv(der.SET, der.bmp(friendly_name))))
    if local_key_id is not None:
        found.append(der.sequence(der.oid("1.2.840.113549.1.9.21"), der.tlv(der.SET, der.octets(local_key_id))))
    if not found:
        return b""
    return der.tlv(der.SET, b"".join(sorted(found) if ordered else found))


def certificate_bag(certificate, marks=b""):
    value = der.sequence(der.oid("1.2.840.113549.1.9.22.1"), der.explicit(0, der.octets(certificate)))
    return der.sequence(der.oid(f"{BAG}.3"), der.explicit(0, value), marks)


def revocation_list_bag(revoked):
    value = der.sequence(der.oid("1.2.840.113549.1.9.23.1"), der.explicit(0, der.octets(revoked)))
    return der.sequence(der.oid(f"{BAG}.4"), der.explicit(0, value))


def nested_bag(bags):
    return der.sequence(der.oid(f"{BAG}.6"), der.explicit(0, der.sequence(*bags)))


def key_bag(pkcs8, cipher, password, marks=b""):
    return der.sequence(der.oid(f"{BAG}.2"), der.explicit(0, encrypted_key(pkcs8, cipher, password)), marks)


def encrypted_key(pkcs8, cipher, password):
    """An EncryptedPrivateKeyInfo, which also stands alone in PEM."""
    algorithm, text = cipher(password, pkcs8)
    return der.sequence(algorithm, der.octets(text))


# === The file ===


def plain(bags):
    """A ContentInfo with bags in the open."""
    return der.sequence(der.oid(f"{PKCS7}.1"), der.explicit(0, der.octets(der.sequence(*bags))))


def encrypted(bags, cipher, password, rewrite=bytes):
    """A ContentInfo with encrypted bags."""
    algorithm, text = cipher(password, rewrite(der.sequence(*bags)))
    inner = der.sequence(der.oid(f"{PKCS7}.1"), algorithm, der.tlv(0x80, text))
    return der.sequence(der.oid(f"{PKCS7}.6"), der.explicit(0, der.sequence(der.integer(0), inner)))


def mac(digest, iterations):
    """The old integrity check."""

    def run(password, content):
        salt = os.urandom(8)
        size = hashlib.new(digest).digest_size
        key = derive(digest, password, salt, 3, iterations, size)
        algorithm = der.sequence(der.oid(DIGESTS[digest]), der.null())
        info = der.sequence(algorithm, der.octets(hmac.digest(key, content, digest)))
        return der.sequence(info, der.octets(salt), der.integer(iterations))

    return run


def pbmac1(password, content):
    """RFC 9579: PBKDF2 and HMAC-SHA256; salt and iterations of the old form are fillers."""
    function, key = pbkdf2(password, key_length=32)
    scheme = der.sequence(der.oid(HMAC_SHA256), der.null())
    algorithm = der.sequence(der.oid(f"{PKCS5}.14"), der.sequence(function, scheme))
    info = der.sequence(algorithm, der.octets(hmac.digest(key, content, "sha256")))
    return der.sequence(info, der.octets(b"NOT USED"), der.integer(1))


def file(contents, password, check, rewrite=bytes):
    """The whole file. `rewrite` may turn every layer into BER; the check is made over what it gave."""
    safe = rewrite(der.sequence(*contents))
    inner = der.sequence(der.oid(f"{PKCS7}.1"), der.explicit(0, der.octets(safe)))
    return rewrite(der.sequence(der.integer(3), inner, check(password, safe)))
