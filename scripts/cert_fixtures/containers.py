"""One identity, wrapped as the PKCS#12 exporters of the last twenty years wrap it, and as they should not."""

import pathlib
import subprocess
import tempfile

from . import der, pkcs12
from .authority import UNIVERSAL_NAME, Identity
from .openssl import export

GIVEN = {"password": "test", "password_form": "given", "judge": "pkcs12"}
NULL = {"password": None, "password_form": "null", "judge": "pkcs12"}
NAMES = (UNIVERSAL_NAME, "Jane Example")
EMPTY = {"password": None, "password_form": "empty", "judge": "pkcs12"}


def fill(corpus, world):
    made_by_openssl(corpus, world)
    made_by_hand(corpus, world)
    made_by_java(corpus, world)
    damaged(corpus, world)


# === What openssl writes ===


def made_by_openssl(corpus, world):
    push = world.push

    def add(file, about, *options, password="test", holds=None, form=None, error=None, **rest):
        content = export(push, *options, password=password, **rest)
        found = [push] if holds is None else holds
        read = {**GIVEN, "password": password} if form is None else form
        return corpus.add(f"p12/{file}.p12", about, content, found, error=error, **read)

    def schemes(key, certificate=None):
        return ["-legacy", "-keypbe", key, "-certpbe", certificate or key, "-macalg", "sha1"]

    add("legacy", "certificate RC2-40, key 3DES, MAC SHA-1", "-legacy", "-macalg", "sha1")
    add("triple-des", "3DES for both", *schemes("PBE-SHA1-3DES"))
    add("two-key-triple-des", "3DES with two keys", *schemes("PBE-SHA1-2DES"))
    add("rc2-128", "RC2 with 128 bits", *schemes("PBE-SHA1-RC2-128"))
    add("rc2-40", "RC2 with 40 bits, the key too", *schemes("PBE-SHA1-RC2-40"))
    add("rc4-128", "RC4 with 128 bits", *schemes("PBE-SHA1-RC4-128"))
    add("rc4-40", "RC4 with 40 bits", *schemes("PBE-SHA1-RC4-40"))
    add(
        "mac-iterations-omitted",
        "MAC with one iteration, left out as DER asks",
        "-legacy",
        "-macalg",
        "sha1",
        "-nomaciter",
    )
    add("aes-256", "PBES2 with AES-256, MAC SHA-256: OpenSSL 3 as it comes", name="push")
    add("aes-192", "PBES2 with AES-192", "-keypbe", "aes-192-cbc", "-certpbe", "aes-192-cbc")
    add("aes-128", "PBES2 with AES-128", "-keypbe", "aes-128-cbc", "-certpbe", "aes-128-cbc")
    add("aes-256-mac-sha1", "PBES2 with AES-256, MAC SHA-1", "-macalg", "sha1")
    add("aes-256-mac-sha384", "MAC SHA-384", "-macalg", "sha384")
    add("aes-256-mac-sha512", "MAC SHA-512", "-macalg", "sha512")
    add("aria-256", "PBES2 with ARIA-256, which no common exporter offers", "-keypbe", "aria-256-cbc", "-certpbe",
        "aria-256-cbc", error="unsupported_encryption")  # fmt: skip
    open_bags = ["-keypbe", "NONE", "-certpbe", "NONE"]
    add("open-bags", "nothing encrypted, but a MAC", *open_bags)
    add("no-mac", "encrypted, without a MAC", "-nomac")
    nothing = {"password": None, "password_form": "none", "judge": "pkcs12"}
    add("open-bags-no-mac", "nothing encrypted, nothing checked", *open_bags, "-nomac", form=nothing)
    add("certificate-only", "no key: the wrong row was exported", "-legacy", "-nokeys", holds=[push.certificate])
    add("key-only", "no certificate", "-legacy", "-nocerts", holds=[push.key])
    chain = [world.g4.certificate, world.root.certificate]
    add("chain", "with both issuers", "-legacy", chain=chain, holds=[push, *chain])
    add("empty-password-legacy", "empty password as two zero bytes", "-legacy", password="", form=EMPTY)
    corpus.again("p12/empty-password-legacy.p12", "the same, empty password given", "")
    corpus.again("p12/empty-password-legacy.p12", "the same, a password given where none is", "test", "wrong_password")
    add("empty-password-aes-256", "empty password as two zero bytes, PBES2", password="", form=EMPTY)
    add("non-ascii-password-legacy", "password beyond ASCII", "-legacy", password="pässwörd✓")
    add("non-ascii-password-aes-256", "password beyond ASCII, PBES2 and MAC", password="pässwörd✓")
    add("surrogate-pair-password", "password beyond the first plane", "-legacy", password="key 🔑 öffne")
    add("two-million-iterations", "two million iterations, truly", "-iter", "2000000", error="too_expensive")


