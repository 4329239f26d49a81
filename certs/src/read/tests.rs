//! Files put together by hand: what common tools do not write, and what no tool should.

use std::time::{Duration, Instant};

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use rcgen::{CertificateParams, KeyPair};
use sha1::Sha1;

use super::{read, read_all};
use crate::der;
use crate::der::{BMP_STRING, NULL, OCTET_STRING, OID, SEQUENCE, SET};
use crate::hash::{Hash, Purpose};
use crate::oid;
use crate::{Contents, Foreign, KeyKind, PasswordUse, Unreadable};

fn seq(parts: &[&[u8]]) -> Vec<u8> {
    der::element(SEQUENCE, parts).to_vec()
}

fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    der::element(tag, parts).to_vec()
}

fn id(oid: &[u8]) -> Vec<u8> {
    tagged(OID, &[oid])
}

fn number(value: u32) -> Vec<u8> {
    let digits = value.to_be_bytes();
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    der::number(&digits[zeros..]).to_vec()
}

fn content(kind: &[u8], value: &[u8]) -> Vec<u8> {
    seq(&[&id(kind), &tagged(0xa0, &[value])])
}

fn data(bytes: &[u8]) -> Vec<u8> {
    content(oid::DATA, &tagged(OCTET_STRING, &[bytes]))
}

/// A file of such bags, nothing encrypted or checked.
fn p12(bags: &[&[u8]]) -> Vec<u8> {
    pfx(&data(&seq(&[&data(&seq(bags))])), &[])
}

fn pfx(safe: &[u8], mac: &[u8]) -> Vec<u8> {
    seq(&[&number(3), safe, mac])
}

fn bag(kind: u8, value: &[u8], name: Option<&str>) -> Vec<u8> {
    let mut attributes = Vec::new();
    if let Some(name) = name {
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let friendly = seq(&[&id(oid::FRIENDLY_NAME), &tagged(SET, &[&tagged(BMP_STRING, &[&units])])]);
        // A name stands among others, in no order.
        let local = seq(&[&id(&[0x2a, 3]), &tagged(SET, &[&tagged(OCTET_STRING, &[&[1]])])]);
        attributes = tagged(SET, &[&local, &friendly, &local]);
    }
    seq(&[&id(&[oid::BAG_TYPES, &[kind]].concat()), &tagged(0xa0, &[value]), &attributes])
}

fn certificate_bag(kind: &[u8], certificate: &[u8]) -> Vec<u8> {
    let value = seq(&[&id(kind), &tagged(0xa0, &[&tagged(OCTET_STRING, &[certificate])])]);
    bag(3, &value, Some("Push 推送 😀"))
}

fn pair() -> (Vec<u8>, Vec<u8>) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    (certificate.der().to_vec(), key.serialize_der())
}

fn fails(bytes: &[u8]) -> Unreadable {
    read(bytes, Some("test")).unwrap_err()
}

fn opens(bytes: &[u8]) -> Contents {
    read(bytes, None).unwrap()
}

#[test]
fn reads_open_bags_with_their_names_and_keeps_duplicates_out() {
    let (certificate, key) = pair();
    let bags = certificate_bag(oid::X509_CERTIFICATE, &certificate);
    let contents = opens(&p12(&[&bag(1, &key, Some("key")), &bags, &bags]));
    assert_eq!(contents.certificates.len(), 1);
    assert_eq!(contents.certificates[0].friendly_name.as_deref(), Some("Push 推送 😀"));
    assert_eq!(contents.keys[0].friendly_name.as_deref(), Some("key"));
    assert_eq!(contents.keys[0].kind, KeyKind::P256);
    assert!(!contents.keys[0].was_encrypted);
    assert_eq!(contents.protection.password, PasswordUse::NotNeeded);
    let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).unwrap();
    assert_eq!(contents.keys[0].public_key.as_deref(), Some(&*parsed.public_key().subject_public_key.data));
}

