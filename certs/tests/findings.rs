//! What is told of certificates that were made for the purpose.

use std::time::{Duration, Instant};

use certs::convert::{ConvertFault, Parts};
use certs::report::Severity;
use certs::{Contents, Expectation, Report, read, read_all};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P384_SHA384, SignatureAlgorithm,
};
use time::{Duration as Days, OffsetDateTime};

const UID: &[u64] = &[0, 9, 2342, 19_200_300, 100, 1, 1];
const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Days::days(20_779));

/// A certificate as Apple names them, valid for so many days from `NOW`.
fn push(app: Option<&str>, days: i64) -> CertificateParams {
    let mut name = DistinguishedName::new();
    if let Some(app) = app {
        name.push(DnType::CustomDnType(UID.to_vec()), app);
    }
    name.push(DnType::CommonName, format!("Apple Push Services: {}", app.unwrap_or("nobody")));
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = name;
    (params.not_before, params.not_after) = (NOW - Days::days(10), NOW + Days::days(days));
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = push(None, 1000);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn new_key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).unwrap()
}

fn p256() -> KeyPair {
    new_key(&rcgen::PKCS_ECDSA_P256_SHA256)
}

fn self_signed(params: &CertificateParams, key: &KeyPair) -> Vec<u8> {
    params.self_signed(key).unwrap().der().to_vec()
}

fn report(contents: &Contents) -> Report {
    Report::of(contents, &Expectation::default(), NOW).unwrap()
}

fn codes(files: &[&[u8]]) -> Vec<&'static str> {
    report(&read_all(files, None).unwrap()).findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn old_and_renewed_are_no_rivals_and_the_later_one_is_chosen() {
    let key = p256();
    let old = self_signed(&push(Some("com.x"), 40), &key);
    let new = self_signed(&push(Some("com.x"), 390), &key);
    let other = self_signed(&push(Some("com.y"), 390), &key);
    for files in [[&old[..], &new, &key.serialize_der()], [&new[..], &old, &key.serialize_der()]] {
        let report = report(&read_all(&files, None).unwrap());
        assert!(report.usable, "{report}");
        assert_eq!(report.certificate.unwrap().days_left, 390);
        let extra = report.findings.iter().find(|finding| finding.code == "extra_entries").unwrap();
        assert!(extra.detail.ends_with("the one that ends last was chosen"), "{}", extra.detail);
    }
    assert!(codes(&[&new, &other, &key.serialize_der()]).contains(&"several_candidates"));
    let (key2, again) = (p256(), push(Some("com.x"), 200));
    let of_other_key = self_signed(&again, &key2);
    let files = [&new[..], &of_other_key, &key.serialize_der(), &key2.serialize_der()];
    assert!(codes(&files).contains(&"several_candidates"));
}

#[test]
fn the_same_certificate_in_two_files_is_no_rival_of_itself() {
    let key = p256();
    let certificate = self_signed(&push(Some("com.x"), 300), &key);
    assert_eq!(
        codes(&[&certificate, &certificate, &key.serialize_der()]),
        ["self_signed", "needs_conversion", "unprotected_key"]
    );
}

#[test]
fn two_foreign_keys_are_a_mismatch_too() {
    let certificate = self_signed(&push(Some("com.x"), 300), &p256());
    let files = [&certificate[..], &p256().serialize_der(), &p256().serialize_der()];
    let contents = read_all(&files, None).unwrap();
    assert_eq!(report(&contents).findings[0].code, "key_mismatch");
    assert_eq!(Parts::of(&contents, None, NOW).unwrap_err(), ConvertFault::KeyMismatch);
}

#[test]
fn a_push_certificate_without_an_app_is_a_problem() {
    let key = p256();
    let certificate = self_signed(&push(None, 300), &key);
    let report = report(&read_all(&[&certificate, &key.serialize_der()], None).unwrap());
    assert_eq!((report.findings[0].code, report.findings[0].severity), ("no_topic", Severity::Problem));
    assert!(!report.usable);
}

