//! Another reader and writer of PKCS#12, p12-keystore, as a second judge.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certs::convert::{ENTROPY_BYTES, Lock, Parts};
use certs::{PasswordUse, Unreadable, read};
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, Pkcs12Archive, PrivateKey, PrivateKeyChain,
};
use rcgen::{CertificateParams, KeyPair};
use time::OffsetDateTime;

/// A store with one pair, its certificate and its key.
fn store() -> (KeyStore, Vec<u8>, Vec<u8>) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().der().to_vec();
    let chain = PrivateKeyChain::new(
        vec![1, 2, 3],
        PrivateKey::from_der(&key.serialize_der()).unwrap(),
        [Certificate::from_der(&certificate).unwrap()],
    );
    let mut store = KeyStore::new();
    store.add_entry("push", KeyStoreEntry::PrivateKeyChain(chain));
    (store, certificate, key.serialize_der())
}

#[test]
fn reads_all_that_the_other_writes() {
    let (store, certificate, key) = store();
    let key = read(&key, None).unwrap().keys.remove(0);
    for encryption in [
        EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
        EncryptionAlgorithm::PbeWithShaAnd40BitRc4Cbc,
        EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
    ] {
        for mac in [
            MacAlgorithm::HmacSha1,
            MacAlgorithm::HmacSha224,
            MacAlgorithm::HmacSha256,
            MacAlgorithm::HmacSha384,
            MacAlgorithm::HmacSha512,
            MacAlgorithm::HmacSha512_224,
            MacAlgorithm::HmacSha512_256,
        ] {
            for password in ["test", "", "pässwörd"] {
                let writer = store.writer(password).encryption_algorithm(encryption).mac_algorithm(mac);
                let file = writer.encryption_iterations(20).mac_iterations(1).write().unwrap();
                let contents = read(&file, Some(password)).unwrap();
                assert_eq!(contents.certificates[0].der, certificate);
                assert_eq!(*contents.keys[0].pkcs8, *key.pkcs8);
                assert!(contents.keys[0].was_encrypted);
                let used = if password.is_empty() { PasswordUse::Empty } else { PasswordUse::Given };
                assert_eq!(contents.protection.password, used);
                assert_eq!(read(&file, Some("other")).unwrap_err().code(), "wrong_password");
            }
        }
    }
}

#[test]
fn finds_what_the_other_finds_in_the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/certs");
    let rows: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}/corpus.json")).unwrap()).unwrap();
    let mut judged = 0;
    for row in rows {
        let file = row["file"].as_str().unwrap();
        let password = row["password"].as_str();
        let bytes = std::fs::read(format!("{folder}/{file}")).unwrap();
        // It would do any work that a file asks for.
        if !file.ends_with(".p12") || row["error"] == "too_expensive" {
            continue;
        }
        let Ok(archive) = Pkcs12Archive::from_pkcs12(&bytes, password.unwrap_or_default()) else { continue };
        if archive.keys.is_empty() && archive.certs.is_empty() {
            // It passes over bags within bags.
            continue;
        }
        let contents = read(&bytes, password).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(contents.keys.len(), archive.keys.len(), "{file}");
        for (ours, theirs) in contents.keys.iter().zip(&archive.keys) {
            let theirs_normalised = read(theirs.key.as_der(), None).unwrap().keys.remove(0);
            assert_eq!(*ours.pkcs8, *theirs_normalised.pkcs8, "{file}");
            // It knows no names beyond the first plane.
            assert!(theirs.friendly_name.is_none() || ours.friendly_name == theirs.friendly_name, "{file}");
        }
        for theirs in &archive.certs {
            assert!(contents.certificates.iter().any(|ours| ours.der == theirs.cert.as_der()), "{file}");
        }
        judged += 1;
    }
    assert!(judged > 30, "only {judged} files were judged");
}

/// What we write, the other reads: the same certificate, the same key, under the same password only.
#[test]
fn the_other_reads_all_that_we_write() {
    let (_, certificate, key) = store();
    let pem = [("CERTIFICATE", &certificate), ("PRIVATE KEY", &key)]
        .map(|(label, der)| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der)));
    let contents = read(pem.concat().as_bytes(), None).unwrap();
    let parts = Parts::of(&contents, None, OffsetDateTime::UNIX_EPOCH).unwrap();
    for legacy in [false, true] {
        for password in ["secret", "pässwörd✓", "with blank"] {
            let lock = Lock { password, entropy: [7; ENTROPY_BYTES], legacy };
            let written = parts.pkcs12(&lock).unwrap();
            let archive = Pkcs12Archive::from_pkcs12(&written, password).unwrap();
            assert_eq!(archive.certs[0].cert.as_der(), certificate);
            assert_eq!(archive.keys[0].key.as_der(), &*contents.keys[0].pkcs8);
            assert!(Pkcs12Archive::from_pkcs12(&written, "wrong").is_err());
            let again = read(&written, Some(password)).unwrap();
            assert_eq!(*again.keys[0].pkcs8, *contents.keys[0].pkcs8);
            assert_eq!(again.protection.ciphers.iter().any(|cipher| cipher.name.contains("DES")), legacy);
        }
    }
}

#[test]
fn a_locked_pem_key_opens_with_its_password_only() {
    let (_, _, key) = store();
    let contents = read(&key, None).unwrap();
    let parts = Parts::of(&contents, None, OffsetDateTime::UNIX_EPOCH).unwrap();
    let lock = Lock { password: "secret", entropy: [9; ENTROPY_BYTES], legacy: false };
    let pem = parts.pem(Some(&lock));
    assert!(pem.key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert_eq!(*read(pem.key.as_bytes(), Some("secret")).unwrap().keys[0].pkcs8, *contents.keys[0].pkcs8);
    assert_eq!(read(pem.key.as_bytes(), Some("wrong")).unwrap_err(), Unreadable::WrongPassword);
}