#[test]
fn names_bags_that_are_no_credentials() {
    let sdsi = certificate_bag(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x02], b"x");
    let foreign = opens(&p12(&[&bag(4, &seq(&[]), None), &bag(5, &seq(&[]), None), &sdsi])).foreign;
    let want = [
        Foreign::RevocationList,
        Foreign::Bag("1.2.840.113549.1.12.10.1.5".to_owned()),
        Foreign::Bag("1.2.840.113549.1.9.22.2".to_owned()),
    ];
    assert_eq!(foreign, want);
}

#[test]
fn reads_nested_bags_to_a_bound() {
    let (certificate, _) = pair();
    let mut bags = certificate_bag(oid::X509_CERTIFICATE, &certificate);
    for level in 0..12 {
        match read(&p12(&[&bags]), None) {
            Ok(contents) => assert_eq!(contents.certificates.len(), 1),
            Err(error) => assert!(level > 4 && error.code() == "malformed", "{level}: {error}"),
        }
        bags = bag(6, &seq(&[&bags]), None);
    }
    assert!(read(&p12(&[&bags]), None).is_err());
}

#[test]
fn refuses_public_key_modes_by_name() {
    let enveloped = pfx(&data(&seq(&[&content(oid::ENVELOPED_DATA, &seq(&[]))])), &[]);
    let signed = pfx(&content(oid::SIGNED_DATA, &seq(&[])), &[]);
    for (file, name) in [(enveloped, "EnvelopedData"), (signed, "SignedData")] {
        let Unreadable::Unsupported { algorithm, .. } = fails(&file) else { panic!("{name} was taken") };
        assert!(algorithm.contains(name), "{algorithm}");
    }
}

#[test]
fn refuses_more_bags_than_any_file_has() {
    let secret = bag(5, &seq(&[]), None);
    let bags: Vec<&[u8]> = vec![&secret; 1000];
    assert_eq!(fails(&p12(&bags)).code(), "malformed");
}