#[test]
fn a_chain_is_followed_by_verified_signatures_only() {
    let (leaf_key, key, false_key) = (p256(), new_key(&PKCS_ECDSA_P384_SHA384), new_key(&PKCS_ECDSA_P384_SHA384));
    let root = authority("Root");
    let leaf = push(Some("com.x"), 300).signed_by(&leaf_key, &Issuer::from_params(&root, &key)).unwrap();
    let (real, impostor) = (self_signed(&root, &key), self_signed(&root, &false_key));
    let chain = |files: &[&[u8]]| report(&read_all(files, None).unwrap()).chain.unwrap();
    let whole = chain(&[leaf.der(), &impostor, &real]);
    assert!(whole.complete && whole.issuers == ["CN=Root"] && whole.missing.is_none());
    let cut = chain(&[leaf.der(), &impostor]);
    assert!(!cut.complete && cut.issuers.is_empty());
    assert_eq!(cut.missing.as_deref(), Some("CN=Root"));
}

/// Its own name for an issuer makes no certificate self-signed.
#[test]
fn a_name_alone_is_no_signature() {
    let key = p256();
    let params = push(Some("com.x"), 300);
    let forged = params.signed_by(&key, &Issuer::from_params(&params, &p256())).unwrap();
    let report = report(&read_all(&[forged.der(), &key.serialize_der()], None).unwrap());
    assert_eq!(report.findings[0].code, "unknown_issuer");
    assert!(!report.chain.unwrap().complete);
}

#[test]
fn many_large_impostors_do_not_keep_it_busy() {
    let (leaf_key, key) = (p256(), new_key(&PKCS_ECDSA_P384_SHA384));
    let mut root = authority("Root");
    root.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 2, 3], vec![7; 100_000])];
    let leaf = push(Some("com.x"), 300).signed_by(&leaf_key, &Issuer::from_params(&root, &key)).unwrap();
    let impostors: Vec<Vec<u8>> = (0..9)
        .map(|_| {
            let certificates = (0..7).map(|_| self_signed(&root, &new_key(&PKCS_ECDSA_P384_SHA384)));
            certificates.map(|der| pem(&der)).collect::<String>().into_bytes()
        })
        .collect();
    let files: Vec<&[u8]> = std::iter::once(&leaf.der()[..]).chain(impostors.iter().map(Vec::as_slice)).collect();
    let contents = read_all(&files, None).unwrap();
    assert_eq!(contents.certificates.len(), 64);
    let start = Instant::now();
    assert!(!report(&contents).chain.unwrap().complete);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

#[test]
fn service_accounts_want_https_and_a_key_to_protect() {
    let account = |uri: &str| {
        let fields = [("type", "service_account"), ("client_email", "a@b"), ("project_id", "p"), ("token_uri", uri)];
        let fields: serde_json::Map<_, _> =
            fields.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
        let contents = read(serde_json::Value::from(fields).to_string().as_bytes(), None).unwrap();
        report(&contents).findings
    };
    let good = account("https://oauth2.googleapis.com/token");
    assert_eq!(good.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["incomplete_service_account"]);
    for bad in ["http://oauth2.googleapis.com/token", "https://", "", "token", "https://a\u{1b}"] {
        let findings = account(bad);
        assert_eq!(findings.len(), 2, "{bad}");
        assert_eq!(findings[1].detail, "token_uri is no https address");
    }
}

#[test]
fn what_is_quoted_of_a_file_is_plain_and_bounded() {
    let key = p256();
    let mut params = push(Some("com.x"), 300);
    for at in 0..30 {
        params.distinguished_name.push(DnType::CustomDnType(vec![1, 2, 3, at]), format!("\u{2028}{}", "x".repeat(200)));
    }
    let report = report(&read(&self_signed(&params, &key), None).unwrap());
    let subject = report.certificate.unwrap().subject;
    assert!(subject.chars().count() <= 2003 && !subject.contains('\u{2028}'), "{subject}");
}

#[test]
fn the_check_of_keychain_access_is_noted_as_few_iterations() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/certs/p12");
    let contents = read(&std::fs::read(format!("{folder}/keychain.p12")).unwrap(), Some("test")).unwrap();
    let report = report(&contents);
    let few = report.findings.iter().find(|finding| finding.code == "few_iterations").unwrap();
    assert!(few.detail.starts_with("its integrity check stretches the password by 1 iteration"), "{}", few.detail);
}

/// secp256k1, of which no public key is computed here: not known to fit, but not said to be another's.
#[test]
fn a_key_of_an_unknown_curve_is_unsupported_and_no_mismatch() {
    let contents = read(include_bytes!("koblitz.pem"), None).unwrap();
    let report = report(&contents);
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&"unsupported_key") && !codes.contains(&"key_mismatch"), "{codes:?}");
    assert_eq!(report.key.unwrap().matches_certificate, None);
}
