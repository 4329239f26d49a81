//! The facts of one certificate.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use x509_parser::asn1_rs::{Oid, Tag, ToDer};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::contents::{Certificate, KeyKind};
use crate::plain::plain;
use crate::unreadable::Unreadable;

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// `UID=com.example.app, CN=Apple Push Services: com.example.app, ...`, in the certificate's order.
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// The subject's parts that Apple gives a meaning.
    pub(crate) common_name: Option<String>,
    pub(crate) uid: Option<String>,
    pub(crate) organizational_unit: Option<String>,
    pub(crate) issuer_common_name: Option<String>,
    /// Hexadecimal, upper case, without separators.
    pub(crate) serial: String,
    /// SHA-256 over the DER, hexadecimal, lower case.
    pub(crate) sha256: String,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    pub(crate) signature_algorithm: String,
    /// MD5 or SHA-1.
    pub(crate) weak_signature: bool,
    pub(crate) key: KeyKind,
    /// The bits of the `SubjectPublicKeyInfo`, as in [`PrivateKey::public_key`](crate::PrivateKey::public_key).
    pub(crate) public_key: Vec<u8>,
    /// Of an RSA key, without leading zeros.
    pub(crate) rsa_exponent: Option<Vec<u8>>,
    pub(crate) is_authority: bool,
    /// The names as they stand in the DER: what decides whether one certificate may have issued another.
    pub(crate) subject_der: Vec<u8>,
    pub(crate) issuer_der: Vec<u8>,
    /// `None` without the extension: then any use is allowed.
    pub(crate) allows_client_auth: Option<bool>,
    /// Extensions under Apple's arc 1.2.840.113635.100.6.3: the last number and the value.
    pub(crate) apple_push_extensions: Vec<(u64, Vec<u8>)>,
}

const MAX_NAME_CHARS: usize = 2000;
/// Bytes of a serial number that are shown; RFC 5280 allows 20.
const MAX_SERIAL_BYTES: usize = 64;
/// A name without parts: an empty sequence.
const NAMELESS: &[u8] = &[0x30, 0];
/// Apple's arc of push extensions.
const APPLE_PUSH_ARC: &str = "1.2.840.113635.100.6.3.";

/// The short names of a subject's parts, as OpenSSL prints them.
const SHORT_NAMES: &[(&str, &str)] = &[
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// Signature algorithms by object identifier: name, and whether their digest is broken.
const SIGNATURES: &[(&str, &str, bool)] = &[
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption", true),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", true),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", false),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", false),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", false),
    ("1.2.840.113549.1.1.10", "rsassaPss", false),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1", true),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", false),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", false),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", false),
    ("1.3.101.112", "ED25519", false),
];

// === impl Facts ===

impl Facts {
    /// Gathers them from a certificate that was [`parsed`].
    pub(crate) fn of(x509: &X509Certificate<'_>, der: &[u8]) -> Result<Self, Unreadable> {
        let signature = x509.signature_algorithm.algorithm.to_id_string();
        let (signature_algorithm, weak_signature) = SIGNATURES
            .iter()
            .find(|(oid, ..)| *oid == signature)
            .map_or((signature.clone(), false), |(_, name, weak)| ((*name).to_owned(), *weak));
        let client_auth = x509.extended_key_usage().map_err(|error| malformed(error.to_string()))?;
        let part = |name: &X509Name<'_>, short: &str| {
            let oid = SHORT_NAMES.iter().find(|(_, found)| *found == short).map_or("", |(oid, _)| oid);
            name.iter_attributes().find(|part| part.attr_type().to_id_string() == oid).map(text)
        };
        Ok(Self {
            subject: printed(x509.subject()),
            issuer: printed(x509.issuer()),
            common_name: part(x509.subject(), "CN"),
            uid: part(x509.subject(), "UID"),
            organizational_unit: part(x509.subject(), "OU"),
            issuer_common_name: part(x509.issuer(), "CN"),
            serial: serial(x509.raw_serial()),
            sha256: hex(&Sha256::digest(der)),
            not_before: x509.validity().not_before.to_datetime(),
            not_after: x509.validity().not_after.to_datetime(),
            signature_algorithm,
            weak_signature,
            key: key_kind(x509),
            public_key: x509.public_key().subject_public_key.data.to_vec(),
            rsa_exponent: rsa_exponent(x509),
            is_authority: x509.is_ca(),
            subject_der: x509.subject().as_raw().to_vec(),
            issuer_der: x509.issuer().as_raw().to_vec(),
            allows_client_auth: client_auth.map(|usage| usage.value.client_auth || usage.value.any),
            apple_push_extensions: apple_push_extensions(x509),
        })
    }

    /// Whether the other's subject is this one's issuer, by name. What has no name issues nothing.
    pub(crate) fn names_as_issuer(&self, other: &Self) -> bool {
        self.issuer_der == other.subject_der && self.issuer_der != NAMELESS
    }
}