#[test]
fn refuses_costly_work_at_once() {
    let start = Instant::now();
    let digest = seq(&[&seq(&[&id(oid::SHA1), NULL]), &tagged(OCTET_STRING, &[&[0; 20]])]);
    for iterations in [1_000_001, 2_000_000, u32::MAX] {
        let mac = seq(&[&digest, &tagged(OCTET_STRING, &[&[1; 8]]), &number(iterations)]);
        let error = fails(&pfx(&data(&seq(&[])), &mac));
        assert_eq!(
            error,
            Unreadable::TooExpensive { asked: u64::from(iterations), limit: 1_000_000, unit: "iterations" }
        );
    }
    let costs = [number(1 << 30), number(8), number(1)].concat();
    let scrypt = seq(&[&id(oid::SCRYPT), &seq(&[&tagged(OCTET_STRING, &[&[1; 8]]), &costs])]);
    let cipher = seq(&[&id(oid::AES_256_CBC), &tagged(OCTET_STRING, &[&[1; 16]])]);
    let scheme = seq(&[&id(oid::PBES2), &seq(&[&scrypt, &cipher])]);
    let error = fails(&seq(&[&scheme, &tagged(OCTET_STRING, &[&[0; 64]])]));
    assert_eq!(error.code(), "too_expensive");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn bounds_the_work_of_all_parts_together() {
    // The check opens with the second empty form, which is twice 900,000; the part takes two blocks for its key of 24
    // bytes and one for its vector. PBKDF2 hashes twice an iteration, so all is told by half.
    let parameters = seq(&[&tagged(OCTET_STRING, &[&[1; 8]]), &number(900_000)]);
    let scheme = seq(&[&id(&[oid::PKCS12_PBE, &[3]].concat()), &parameters]);
    let info = seq(&[&id(oid::DATA), &scheme, &tagged(0x80, &[&[0; 64]])]);
    let safe = seq(&[&content(oid::ENCRYPTED_DATA, &seq(&[&number(0), &info]))]);
    let mut key = [0; 20];
    Hash::Sha1.pkcs12(Purpose::Mac, &[], &[1; 8], 900_000, &mut key);
    let tag = <Hmac<Sha1> as KeyInit>::new_from_slice(&key).unwrap().chain_update(&safe).finalize().into_bytes();
    let digest = seq(&[&seq(&[&id(oid::SHA1), NULL]), &tagged(OCTET_STRING, &[&tag])]);
    let mac = seq(&[&digest, &tagged(OCTET_STRING, &[&[1; 8]]), &number(900_000)]);
    let error = read(&pfx(&data(&safe), &mac), None).unwrap_err();
    assert_eq!(
        error,
        Unreadable::TooExpensive {
            asked: 2_250_000,
            limit: 2_000_000,
            unit: "iterations in all, counted as PBKDF2 with SHA-256"
        }
    );
}

#[test]
fn refuses_huge_keys_before_any_arithmetic() {
    let mut huge = vec![0x7f; 2049];
    let start = Instant::now();
    let numbers: Vec<Vec<u8>> = (0..8).map(|_| der::number(&huge).to_vec()).collect();
    let key = seq(&[&number(0), &numbers.concat()]);
    assert_eq!(fails(&key).code(), "malformed");
    huge.truncate(2048);
    let numbers: Vec<Vec<u8>> = (0..8).map(|_| der::number(&huge).to_vec()).collect();
    assert_eq!(fails(&seq(&[&number(0), &numbers.concat()])).code(), "malformed");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn derives_public_keys_and_refuses_false_ones() {
    let (_, key) = pair();
    let found = opens(&key).keys.remove(0);
    let public = found.public_key.clone().unwrap();
    assert_eq!((public.len(), public[0]), (65, 4));
    // The last bytes are the stated point; the normalised form ends with it too.
    let mut false_one = key;
    *false_one.last_mut().unwrap() ^= 1;
    assert_eq!(fails(&false_one).code(), "malformed");
    assert_eq!(*opens(&found.pkcs8).keys[0].pkcs8, *found.pkcs8);
}

#[test]
fn reads_curve_keys_that_state_no_point_or_drop_zeros() {
    let short = seq(&[&number(1), &tagged(OCTET_STRING, &[&[7; 31]]), &tagged(0xa0, &[&id(oid::P256)])]);
    let mut padded = [7; 32];
    padded[0] = 0;
    let full = seq(&[&number(1), &tagged(OCTET_STRING, &[&padded]), &tagged(0xa0, &[&id(oid::P256)])]);
    assert_eq!(*opens(&short).keys[0].pkcs8, *opens(&full).keys[0].pkcs8);
    for (curve, kind, size) in [(oid::P384, KeyKind::P384, 97), (oid::P521, KeyKind::P521, 133)] {
        let key = seq(&[&number(1), &tagged(OCTET_STRING, &[&[7; 31]]), &tagged(0xa0, &[&id(curve)])]);
        let key = opens(&key).keys.remove(0);
        assert_eq!((key.kind, key.public_key.map(|public| public.len())), (kind, Some(size)));
    }
    let nameless = seq(&[&number(1), &tagged(OCTET_STRING, &[&[7; 32]])]);
    assert_eq!(fails(&nameless).code(), "malformed");
    let koblitz = [0x2b, 0x81, 0x04, 0x00, 0x0a];
    let other = seq(&[&number(1), &tagged(OCTET_STRING, &[&[7; 32]]), &tagged(0xa0, &[&id(&koblitz)])]);
    let key = opens(&other).keys.remove(0);
    assert_eq!((key.kind, key.public_key), (KeyKind::Other("1.3.132.0.10".to_owned()), None));
}

#[test]
fn derives_the_key_of_rfc_8410() {
    let seed = "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
    let seed: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&seed[2 * at..2 * at + 2], 16).unwrap()).collect();
    let key = seq(&[&number(0), &seq(&[&id(oid::ED25519)]), &tagged(OCTET_STRING, &[&tagged(OCTET_STRING, &[&seed])])]);
    let key = opens(&key).keys.remove(0);
    assert_eq!(key.kind, KeyKind::Ed25519);
    assert_eq!(key.public_key.unwrap()[..4], [0x19, 0xbf, 0x44, 0x09]);
}

