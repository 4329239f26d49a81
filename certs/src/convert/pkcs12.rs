//! Writing PKCS#12 (RFC 7292): one safe of certificates, one of the key, and an integrity check over both.

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use des::TdesEde3;
use sha1::Digest;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::Lock;
use super::pkcs8::{self, ITERATIONS, Randomness};
use crate::contents::{Certificate, PrivateKey};
use crate::der::{
    BMP_STRING, CONTEXT_0, CONTEXT_0_PRIMITIVE, Der, NULL, OCTET_STRING, OID, SEQUENCE, SET, bmp, bmp_password,
    element, integer,
};
use crate::hash::{Hash, Purpose};
use crate::oid;

/// The iterations that old tools are known to take.
const LEGACY_ITERATIONS: u32 = 2048;

/// The last bytes of bag types.
const SHROUDED_KEY_BAG: u8 = 2;
const CERTIFICATE_BAG: u8 = 3;
/// The last byte of pbeWithSHA1And3-KeyTripleDES-CBC.
const SHA1_3DES: u8 = 3;

pub(super) fn write(leaf: &Certificate, chain: &[&Certificate], key: &PrivateKey, lock: &Lock<'_>) -> Der {
    // Ties key and certificate together for tools that go by it, as OpenSSL does: SHA-1 of the certificate.
    let local_key_id = Sha1::digest(&leaf.der);
    let mut attributes = vec![attribute(oid::LOCAL_KEY_ID, &element(OCTET_STRING, &[&local_key_id]))];
    let name = leaf.friendly_name.as_ref().map(|name| bmp(name));
    attributes.extend(name.map(|name| attribute(oid::FRIENDLY_NAME, &element(BMP_STRING, &[&name]))));

    let leaf_bag = certificate_bag(leaf, &attributes);
    let bags = chain.iter().map(|issuer| certificate_bag(issuer, &[]));
    let bags: Vec<Der> = std::iter::once(leaf_bag).chain(bags).collect();
    let certificates = element(SEQUENCE, &slices(&bags));

    let (algorithm, data) = encrypt(&key.pkcs8, lock, 1);
    let shrouded = element(SEQUENCE, &[&algorithm, &element(OCTET_STRING, &[&data])]);
    let keys = element(SEQUENCE, &[&bag(SHROUDED_KEY_BAG, &shrouded, &attributes)]);

    let safes = element(SEQUENCE, &[&encrypted_safe(&certificates, lock), &plain_safe(&keys)]);
    let version = integer(3);
    element(SEQUENCE, &[&version, &plain_safe(&safes), &mac(&safes, lock)])
}

/// `ContentInfo` of type data.
fn plain_safe(content: &[u8]) -> Der {
    let content = element(CONTEXT_0, &[&element(OCTET_STRING, &[content])]);
    element(SEQUENCE, &[&element(OID, &[oid::DATA]), &content])
}

/// `ContentInfo` of type encryptedData.
fn encrypted_safe(content: &[u8], lock: &Lock<'_>) -> Der {
    let (algorithm, data) = encrypt(content, lock, 0);
    let content =
        element(SEQUENCE, &[&element(OID, &[oid::DATA]), &algorithm, &element(CONTEXT_0_PRIMITIVE, &[&data])]);
    let encrypted = element(SEQUENCE, &[&integer(0), &content]);
    element(SEQUENCE, &[&element(OID, &[oid::ENCRYPTED_DATA]), &element(CONTEXT_0, &[&encrypted])])
}

fn certificate_bag(certificate: &Certificate, attributes: &[Der]) -> Der {
    let der = element(CONTEXT_0, &[&element(OCTET_STRING, &[&certificate.der])]);
    bag(CERTIFICATE_BAG, &element(SEQUENCE, &[&element(OID, &[oid::X509_CERTIFICATE]), &der]), attributes)
}

fn bag(kind: u8, value: &[u8], attributes: &[Der]) -> Der {
    let (kind, value) = (element(OID, &[oid::BAG_TYPES, &[kind]]), element(CONTEXT_0, &[value]));
    if attributes.is_empty() {
        return element(SEQUENCE, &[&kind, &value]);
    }
    // DER wants the members of a SET sorted.
    let mut attributes = slices(attributes);
    attributes.sort_unstable();
    element(SEQUENCE, &[&kind, &value, &element(SET, &attributes)])
}

fn attribute(kind: &[u8], value: &[u8]) -> Der {
    element(SEQUENCE, &[&element(OID, &[kind]), &element(SET, &[value])])
}

fn encrypt(plain: &[u8], lock: &Lock<'_>, piece: usize) -> (Der, Vec<u8>) {
    match lock.legacy {
        false => pkcs8::encrypt(plain, lock.password, &lock.randomness(piece)),
        true => encrypt_3des(plain, lock.password, &lock.randomness(piece)),
    }
}

fn encrypt_3des(plain: &[u8], password: &str, randomness: &Randomness) -> (Der, Vec<u8>) {
    let (salt, password) = (&randomness[..8], bmp_password(password));
    let iterations = u64::from(LEGACY_ITERATIONS);
    let derive = |purpose, bytes: &mut [u8]| Hash::Sha1.pkcs12(purpose, &password, salt, iterations, bytes);
    let (mut key, mut iv) = (Zeroizing::new([0; 24]), [0; 8]);
    derive(Purpose::Key, &mut *key);
    derive(Purpose::Iv, &mut iv);
    let cipher = cbc::Encryptor::<TdesEde3>::new_from_slices(&*key, &iv).expect("the lengths are 3DES's");
    let data = cipher.encrypt_padded_vec::<Pkcs7>(plain);
    let parameters = element(SEQUENCE, &[&element(OCTET_STRING, &[salt]), &integer(LEGACY_ITERATIONS)]);
    (element(SEQUENCE, &[&element(OID, &[oid::PKCS12_PBE, &[SHA1_3DES]]), &parameters]), data)
}

/// `MacData` over the content octets of the safes.
fn mac(safes: &[u8], lock: &Lock<'_>) -> Der {
    let (salt, password) = (lock.mac_salt(), bmp_password(lock.password));
    let (hash, digest, iterations) = match lock.legacy {
        false => (Hash::Sha256, oid::SHA256, ITERATIONS),
        true => (Hash::Sha1, oid::SHA1, LEGACY_ITERATIONS),
    };
    let mut key = Zeroizing::new(vec![0; hash.size()]);
    hash.pkcs12(Purpose::Mac, &password, salt, u64::from(iterations), &mut key);
    let tag = hash.hmac(&key, safes);
    let algorithm = element(SEQUENCE, &[&element(OID, &[digest]), NULL]);
    let info = element(SEQUENCE, &[&algorithm, &element(OCTET_STRING, &[&tag])]);
    element(SEQUENCE, &[&info, &element(OCTET_STRING, &[salt]), &integer(iterations)])
}

fn slices(elements: &[Der]) -> Vec<&[u8]> {
    elements.iter().map(|element| element.as_slice()).collect()
}
