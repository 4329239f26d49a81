//! Every file of `fixtures/certs/corpus.json`, made by OpenSSL, keytool and Python, reads as it says there.

use std::path::PathBuf;

use certs::{Contents, Foreign, KeyKind, PasswordUse, Unreadable, read};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn corpus() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("corpus.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/certs")
}

fn open(file: &str, password: Option<&str>) -> Result<Contents, Unreadable> {
    read(&std::fs::read(folder().join(file)).unwrap(), password)
}

#[test]
fn reads_as_the_corpus_says() {
    let mut faults = Vec::new();
    for row in corpus() {
        let file = row["file"].as_str().unwrap();
        let got = open(file, row["password"].as_str());
        let got = match &got {
            Ok(contents) => format!("{:?} {:?} {:?}", None::<&str>, hashes(contents), form(contents)),
            Err(error) => format!("{:?}", Some(error.code())),
        };
        let want = match row["error"].as_str() {
            None => format!("{:?} {:?} {:?}", None::<&str>, stated(&row), row["password_form"].as_str().unwrap()),
            error => format!("{error:?}"),
        };
        if got != want {
            faults.push(format!("{file} ({})\n  is  {got}\n  not {want}", row["about"]));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn names_what_is_no_credential() {
    let cases = [
        ("other/keystore.jks", Foreign::JavaKeystore),
        ("other/keystore.jceks", Foreign::JavaKeystore),
        ("other/id_ed25519", Foreign::OpenSshKey),
        ("other/key.asc", Foreign::Pgp),
        ("other/example.ipa", Foreign::Zip),
        ("other/binary.plist", Foreign::PropertyList),
        ("other/GoogleService-Info.plist", Foreign::PropertyList),
        ("json/google-services.json", Foreign::GoogleServicesJson),
        ("json/agconnect-services.json", Foreign::AgConnectServicesJson),
        ("json/client-secrets.json", Foreign::OAuthClientJson),
        ("pem/request.certSigningRequest", Foreign::SigningRequest),
        ("der/request.csr", Foreign::SigningRequest),
        ("pem/public.pem", Foreign::PublicKey),
        ("pem/public-pkcs1.pem", Foreign::PublicKey),
        ("der/revoked.crl", Foreign::RevocationList),
        ("pem/revoked.pem", Foreign::RevocationList),
    ];
    for (file, want) in cases {
        assert_eq!(open(file, None).unwrap().foreign, [want], "{file}");
    }
    let profile = open("other/example.mobileprovision", None).unwrap().foreign;
    assert!(
        matches!(&profile[..], [Foreign::ProvisioningProfile { name: Some(_), team_id: Some(_), .. }]),
        "{profile:?}"
    );
}

#[test]
fn tells_ciphers_and_iterations() {
    let ciphers = |file: &str| -> Vec<(String, u64, bool)> {
        let contents = open(file, Some("test")).unwrap();
        contents.protection.ciphers.into_iter().map(|cipher| (cipher.name, cipher.iterations, cipher.legacy)).collect()
    };
    let legacy = ciphers("p12/legacy.p12");
    assert_eq!(legacy[0].0, "pbeWithSHA1And40BitRC2-CBC");
    assert!(legacy[0].2);
    assert_eq!(legacy[1].0, "pbeWithSHA1And3-KeyTripleDES-CBC");
    assert!(!legacy[1].2);
    assert_eq!(ciphers("p12/aes-256.p12"), [("PBES2, PBKDF2-HMAC-SHA256, AES-256-CBC".to_owned(), 2048, false)]);
    assert_eq!(ciphers("pem/proc-type-des3.pem")[0].0, "DEK-Info, MD5, DES-EDE3-CBC");
}

#[test]
fn reads_service_accounts() {
    for (file, key) in [
        ("json/google-service-account.json", true),
        ("json/google-escaped-twice.json", true),
        ("json/google-byte-order-mark.json", true),
        ("json/google-damaged-key.json", false),
        ("json/google-without-key.json", false),
        ("json/huawei-service-account.json", true),
    ] {
        let account = open(file, None).unwrap().service_account.unwrap();
        assert!(account.project_id.is_some() && account.account.is_some() && account.key_id.is_some(), "{file}");
        assert_eq!(account.key.is_some(), key, "{file}");
    }
}

#[test]
fn cuts_anywhere_are_told_and_never_taken_for_a_wrong_password() {
    for file in ["p12/legacy.p12", "p12/aes-256.p12", "der/certificate.cer", "der/key-pkcs8.der"] {
        let whole = std::fs::read(folder().join(file)).unwrap();
        for length in (8..whole.len()).step_by(7) {
            let Err(Unreadable::Truncated { missing_bytes, .. }) = read(&whole[..length], Some("test")) else {
                panic!("{file} at {length}");
            };
            assert_eq!(missing_bytes, whole.len() - length, "{file} at {length}");
        }
    }
}

#[test]
fn no_bit_of_a_key_can_be_wrong_unnoticed() {
    for file in ["der/key-pkcs8.der", "der/key-pkcs1.der", "der/key-sec1.der"] {
        let whole = std::fs::read(folder().join(file)).unwrap();
        let key = read(&whole, None).unwrap().keys.remove(0);
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            // A flip in an identifier makes a key of no known kind, one in what is not read changes nothing.
            for other in read(&damaged, None).iter().flat_map(|contents| &contents.keys) {
                assert!(matches!(other.kind, KeyKind::Other(_)) || *other.pkcs8 == *key.pkcs8, "{file} at {at}");
            }
        }
    }
}

fn form(contents: &Contents) -> &'static str {
    match contents.protection.password {
        PasswordUse::NotNeeded => "none",
        PasswordUse::Given => "given",
        PasswordUse::Empty => "empty",
        PasswordUse::Null => "null",
    }
}

fn hashes(contents: &Contents) -> (Vec<String>, Vec<String>) {
    let mut certificates: Vec<String> =
        contents.certificates.iter().map(|certificate| hash(&certificate.der)).collect();
    let account = contents.service_account.iter().filter_map(|account| account.key.as_ref());
    let keys = contents.keys.iter().chain(account);
    let mut keys: Vec<String> = keys.map(|key| key.public_key.as_deref().map_or("none".to_owned(), hash)).collect();
    certificates.sort();
    keys.sort();
    (certificates, keys)
}

fn stated(row: &Value) -> (Vec<String>, Vec<String>) {
    let list = |name: &str| {
        let mut list: Vec<String> =
            row[name].as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().to_owned()).collect();
        list.sort();
        list.dedup();
        list
    };
    (list("certificates"), list("keys"))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