#[test]
fn says_what_it_does_not_know() {
    assert_eq!(fails(b""), Unreadable::Empty);
    assert_eq!(fails(b" \r\n\0"), Unreadable::Empty);
    assert_eq!(fails(&vec![b'x'; (1 << 20) + 1]).code(), "file_too_large");
    for text in ["hello", "0 apples", "{\"a\":1}", "[]", "<html></html>"] {
        assert_eq!(fails(text.as_bytes()), Unreadable::UnknownFormat, "{text}");
    }
    assert_eq!(fails(b"{\"type\": \"service_acc").code(), "truncated");
    assert_eq!(fails(b"{\"type\": nonsense}").code(), "malformed");
}

#[test]
fn prints_no_secret() {
    let (_, key) = pair();
    let contents = opens(&key);
    let printed = format!("{contents:?}");
    assert!(
        !printed.contains(&format!("{:?}", &contents.keys[0].pkcs8[..8]).trim_matches(['[', ']'])[..12]),
        "{printed}"
    );
}

#[test]
fn files_read_together_are_as_one_and_duplicates_count_once() {
    let (certificate, key) = pair();
    let p12 = p12(&[&bag(1, &key, Some("key")), &certificate_bag(oid::X509_CERTIFICATE, &certificate)]);
    let contents = read_all(&[&certificate, &key, &p12, &key], None).unwrap();
    assert_eq!((contents.certificates.len(), contents.keys.len()), (1, 1));
    assert_eq!(contents.keys[0].friendly_name.as_deref(), Some("key"));
    assert_eq!(contents.format, crate::Format::Der);
    assert_eq!(read_all(&[&key[..]; 11], None).unwrap_err().code(), "malformed");
    assert_eq!(read_all(&[], None).unwrap_err(), Unreadable::Empty);
    assert_eq!(read_all(&[&key, b""], None).unwrap_err(), Unreadable::Empty);
}

#[test]
fn two_service_accounts_do_not_go_together() {
    let account = |name: &str| format!("{{\"type\": \"service_account\", \"client_email\": \"{name}\"}}").into_bytes();
    let (one, other) = (account("a@b"), account("c@d"));
    assert!(read_all(&[&one, &one], None).unwrap().service_account.is_some());
    let refused = read_all(&[&one, &other], None).unwrap_err();
    assert!(refused.to_string().ends_with("give one at a time"), "{refused}");
}

#[test]
fn files_read_together_share_one_budget() {
    let parameters = seq(&[&tagged(OCTET_STRING, &[&[1; 8]]), &number(400_000)]);
    let scheme = seq(&[&id(&[oid::PKCS12_PBE, &[3]].concat()), &parameters]);
    let (_, key) = pair();
    let (mut secret, mut iv) = ([0; 24], [0; 8]);
    let password = der::bmp_password("test");
    Hash::Sha1.pkcs12(Purpose::Key, &password, &[1; 8], 400_000, &mut secret);
    Hash::Sha1.pkcs12(Purpose::Iv, &password, &[1; 8], 400_000, &mut iv);
    let cipher = <cbc::Encryptor<des::TdesEde3> as KeyIvInit>::new_from_slices(&secret, &iv).unwrap();
    let data = cipher.encrypt_padded_vec::<Pkcs7>(&key);
    let file = seq(&[&scheme, &tagged(OCTET_STRING, &[&data])]);
    assert_eq!(read_all(&[&file[..]; 3], Some("test")).unwrap().keys.len(), 1);
    assert_eq!(read_all(&[&file[..]; 4], Some("test")).unwrap_err().code(), "too_expensive");
}