# === What it cannot ===


def made_by_hand(corpus, world):
    push, p = world.push, pkcs12
    sha1, sha256 = p.mac("sha1", 2048), p.mac("sha256", 2048)

    def pair(identity, password, certificates=p.RC2_40, keys=p.TRIPLE_DES, check=sha1, rewrite=bytes, names=NAMES):
        """Certificate and key as Keychain Access puts them: attributes unordered, the key under a person's name."""
        certificate = p.attributes(names[0], identity.key.id, ordered=False)
        key = p.attributes(names[1], identity.key.id, ordered=False)
        contents = [
            p.encrypted([p.certificate_bag(identity.certificate.der, certificate)], certificates, password, rewrite),
            p.plain([rewrite(p.key_bag(identity.key.pkcs8, keys, password, key))]),
        ]
        return p.file(contents, password, check, rewrite)

    def add(file, about, content, holds=(push,), form=GIVEN, **rest):
        corpus.add(f"p12/{file}.p12", about, content, holds, **{**form, **rest})

    add("keychain", "attribute order and one MAC iteration, written out, of Keychain Access",
        pair(push, "test", check=p.mac("sha1", 1)))  # fmt: skip
    add("keychain-null-password", "no password as Keychain Access means it: not one byte",
        pair(push, None, check=p.mac("sha1", 1)), form=NULL)  # fmt: skip
    corpus.again("p12/keychain-null-password.p12", "the same, empty password given", "")
    corpus.again("p12/keychain-null-password.p12", "the same, a password given where none is", "test", "wrong_password")
    add(
        "null-password-aes-256", "no byte of password, PBES2", pair(push, None, p.AES_256, p.AES_256, sha256), form=NULL
    )
    add("scrypt", "PBES2 with scrypt", pair(push, "test", p.AES_256_SCRYPT, p.AES_256_SCRYPT, sha256))
    # OpenSSL learnt this check with 3.4.
    add("pbmac1", "MAC of RFC 9579", pair(push, "test", p.AES_256, p.AES_256, p.pbmac1), judge=None)
    add("ber", "indefinite lengths, octet strings in pieces", pair(push, "test", rewrite=der.to_ber))
    # OpenSSL 3.0 refuses to write a name beyond the first plane, but reads it.
    add("non-ascii-names", "names beyond ASCII and the first plane",
        pair(push, "test", names=("推送证书 🔔", "Jäne Exämple 🔑")))  # fmt: skip
    add("wrong-pair", "certificate and key that do not belong together",
        pair(Identity(push.certificate, world.beta), "test"), [push.certificate, world.beta])  # fmt: skip

    def many(*identities):
        keys = [p.key_bag(each.key.pkcs8, p.TRIPLE_DES, "test", p.attributes(f"Key {at}", each.key.id))
                for at, each in enumerate(identities, 1)]  # fmt: skip
        certificates = [p.certificate_bag(each.certificate.der, p.attributes(None, each.key.id)) for each in identities]
        # Keys and certificates run in opposite directions, so that order pairs nothing.
        return p.file([p.plain(keys), p.encrypted(certificates[::-1], p.RC2_40, "test")], "test", sha1)

    four = [world.distribution, push, world.development, world.iphone_developer]
    add("four-pairs", "one push certificate among four", many(*four), four)
    add("two-push-pairs", "two push certificates to choose from", many(push, world.push_beta), [push, world.push_beta])

    bags = [p.key_bag(push.key.pkcs8, p.TRIPLE_DES, "test"), p.certificate_bag(push.certificate.der)]
    nested = p.nested_bag([p.nested_bag(bags)])
    add("nested-bags", "bags within bags", p.file([p.encrypted([nested], p.RC2_40, "test")], "test", sha1))
    with_list = p.plain([*bags, p.revocation_list_bag(world.revoked)])
    add("revocation-list", "with a revocation list besides", p.file([with_list], "test", sha1))

    lie = p.pbes2(lambda password: p.pbkdf2(password, claimed=2**31 - 1))
    add("forged-iterations", "claims two thousand million iterations", pair(push, "test", lie, lie, p.mac("sha256", 1)),
        judge=None, error="too_expensive")  # fmt: skip


