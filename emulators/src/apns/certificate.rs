//! Apple's push client certificates: making them, and reading what one may do.
//!
//! Form: subject UID (bundle id), CN, OU (team), O, C; extensions under 1.2.840.113635.100.6.3: `.1` sandbox allowed,
//! `.2` production allowed (both NULL), `.6` the topics. Seen on real certificates; the key is P-256 here and RSA there.

use rcgen::{CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose};
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::der;
use crate::authority;

const UID: &[u64] = &[0, 9, 2342, 19_200_300, 100, 1, 1];
const UID_TEXT: &str = "0.9.2342.19200300.100.1.1";
/// 1.2.840.113635.100.6.3, under which the push extensions lie.
const PUSH: [u64; 7] = [1, 2, 840, 113_635, 100, 6, 3];
const SANDBOX_TEXT: &str = "1.2.840.113635.100.6.3.1";
const PRODUCTION_TEXT: &str = "1.2.840.113635.100.6.3.2";
const TOPICS_TEXT: &str = "1.2.840.113635.100.6.3.6";
/// What a universal certificate serves besides the bundle id itself.
const KINDS: &[(&str, &str)] = &[("", "app"), (".voip", "voip"), (".complication", "complication")];

/// What a client certificate may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) sandbox: bool,
    pub(super) production: bool,
    pub(super) topics: Vec<String>,
}

/// A push certificate for a bundle id, in force from now.
pub(super) fn params(cn_prefix: &str, bundle_id: &str, team_id: &str, production: bool) -> CertificateParams {
    let mut params = CertificateParams::default();
    let name = &mut params.distinguished_name;
    name.push(DnType::CustomDnType(UID.to_vec()), bundle_id);
    name.push(DnType::CommonName, format!("{cn_prefix}{bundle_id}"));
    name.push(DnType::OrganizationalUnitName, team_id);
    name.push(DnType::OrganizationName, "Example");
    name.push(DnType::CountryName, "US");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.custom_extensions.push(extension(1, der::NULL.to_vec()));
    if production {
        params.custom_extensions.push(extension(2, der::NULL.to_vec()));
    }
    params.custom_extensions.push(extension(6, topics_value(bundle_id)));
    authority::validity(&mut params);
    params
}

/// Reads a client certificate that TLS has let in.
pub(super) fn read(certificate: &CertificateDer<'_>) -> Option<Grant> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let extension = |oid: &str| parsed.extensions().iter().find(|extension| extension.oid.to_id_string() == oid);
    let topics = extension(TOPICS_TEXT).map(|extension| topics_in(extension.value)).filter(|topics| !topics.is_empty());
    let uid = parsed.subject().iter_attributes().find(|attribute| attribute.attr_type().to_id_string() == UID_TEXT);
    let uid = uid.and_then(|attribute| attribute.as_str().ok());
    let topics = topics.or_else(|| uid.map(derived_topics)).unwrap_or_default();
    Some(Grant { sandbox: extension(SANDBOX_TEXT).is_some(), production: extension(PRODUCTION_TEXT).is_some(), topics })
}

/// One flat sequence that alternates a topic and the sequence of its kinds.
fn topics_value(bundle_id: &str) -> Vec<u8> {
    let mut flat = Vec::new();
    for (suffix, kind) in KINDS {
        flat.extend(der::wrap(der::UTF8_STRING, format!("{bundle_id}{suffix}").as_bytes()));
        flat.extend(der::wrap(der::SEQUENCE, &der::wrap(der::UTF8_STRING, kind.as_bytes())));
    }
    der::wrap(der::SEQUENCE, &flat)
}

fn topics_in(value: &[u8]) -> Vec<String> {
    let mut topics = Vec::new();
    let Some((der::SEQUENCE, mut rest, _)) = der::split(value) else {
        return topics;
    };
    while let Some((tag, value, tail)) = der::split(rest) {
        rest = tail;
        if matches!(tag, der::UTF8_STRING | der::IA5_STRING | der::PRINTABLE_STRING) {
            topics.push(String::from_utf8_lossy(value).into_owned());
        }
    }
    topics
}

/// Without a topic list: the UID and its usual companions.
fn derived_topics(uid: &str) -> Vec<String> {
    KINDS.iter().map(|(suffix, _)| format!("{uid}{suffix}")).collect()
}

fn extension(tail: u64, content: Vec<u8>) -> CustomExtension {
    let mut oid = PUSH.to_vec();
    oid.push(tail);
    CustomExtension::from_oid_content(&oid, content)
}

#[cfg(test)]
mod tests {
    use rcgen::KeyPair;

    use super::*;

    fn grant(params: &CertificateParams) -> Grant {
        let key = KeyPair::generate().unwrap();
        read(params.self_signed(&key).unwrap().der()).unwrap()
    }

    #[test]
    fn a_universal_certificate_serves_both_environments_and_three_topics() {
        let grant = grant(&params("Apple Push Services: ", "com.x.app", "TEAMTEAM00", true));
        assert!(grant.sandbox && grant.production);
        assert_eq!(grant.topics, ["com.x.app", "com.x.app.voip", "com.x.app.complication"]);
    }

    #[test]
    fn without_a_topic_list_the_uid_decides() {
        let mut params = params("Apple Sandbox Push Services: ", "com.x.app", "TEAMTEAM00", false);
        params.custom_extensions.pop();
        let grant = grant(&params);
        assert!(grant.sandbox && !grant.production);
        assert_eq!(grant.topics, ["com.x.app", "com.x.app.voip", "com.x.app.complication"]);
    }
}
