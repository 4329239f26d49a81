"""One .p12 for each kind of certificate: what the issuer, the subject and Apple's extensions say. Also the identities
that the other parts of the corpus wrap in many ways."""

from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from .authority import (
    ALL_TOPICS,
    ALLOWED,
    BOTH,
    BUNDLE,
    PRODUCTION,
    SANDBOX,
    TOPICS,
    UNIVERSAL_NAME,
    VOIP_TOPICS,
    authorities,
    common_name,
    dates,
    der,
    leaf,
    new_curve,
    new_rsa,
    nothing_revoked,
    signed_with_sha1,
    topic_list,
)
from .openssl import export

CODE = {"purpose": ExtendedKeyUsageOID.CODE_SIGNING}


def make_world():
    """Few keys, for a small repository: `alpha` serves wherever one is enough."""
    world = SimpleNamespace(**authorities())
    world.alpha, world.beta, world.gamma, world.delta = (new_rsa() for _ in range(4))
    world.weak_key, world.p256, world.p384 = new_rsa(1024), new_curve(ec.SECP256R1()), new_curve(ec.SECP384R1())
    full = {**BOTH, TOPICS: ALL_TOPICS}
    world.push = leaf(world.alpha, world.g4, UNIVERSAL_NAME, marks=full)
    world.push_curve = leaf(world.p256, world.g4, UNIVERSAL_NAME, marks=full)
    world.push_beta = leaf(world.beta, world.g4, "Apple Push Services: com.example.pilot", "com.example.pilot", BOTH)
    world.distribution = leaf(
        world.beta, world.g3, "Apple Distribution: Example Shop Ltd. (ABCDE12345)", "ABCDE12345", **CODE
    )
    world.development = leaf(
        world.gamma, world.g3, "Apple Development: Jane Example (FGHIJ67890)", "FGHIJ67890", **CODE
    )
    world.iphone_developer = leaf(
        world.delta, world.g3, "iPhone Developer: Jane Example (FGHIJ67890)", "FGHIJ67890", **CODE
    )
    world.revoked = nothing_revoked(world.foreign)
    return world


def fill(corpus, world):
    full = {**BOTH, TOPICS: ALL_TOPICS}
    g4 = world.g4

    def add(file, about, identity):
        content = export(identity, "-legacy", name=common_name(identity.certificate))
        corpus.add(f"kinds/{file}.p12", about, content, [identity], password="test", password_form="given",
                   judge="pkcs12")  # fmt: skip

    def kind(file, about, common_name, uid=BUNDLE, marks=None, issuer=g4, key=world.alpha, **rest):
        add(file, about, leaf(key, issuer, common_name, uid, marks, **rest))

    add("universal", "universal push certificate: both environments, topics app, voip, complication", world.push)
    corpus.again("kinds/universal.p12", "the same, no password given", None, "password_needed")
    corpus.again("kinds/universal.p12", "the same, wrong password", "wrong", "wrong_password")
    sandbox_topics = {SANDBOX: ALLOWED, TOPICS: ALL_TOPICS}
    kind("sandbox", "current sandbox-only certificate", f"Apple Sandbox Push Services: {BUNDLE}", marks=sandbox_topics)
    kind("old-development-ios", "old sandbox certificate", f"Apple Development IOS Push Services: {BUNDLE}",
         marks={SANDBOX: ALLOWED})  # fmt: skip
    kind("old-production-ios", "old production certificate", f"Apple Production IOS Push Services: {BUNDLE}",
         marks={PRODUCTION: ALLOWED})  # fmt: skip
    kind("old-development-mac", "old sandbox certificate for macOS", f"Apple Development Mac Push Services: {BUNDLE}",
         marks={SANDBOX: ALLOWED})  # fmt: skip
    kind("old-production-mac", "old production certificate for macOS", f"Apple Production Mac Push Services: {BUNDLE}",
         marks={PRODUCTION: ALLOWED})  # fmt: skip
    voip = ",".join([BUNDLE, f"{BUNDLE}.voip", f"{BUNDLE}.complication"])
    kind("voip", "VoIP certificate, topics as one string", f"VoIP Services: {BUNDLE}",
         marks={**BOTH, VOIP_TOPICS: der.utf8(voip)})  # fmt: skip
    kind("voip-topic-sequence", "VoIP certificate, topics as a sequence", f"VoIP Services: {BUNDLE}",
         marks={**BOTH, VOIP_TOPICS: topic_list((f"{BUNDLE}.voip", "voip"))})  # fmt: skip
    watch = f"{BUNDLE}.watchkitapp"
    kind("watchkit", "complication certificate", f"WatchKit Services: {watch}", watch,
         {**BOTH, TOPICS: topic_list((f"{watch}.complication", "complication"))})  # fmt: skip
    wallet, web = "pass.com.example.ticket", "web.com.example.shop"
    kind("pass-type-id", "Wallet certificate", f"Pass Type ID: {wallet}", wallet, {PRODUCTION: ALLOWED})
    kind("website-push", "Safari certificate", f"Website Push ID: {web}", web, {PRODUCTION: ALLOWED})
    device_management = "6b7b1d3e-0000-4000-8000-1c0ffee00001"
    kind("mdm", "device management certificate, of the other issuer", f"APSP:{device_management}",
         f"com.apple.mgmt.External.{device_management}", {PRODUCTION: ALLOWED}, world.mdm)  # fmt: skip
    kind("without-topics", "universal push certificate without the topics extension", UNIVERSAL_NAME, marks=BOTH)
    kind("without-marks", "push by its name only: none of Apple's extensions", UNIVERSAL_NAME)
    add("distribution", "wrong upload: distribution certificate", world.distribution)
    add("development", "wrong upload: development certificate", world.development)
    add("iphone-developer", "wrong upload: old development certificate", world.iphone_developer)
    merchant = "merchant.com.example.shop"
    kind("merchant-id", "wrong upload: Apple Pay certificate", f"Merchant ID: {merchant}", merchant,
         issuer=world.g3)  # fmt: skip
    kind("developer-id", "wrong upload: certificate for Mac software outside the store",
         "Developer ID Application: Example Shop Ltd. (ABCDE12345)", "ABCDE12345", issuer=world.g3, **CODE)  # fmt: skip

    kind("self-signed", "signed by itself", UNIVERSAL_NAME, marks=full, issuer=None)
    kind("foreign-issuer", "signed by nobody known", UNIVERSAL_NAME, marks=full, issuer=world.foreign)
    kind("issuer-g1", "of the issuer before 2022, both expired", UNIVERSAL_NAME, marks=full, issuer=world.g1,
         validity=dates("2021-06-01", "2022-07-01"))  # fmt: skip
    kind("expired", "valid from 2024-01-01 to 2025-02-01", UNIVERSAL_NAME, marks=full,
         validity=dates("2024-01-01", "2025-02-01"))  # fmt: skip
    kind("not-yet-valid", "valid from 2040 to 2041", UNIVERSAL_NAME, marks=full,
         validity=dates("2040-01-01", "2041-01-01"))  # fmt: skip
    kind("weak-key", "RSA of 1024 bits", UNIVERSAL_NAME, marks=full, key=world.weak_key)
    add("weak-signature", "signed with SHA-1", signed_with_sha1(world.push, g4))
    add("curve-key", "a key on P-256", world.push_curve)
