"""Keys, authorities and certificates. The authorities bear the names of Apple's so that issuers can be recognised; they
are imitations with keys of their own, made anew on every run and thrown away."""

import datetime
import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from . import der
from .openssl import openssl

APPLE = "1.2.840.113635.100.6"
TEAM = "ABCDE12345"
ORGANISATION = "Example Shop Ltd."
BUNDLE = "com.example.shop"
UNIVERSAL_NAME = f"Apple Push Services: {BUNDLE}"


@dataclass
class Key:
    private: object

    @property
    def pem(self):
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def pkcs8(self):
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def traditional(self):
        """PKCS#1 for RSA, SEC1 for curves."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())

    @property
    def public_bits(self):
        """What the BIT STRING of a SubjectPublicKeyInfo holds."""
        return public_bits(self.private.public_key())

    @property
    def id(self):
        """SHA-1 of the public key, as Keychain Access marks a pair."""
        return hashlib.sha1(self.public_bits).digest()


def public_bits(public):
    if isinstance(public, rsa.RSAPublicKey):
        return public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass
class Certificate:
    x509: x509.Certificate

    @property
    def der(self):
        return self.x509.public_bytes(Encoding.DER)

    @property
    def pem(self):
        return self.x509.public_bytes(Encoding.PEM)


@dataclass
class Identity:
    certificate: Certificate
    key: Key


def new_rsa(bits=2048):
    return Key(rsa.generate_private_key(65537, bits))


def new_curve(curve):
    return Key(ec.generate_private_key(curve))


def name(*pairs):
    """A distinguished name in the order of its encoding."""
    oids = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
            "CN": NameOID.COMMON_NAME, "UID": NameOID.USER_ID}  # fmt: skip
    return x509.Name([x509.NameAttribute(oids[short], value) for short, value in pairs])


def dates(first, last):
    return tuple(datetime.datetime.fromisoformat(day) for day in (first, last))


LONG = dates("2026-01-01", "2046-01-01")
SERIALS = iter(range(0x1C0FFEE000000001, 0x1C0FFEE0000FFFFF))


def builder(subject, issuer, public, validity):
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=public)
        .serial_number(next(SERIALS))
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def usage(*wanted):
    every = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]  # fmt: skip
    return x509.KeyUsage(**{each: each in wanted for each in every})


# === Authorities ===


def authority(subject, parent=None, validity=LONG, key=None):
    key = key or new_rsa()
    signer = parent or Identity(None, key)
    issuer = parent.certificate.x509.subject if parent else subject
    made = (
        builder(subject, issuer, key.private.public_key(), validity)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0 if parent else None), critical=True)
        .add_extension(usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return Identity(Certificate(made.sign(signer.key.private, hashes.SHA256())), key)


def authorities():
    """Imitations of Apple's, by short names, and one that is nobody's."""
    apple = [("C", "US"), ("O", "Apple Inc.")]
    root = authority(name(*apple, ("OU", "Apple Certification Authority"), ("CN", "Apple Root CA")))
    worldwide = ("CN", "Apple Worldwide Developer Relations Certification Authority")
    g4 = authority(name(worldwide, ("OU", "G4"), ("O", "Apple Inc."), ("C", "US")), root)
    g3 = authority(name(worldwide, ("OU", "G3"), ("O", "Apple Inc."), ("C", "US")), root)
    g1_name = name(*apple, ("OU", "Apple Worldwide Developer Relations"), worldwide)
    g1 = authority(g1_name, root, dates("2013-02-07", "2023-02-07"))
    integration = ("CN", "Apple Application Integration 2 Certification Authority")
    mdm = authority(name(integration, ("OU", "Apple Certification Authority"), ("O", "Apple Inc."), ("C", "US")), root)
    foreign = authority(name(("C", "DE"), ("O", "Example Trust GmbH"), ("CN", "Example Trust Issuing CA 1")))
    return {"root": root, "g4": g4, "g3": g3, "g1": g1, "mdm": mdm, "foreign": foreign}


# === Certificates ===

SANDBOX, PRODUCTION, VOIP_TOPICS, TOPICS = (f"{APPLE}.3.{tail}" for tail in (1, 2, 4, 6))
ALLOWED = der.null()
BOTH = {SANDBOX: ALLOWED, PRODUCTION: ALLOWED}


def topic_list(*pairs):
    """A flat row of a topic and its kinds, a topic and its kinds."""
    return der.sequence(*(der.utf8(topic) + der.sequence(der.utf8(kind)) for topic, kind in pairs))


ALL_TOPICS = topic_list((BUNDLE, "app"), (f"{BUNDLE}.voip", "voip"), (f"{BUNDLE}.complication", "complication"))


def leaf(key, issuer, common_name, uid=BUNDLE, marks=None, validity=LONG, purpose=ExtendedKeyUsageOID.CLIENT_AUTH):
    """A certificate as Apple issues them; `marks` are Apple's own extensions. Without an issuer it signs itself."""
    subject = name(("UID", uid), ("CN", common_name), ("OU", TEAM), ("O", ORGANISATION), ("C", "US"))
    signer = issuer.key if issuer else key
    made = (
        builder(subject, issuer.certificate.x509.subject if issuer else subject, key.private.public_key(), validity)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.private.public_key()), critical=False)
        .add_extension(usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    for oid, value in (marks or {}).items():
        made = made.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(oid), value), critical=False)
    return Identity(Certificate(made.sign(signer.private, hashes.SHA256())), key)


def common_name(certificate):
    return certificate.x509.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def signed_with_sha1(identity, issuer):
    """The same certificate with the signature of the past; today's libraries refuse to make one."""
    sha256, sha1 = (der.oid(f"1.2.840.113549.1.1.{tail}") for tail in (11, 5))
    body = identity.certificate.x509.tbs_certificate_bytes.replace(sha256, sha1)
    signature = openssl("dgst", "-sha1", "-sign", "@key", stdin=body, key=issuer.key.pem)
    whole = der.sequence(body, der.sequence(sha1, der.null()), der.tlv(0x03, b"\0" + signature))
    return Identity(Certificate(x509.load_der_x509_certificate(whole)), identity.key)


def nothing_revoked(issuer):
    """An empty revocation list."""
    made = x509.CertificateRevocationListBuilder(issuer.certificate.x509.subject, LONG[0], LONG[1])
    return made.sign(issuer.key.private, hashes.SHA256()).public_bytes(Encoding.DER)