# === What Java writes ===


def made_by_java(corpus, world):
    push = world.push
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        source = folder / "source.p12"
        source.write_bytes(export(push, name="push"))

        def keytool(*arguments):
            done = subprocess.run(["keytool", *arguments], capture_output=True, text=True)
            if done.returncode != 0:
                raise OSError(done.stdout + done.stderr)

        def store(kind, *options):
            target = folder / f"{kind}{len(options)}"
            keytool("-importkeystore", "-noprompt", "-srckeystore", str(source), "-srcstoretype", "PKCS12",
                    "-srcstorepass", "test", "-destkeystore", str(target), "-deststoretype", kind,
                    "-deststorepass", "changeit", *options)  # fmt: skip
            return target

        given = {**GIVEN, "password": "changeit"}
        modern = store("PKCS12")
        corpus.add("p12/java.p12", "key store of Java 17", modern.read_bytes(), [push], **given)
        legacy = store("PKCS12", "-J-Dkeystore.pkcs12.legacy")
        corpus.add("p12/java-legacy.p12", "key store of Java 8", legacy.read_bytes(), [push], **given)
        keytool("-genseckey", "-alias", "secret", "-keyalg", "AES", "-keysize", "256", "-keystore", str(modern),
                "-storetype", "PKCS12", "-storepass", "changeit")  # fmt: skip
        corpus.add("p12/java-secret-key.p12", "with a secret key besides", modern.read_bytes(), [push], **given)
        corpus.add("other/keystore.jks", "Java's own key store", store("JKS").read_bytes())
        corpus.add("other/keystore.jceks", "Java's other key store", store("JCEKS").read_bytes())


# === What went wrong on the way ===


def damaged(corpus, world):
    whole = (corpus.folder / "p12/legacy.p12").read_bytes()
    read = {"password": "test", "password_form": "given"}
    corpus.add(
        "p12/truncated.p12", "the last third is missing", whole[: len(whole) * 2 // 3], error="truncated", **read
    )
    # A flipped bit of cipher text looks like a wrong password to any reader: the check fails, and no more is known.
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0x10
    corpus.add(
        "p12/bit-flipped.p12", "a bit of the cipher text is flipped", bytes(flipped), error="wrong_password", **read
    )
    # The tag of the octet string that holds everything becomes that of NULL.
    start = whole.index(der.oid("1.2.840.113549.1.7.1")) + 11
    wrong = bytearray(whole)
    wrong[start + 4] ^= 0x01
    assert whole[start] == 0xA0 and whole[start + 4] == der.OCTET_STRING
    corpus.add(
        "p12/damaged-structure.p12", "a bit of the structure is flipped", bytes(wrong), error="malformed", **read
    )
    corpus.add("p12/trailing-bytes.p12", "a line break was appended by a careless copy", whole + b"\r\n", [world.push],
               judge="pkcs12", **read)  # fmt: skip