fn malformed(detail: String) -> Unreadable {
    Unreadable::Malformed { what: "certificate", detail }
}

/// Takes a certificate apart.
pub(crate) fn parsed(certificate: &Certificate) -> Result<X509Certificate<'_>, Unreadable> {
    let parsed = X509Certificate::from_der(&certificate.der);
    parsed.map(|(_, x509)| x509).map_err(|error| malformed(error.to_string()))
}

fn serial(bytes: &[u8]) -> String {
    match bytes.get(..MAX_SERIAL_BYTES) {
        Some(start) if bytes.len() > MAX_SERIAL_BYTES => format!("{}...", hex(start).to_uppercase()),
        _ => hex(bytes).to_uppercase(),
    }
}

fn rsa_exponent(x509: &X509Certificate<'_>) -> Option<Vec<u8>> {
    match x509.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => Some(significant(key.exponent).to_vec()),
        _ => None,
    }
}

/// A big-endian number without its leading zeros.
fn significant(number: &[u8]) -> &[u8] {
    number.iter().position(|byte| *byte != 0).map_or(&[], |start| &number[start..])
}

fn key_kind(x509: &X509Certificate<'_>) -> KeyKind {
    let oid = x509.public_key().algorithm.algorithm.to_id_string();
    let curve = || x509.public_key().algorithm.parameters.as_ref()?.as_oid().ok().map(|oid| oid.to_id_string());
    match oid.as_str() {
        "1.2.840.113549.1.1.1" => match x509.public_key().parsed() {
            Ok(PublicKey::RSA(key)) => KeyKind::Rsa { bits: bits_of(key.modulus) },
            _ => KeyKind::Other(oid),
        },
        "1.2.840.10045.2.1" => match curve().as_deref() {
            Some("1.2.840.10045.3.1.7") => KeyKind::P256,
            Some("1.3.132.0.34") => KeyKind::P384,
            Some("1.3.132.0.35") => KeyKind::P521,
            other => KeyKind::Other(other.unwrap_or(&oid).to_owned()),
        },
        "1.3.101.112" => KeyKind::Ed25519,
        _ => KeyKind::Other(oid),
    }
}

/// The length of a big-endian number without its leading zeros.
fn bits_of(number: &[u8]) -> usize {
    let significant = significant(number);
    significant.first().map_or(0, |first| significant.len() * 8 - first.leading_zeros() as usize)
}

fn apple_push_extensions(x509: &X509Certificate<'_>) -> Vec<(u64, Vec<u8>)> {
    let tail = |oid: &Oid<'_>| oid.to_id_string().strip_prefix(APPLE_PUSH_ARC)?.parse().ok();
    x509.extensions().iter().filter_map(|extension| Some((tail(&extension.oid)?, extension.value.to_vec()))).collect()
}

/// A name in its own order.
fn printed(name: &X509Name<'_>) -> String {
    let part = |part: &AttributeTypeAndValue<'_>| {
        let oid = part.attr_type().to_id_string();
        let short = SHORT_NAMES.iter().find(|(found, _)| *found == oid).map_or(oid.as_str(), |(_, short)| short);
        format!("{short}={}", text(part))
    };
    let mut printed = String::new();
    for part in name.iter_attributes().map(part) {
        if !printed.is_empty() {
            printed.push_str(", ");
        }
        printed.push_str(&part);
        if printed.len() > MAX_NAME_CHARS {
            let cut: String = printed.chars().take(MAX_NAME_CHARS).collect();
            return format!("{cut}...");
        }
    }
    printed
}

/// A part's text, without what could harm a terminal.
fn text(part: &AttributeTypeAndValue<'_>) -> String {
    let value = part.attr_value();
    let text = match value.tag() {
        // UTF-16 big endian.
        Tag::BmpString => {
            let (units, _) = value.data.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            String::from_utf16_lossy(&units)
        }
        // T.61 in name, Latin 1 in practice.
        Tag::TeletexString => value.data.iter().copied().map(char::from).collect(),
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
            String::from_utf8_lossy(value.data).into_owned()
        }
        _ => format!("#{}", hex(&value.to_der_vec().unwrap_or_default())),
    };
    plain(&text)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_modulus_ignores_leading_zeros() {
        assert_eq!(bits_of(&[0, 0x80, 0]), 16);
        assert_eq!(bits_of(&[1, 0]), 9);
        assert_eq!(bits_of(&[0, 0]), 0);
    }

    #[test]
    fn a_serial_number_is_shown_within_bounds() {
        assert_eq!(serial(&[0, 0xab]), "00AB");
        assert_eq!(serial(&[1; 64]).len(), 128);
        assert_eq!(serial(&[1; 1000]).len(), 131);
    }
}
