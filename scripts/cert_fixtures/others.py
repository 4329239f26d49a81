"""Service accounts, and what else people take for a credential."""

import io
import json
import os
import plistlib
import zipfile

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .authority import BUNDLE, TEAM
from .openssl import openssl
from .texts import armour


def fill(corpus, world):
    service_accounts(corpus, world.alpha)
    client_files(corpus)
    apple_files(corpus, world)
    strangers(corpus)


def text(value):
    return (json.dumps(value, indent=2) + "\n").encode()


def service_accounts(corpus, key):
    pem = key.pem.decode()
    account = "push-sender@example-shop.iam.gserviceaccount.example.com"
    google = {
        "type": "service_account",
        "project_id": "example-shop",
        "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": pem,
        "client_email": account,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.example.com/o/oauth2/auth",
        "token_uri": "https://oauth2.example.com/token",
        "auth_provider_x509_cert_url": "https://www.example.com/oauth2/v1/certs",
        "client_x509_cert_url": "https://www.example.com/robot/v1/metadata/x509/push-sender",
        "universe_domain": "example.com",
    }
    huawei = {
        "project_id": "388421841221000001",
        "key_id": "0123456789abcdef0123456789abcdef",
        "private_key": pem,
        "sub_account": "100000001",
        "auth_uri": "https://oauth-login.example.com/oauth2/v3/authorize",
        "token_uri": "https://oauth-login.example.com/oauth2/v3/token",
        "auth_provider_cert_uri": "https://oauth-login.example.com/oauth2/v3/certs",
        "client_cert_uri": "https://oauth-login.example.com/oauth2/v3/x509?client_id=100000001",
    }
    corpus.add("json/google-service-account.json", "Google's service account", text(google), [key])
    corpus.add("json/huawei-service-account.json", "Huawei's service account", text(huawei), [key])
    escaped = {**google, "private_key": pem.replace("\n", "\\n")}
    corpus.add("json/google-escaped-twice.json", "line ends of the key escaped twice, as environments do",
               text(escaped), [key])  # fmt: skip
    corpus.add(
        "json/google-byte-order-mark.json", "with a byte order mark in front", b"\xef\xbb\xbf" + text(google), [key]
    )
    holed = {**google, "private_key": pem[:400] + "****" + pem[404:]}
    corpus.add("json/google-damaged-key.json", "the key is damaged: an account without a key", text(holed))
    keyless = {name: value for name, value in google.items() if name != "private_key"}
    corpus.add("json/google-without-key.json", "the key was removed", text(keyless))
    whole = text(google)
    corpus.add("json/google-truncated.json", "cut within the key", whole[: len(whole) // 2], error="truncated")


def client_files(corpus):
    services = {
        "project_info": {"project_number": "123456789012", "project_id": "example-shop",
                         "storage_bucket": "example-shop.example.com"},
        "client": [{
            "client_info": {"mobilesdk_app_id": "1:123456789012:android:0123456789abcdef",
                            "android_client_info": {"package_name": BUNDLE}},
            "oauth_client": [],
            "api_key": [{"current_key": "made-up-key-for-tests"}],
            "services": {"appinvite_service": {"other_platform_oauth_client": []}},
        }],
        "configuration_version": "1",
    }  # fmt: skip
    agconnect = {
        "agcgw": {"url": "connect.example.com", "backurl": "connect-back.example.com"},
        "client": {"app_id": "100000001", "client_id": "200000001", "client_secret": "made-up", "api_key": "made-up",
                   "package_name": BUNDLE, "project_id": "388421841221000001", "product_id": "388421841221000001",
                   "cp_id": "300000001"},
        "app_info": {"app_id": "100000001", "package_name": BUNDLE},
        "oauth_client": {"client_id": "100000001", "client_type": 1},
        "configuration_version": "3.0",
    }  # fmt: skip
    secrets = {"installed": {
        "client_id": "123456789012-example.apps.example.com", "project_id": "example-shop",
        "auth_uri": "https://accounts.example.com/o/oauth2/auth", "token_uri": "https://oauth2.example.com/token",
        "client_secret": "made-up", "redirect_uris": ["http://localhost"],
    }}  # fmt: skip
    corpus.add("json/google-services.json", "Google's file for Android apps", text(services))
    corpus.add("json/agconnect-services.json", "Huawei's file for Android apps", text(agconnect))
    corpus.add("json/client-secrets.json", "Google's OAuth client secrets", text(secrets))
    corpus.add(
        "json/unrelated.json", "some other JSON", text({"name": "example", "version": 1}), error="unknown_format"
    )


def apple_files(corpus, world):
    profile = {
        "AppIDName": "Example Shop", "ApplicationIdentifierPrefix": [TEAM], "Name": "Example Shop Development",
        "TeamIdentifier": [TEAM], "TeamName": "Example Shop Ltd.", "TimeToLive": 7304, "Version": 1,
        "UUID": "6b7b1d3e-0000-4000-8000-1c0ffee00002",
        "DeveloperCertificates": [world.development.certificate.der],
        "Entitlements": {"application-identifier": f"{TEAM}.{BUNDLE}", "aps-environment": "development",
                         "com.apple.developer.team-identifier": TEAM, "get-task-allow": True},
    }  # fmt: skip
    signed = openssl("cms", "-sign", "-nodetach", "-binary", "-noattr", "-outform", "DER", "-signer", "@signer",
                     "-inkey",
                     "@key", stdin=plistlib.dumps(profile), signer=world.iphone_developer.certificate.pem,
                     key=world.iphone_developer.key.pem)  # fmt: skip
    corpus.add("other/example.mobileprovision", "provisioning profile", signed)
    info = {"API_KEY": "made-up-key-for-tests", "BUNDLE_ID": BUNDLE, "GCM_SENDER_ID": "123456789012",
            "PROJECT_ID": "example-shop", "GOOGLE_APP_ID": "1:123456789012:ios:0123456789abcdef"}  # fmt: skip
    corpus.add("other/GoogleService-Info.plist", "Google's file for iOS apps", plistlib.dumps(info))
    corpus.add(
        "other/binary.plist", "the same as a binary property list", plistlib.dumps(info, fmt=plistlib.FMT_BINARY)
    )


def strangers(corpus):
    key = ed25519.Ed25519PrivateKey.generate()
    ssh = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    corpus.add("other/id_ed25519", "OpenSSH key", ssh)
    pgp = armour(b"PGP PUBLIC KEY BLOCK", os.urandom(200)).replace(b"-----\n", b"-----\n\n", 1)
    corpus.add("other/key.asc", "PGP block in form only", pgp)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("Payload/Example.app/PkgInfo", (2026, 1, 1, 0, 0, 0)), "APPL????")
    corpus.add("other/example.ipa", "ZIP archive", archive.getvalue())
    page = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Your session has expired.</body></html>\n"
    corpus.add("other/login-page.p12", "page saved instead of the download", page, error="unknown_format")
    corpus.add("other/random.bin", "random bytes", b"\xd3" + os.urandom(511), error="unknown_format")
    corpus.add("other/empty.p12", "no bytes", b"", error="empty_file")
