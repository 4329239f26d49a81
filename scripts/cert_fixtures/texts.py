"""Keys and certificates as PEM, DER and .p8 files, whole and broken."""

import base64

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import der, pkcs12
from .authority import Identity, name
from .openssl import openssl

ENCRYPTED = {"password": "test", "password_form": "given", "judge": "pkey"}


def fill(corpus, world):
    push = world.push
    pairs(corpus, world)
    encrypted_keys(corpus, push)
    single(corpus, world)
    p8(corpus, world)
    wrapped(corpus, world)
    broken(corpus, push)


def armour(label, content):
    lines = base64.encodebytes(content).replace(b"\n", b"")
    rows = b"\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label, rows, label)


def pairs(corpus, world):
    push, curve = world.push, world.push_curve
    certificate, key = push.certificate.pem, push.key.pem

    def add(file, about, content, holds=(push,), judge="pkey"):
        corpus.add(f"pem/{file}.pem", about, content, holds, judge=judge)

    add("pair", "certificate, then PKCS#8 key", certificate + key)
    add("key-first", "key, then certificate", key + certificate)
    add("pkcs1", "certificate, then PKCS#1 key", certificate + push.key.traditional)
    sec1 = armour(b"EC PARAMETERS", der.oid("1.2.840.10045.3.1.7")) + curve.key.traditional
    add("sec1", "curve parameters and SEC1 key, then certificate", sec1 + curve.certificate.pem, [curve])
    export = (corpus.folder / "p12/legacy.p12").read_bytes()
    attributes = openssl("pkcs12", "-legacy", "-in", "@file", "-nodes", "-passin", "pass:test", file=export)
    assert b"Bag Attributes" in attributes
    add("bag-attributes", "with the text that openssl prints around", attributes)
    add("crlf", "with line ends of Windows", (certificate + key).replace(b"\n", b"\r\n"))
    add("byte-order-mark", "with a byte order mark in front", b"\xef\xbb\xbf" + certificate + key, judge=None)
    add("no-final-newline", "cut after the last dash", (certificate + key).rstrip())
    issuers = [world.g4.certificate, world.root.certificate]
    chain = certificate + key + b"".join(issuer.pem for issuer in issuers)
    add("chain", "certificate, key, both issuers", chain, [push, *issuers])
    add("wrong-pair", "certificate and key that do not belong together", certificate + world.beta.pem,
        [Identity(push.certificate, world.beta)])  # fmt: skip


def encrypted_keys(corpus, push):
    def add(file, about, content, **rest):
        corpus.add(f"pem/{file}.pem", about, push.certificate.pem + content, [push], **{**ENCRYPTED, **rest})

    def pkcs8(*options):
        return openssl("pkcs8", "-topk8", "-in", "@key", "-passout", "pass:test", *options, key=push.key.pem)

    legacy = ["-provider", "legacy", "-provider", "default"]
    add("encrypted-aes-256", "key in PBES2 with AES-256", pkcs8("-v2", "aes-256-cbc"))
    corpus.again("pem/encrypted-aes-256.pem", "the same, no password given", None, "password_needed")
    corpus.again("pem/encrypted-aes-256.pem", "the same, wrong password", "wrong", "wrong_password")
    add("encrypted-hmac-sha1", "key in PBES2 with AES-256 and HMAC-SHA1",
        pkcs8("-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"))  # fmt: skip
    add("encrypted-pbes2-des3", "key in PBES2 with 3DES", pkcs8("-v2", "des3"))
    add("encrypted-scrypt", "key in PBES2 with scrypt", pkcs8("-scrypt"))
    add("encrypted-pbes1-des3", "key in the 3DES scheme of PKCS#12", pkcs8("-v1", "PBE-SHA1-3DES", *legacy))
    add("encrypted-pbes1-md5-des", "key in PBES1 with MD5 and DES", pkcs8("-v1", "PBE-MD5-DES", *legacy))

    def traditional(cipher):
        return openssl("rsa", "-traditional", f"-{cipher}", "-in", "@key", "-passout", "pass:test", key=push.key.pem)

    add("proc-type-aes-256", "PKCS#1 key encrypted in its headers, AES-256", traditional("aes256"))
    corpus.again("pem/proc-type-aes-256.pem", "the same, no password given", None, "password_needed")
    corpus.again("pem/proc-type-aes-256.pem", "the same, wrong password", "wrong", "wrong_password")
    add("proc-type-aes-128", "the same with AES-128", traditional("aes128"))
    add("proc-type-des3", "the same with 3DES", traditional("des3"))
    lie = pkcs12.pbes2(lambda password: pkcs12.scrypt(password, claimed=1 << 24))
    greedy = pkcs12.encrypted_key(push.key.pkcs8, lie, "test")
    add("forged-scrypt-cost", "claims a scrypt of sixteen gigabytes", armour(b"ENCRYPTED PRIVATE KEY", greedy),
        judge=None, error="too_expensive")  # fmt: skip


def single(corpus, world):
    push, certificate = world.push, world.push.certificate
    corpus.add("pem/certificate.pem", "certificate without its key", certificate.pem, [certificate], judge="x509")
    corpus.add("pem/key.pem", "key without a certificate", push.key.pem, [push.key], judge="pkey")
    corpus.add(
        "der/certificate.cer", "certificate as the portal gives it", certificate.der, [certificate], judge="x509"
    )
    corpus.add("der/key-pkcs8.der", "key as bare PKCS#8", push.key.pkcs8, [push.key], judge="pkey")
    pkcs1, sec1 = (
        openssl("pkey", "-in", "@key", "-traditional", "-outform", "DER", key=each.pem)
        for each in (push.key, world.p256)
    )
    corpus.add("der/key-pkcs1.der", "key as bare PKCS#1", pkcs1, [push.key], judge="pkey")
    corpus.add("der/key-sec1.der", "key as bare SEC1", sec1, [world.p256], judge="pkey")
    wrapped = openssl("pkcs8", "-topk8", "-in", "@key", "-outform", "DER", "-passout", "pass:test", key=push.key.pem)
    corpus.add("der/key-encrypted.der", "key as bare encrypted PKCS#8", wrapped, [push.key], **ENCRYPTED)

    request = x509.CertificateSigningRequestBuilder(name(("CN", "Jane Example"), ("C", "US"))).sign(
        push.key.private, hashes.SHA256()
    )
    corpus.add("pem/request.certSigningRequest", "what is sent to the portal", request.public_bytes(Encoding.PEM))
    corpus.add("der/request.csr", "the same, bare", request.public_bytes(Encoding.DER))
    public = push.key.private.public_key()
    corpus.add("pem/public.pem", "public key", public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    corpus.add("pem/public-pkcs1.pem", "public key as PKCS#1", public.public_bytes(Encoding.PEM, PublicFormat.PKCS1))
    corpus.add("pem/revoked.pem", "revocation list", armour(b"X509 CRL", world.revoked))
    corpus.add("der/revoked.crl", "the same, bare", world.revoked)
    chain = certificate.pem + world.g4.certificate.pem
    for form, file in (("PEM", "pem/chain.p7b"), ("DER", "der/chain.p7b")):
        p7b = openssl("crl2pkcs7", "-nocrl", "-certfile", "@chain", "-outform", form, chain=chain)
        corpus.add(file, f"certificates in PKCS#7, {form}", p7b, [certificate, world.g4.certificate])


def p8(corpus, world):
    def add(key_id, about, key, content=None, **rest):
        corpus.add(f"p8/AuthKey_{key_id}.p8", about, content or key.pem, [key], **{"judge": "pkey", **rest})

    add("ABC123DEFG", "key as the portal gives it", world.p256)
    add("P384ABCDEF", "key on the wrong curve", world.p384)
    add("RSAABCDEFG", "RSA key under this name", world.alpha)
    sealed = openssl("pkcs8", "-topk8", "-in", "@key", "-passout", "pass:test", key=world.p256.pem)
    add("SEALEDABCD", "key with a password put on it", world.p256, sealed, **ENCRYPTED)
    add("SEC1ABCDEF", "key rewritten as SEC1", world.p256, world.p256.traditional)


def wrapped(corpus, world):
    """Whole files as base64, as forms and secret stores hold them."""
    push = world.push
    read = {"password": "test", "password_form": "given"}
    p12 = base64.encodebytes((corpus.folder / "p12/legacy.p12").read_bytes())
    corpus.add("base64/legacy.p12.b64", "a .p12 as base64", p12, [push], **read)
    corpus.add("base64/legacy.p12.one-line.b64", "the same in one line", p12.replace(b"\n", b""), [push], **read)
    corpus.add(
        "base64/certificate.cer.b64", "a .cer as base64", base64.b64encode(push.certificate.der), [push.certificate]
    )
    key = base64.b64encode(world.p256.pem)
    corpus.add("base64/AuthKey_ABC123DEFG.p8.b64", "a .p8 as base64", key, [world.p256])


def broken(corpus, push):
    certificate, key = push.certificate.pem, push.key.pem
    corpus.add("pem/truncated.pem", "cut within the key", certificate + key[: len(key) // 2], error="truncated")
    holed = certificate.replace(certificate[200:208], b"********")
    corpus.add("pem/damaged-base64.pem", "stars in the base64", holed + key, error="malformed")
    short = armour(b"CERTIFICATE", push.certificate.der[:-100])
    corpus.add("pem/truncated-certificate.pem", "certificate shorter than it says", short + key, error="truncated")
    corpus.add("der/truncated.cer", "certificate cut short", push.certificate.der[:-100], error="truncated")
