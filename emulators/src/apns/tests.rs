//! The rules of one connection and one request, without sockets.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request};
use rcgen::KeyPair;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
};

use super::certificate::Grant;
use super::credentials::Account;
use super::keys::{Key, Scope};
use super::session::{Here, Identity, Now};
use super::{BUNDLE_ID, PRODUCTION, SANDBOX, request};

const KEY_ID: &str = "KEYKEYKEY0";
const TEAM_ID: &str = "TEAMTEAM00";
const NOW: i64 = 1_800_000_000;
const PATH: &str = "/3/device/ok-1";

struct Signer(KeyPair);

impl Signer {
    fn new() -> Self {
        Self(KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap())
    }

    fn account(&self) -> Account {
        self.account_with(Scope::of_team(BUNDLE_ID))
    }

    fn account_with(&self, scope: Scope) -> Account {
        let key = Key { id: KEY_ID.to_owned(), public_key: self.0.public_key_raw().to_vec(), scope };
        Account { team_id: TEAM_ID.to_owned(), keys: vec![key] }
    }

    fn sign(&self, algorithm: &'static EcdsaSigningAlgorithm, kid: &str, iss: &str, iat: i64) -> (String, Vec<u8>) {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, self.0.serialized_der(), &random).unwrap();
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#));
        let body = URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"{iss}","iat":{iat}}}"#));
        let signed = format!("{header}.{body}");
        let signature = key.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec();
        (signed, signature)
    }

    fn bearer(&self, kid: &str, iss: &str, iat: i64) -> Vec<u8> {
        let (signed, signature) = self.sign(&ECDSA_P256_SHA256_FIXED_SIGNING, kid, iss, iat);
        format!("bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into_bytes()
    }
}

fn at(offset_secs: u64) -> Now {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let instant = *START.get_or_init(Instant::now) + Duration::from_secs(offset_secs);
    Now { instant, unix_secs: NOW + offset_secs as i64 }
}

fn here(account: &Account) -> Here<'_> {
    Here { account, environment: PRODUCTION }
}

fn first(header: &[u8], account: &Account) -> Result<bool, &'static str> {
    Identity::Token(None).check(Some(header), here(account), at(0))
}

/// A connection that has shown a good token.
fn proven(scope: Scope) -> Identity {
    let signer = Signer::new();
    let mut identity = Identity::Token(None);
    identity.check(Some(&signer.bearer(KEY_ID, TEAM_ID, NOW)), here(&signer.account_with(scope)), at(0)).unwrap();
    identity
}

#[test]
fn a_good_token_is_seen_once_and_then_known() {
    let signer = Signer::new();
    let token = signer.bearer(KEY_ID, TEAM_ID, NOW);
    let mut identity = Identity::Token(None);
    assert_eq!(identity.check(Some(&token), here(&signer.account()), at(0)), Ok(true));
    assert_eq!(identity.check(Some(&token), here(&signer.account()), at(1)), Ok(false));
}

#[test]
fn der_signatures_in_padded_standard_base64_are_taken() {
    let signer = Signer::new();
    let (signed, signature) = signer.sign(&ECDSA_P256_SHA256_ASN1_SIGNING, KEY_ID, TEAM_ID, NOW);
    let header = format!("Bearer {signed}.{}", STANDARD.encode(signature));
    assert_eq!(first(header.as_bytes(), &signer.account()), Ok(true));
}

#[test]
fn every_fault_of_a_first_token_has_its_reason() {
    let signer = Signer::new();
    let account = signer.account();
    let unsigned = "bearer e30.e30.AAAA";
    for (header, want) in [
        (Signer::new().bearer(KEY_ID, TEAM_ID, NOW), "InvalidProviderToken"),
        (signer.bearer("OTHERKEY00", TEAM_ID, NOW), "InvalidProviderToken"),
        (signer.bearer(KEY_ID, "OTHERTEAM0", NOW), "InvalidProviderToken"),
        (signer.bearer(KEY_ID, TEAM_ID, NOW - 3601), "ExpiredProviderToken"),
        (signer.bearer(KEY_ID, TEAM_ID, NOW + 3601), "ExpiredProviderToken"),
        (unsigned.as_bytes().to_vec(), "InvalidProviderToken"),
        (b"key=secret".to_vec(), "InvalidProviderToken"),
    ] {
        assert_eq!(first(&header, &account), Err(want), "{}", String::from_utf8_lossy(&header));
    }
    assert_eq!(first(&signer.bearer(KEY_ID, TEAM_ID, NOW - 3600), &account), Ok(true));
    assert_eq!(Identity::Token(None).check(None, here(&account), at(0)), Err("MissingProviderToken"));
}

#[test]
fn a_known_token_grows_old() {
    let signer = Signer::new();
    let token = signer.bearer(KEY_ID, TEAM_ID, NOW);
    let mut identity = Identity::Token(None);
    identity.check(Some(&token), here(&signer.account()), at(0)).unwrap();
    assert_eq!(identity.check(Some(&token), here(&signer.account()), at(3601)), Err("ExpiredProviderToken"));
}

#[test]
fn a_connection_is_bound_to_its_first_key_and_team() {
    let signer = Signer::new();
    let account = signer.account();
    let mut identity = Identity::Token(None);
    identity.check(Some(&signer.bearer(KEY_ID, TEAM_ID, NOW)), here(&account), at(0)).unwrap();
    let other_key = signer.bearer("OTHERKEY00", TEAM_ID, NOW);
    assert_eq!(identity.check(Some(&other_key), here(&account), at(1)), Err("UnrelatedKeyIdInToken"));
    let other_team = signer.bearer(KEY_ID, "OTHERTEAM0", NOW);
    assert_eq!(identity.check(Some(&other_team), here(&account), at(1)), Err("InvalidProviderToken"));
}

#[test]
fn one_new_token_in_twenty_minutes_is_enough() {
    let signer = Signer::new();
    let account = signer.account();
    let token = |n: i64| signer.bearer(KEY_ID, TEAM_ID, NOW + n);
    let (one, two, three, four) = (token(1), token(2), token(3), token(4));
    let mut identity = Identity::Token(None);
    let mut check = |token: &[u8], secs| identity.check(Some(token), here(&account), at(secs));
    assert_eq!(check(&one, 0), Ok(true));
    assert_eq!(check(&two, 10), Ok(true));
    assert_eq!(check(&one, 20), Ok(false));
    assert_eq!(check(&three, 30), Err("TooManyProviderTokenUpdates"));
    assert_eq!(check(&two, 40), Ok(false));
    assert_eq!(check(&four, 10 + 20 * 60), Ok(true));
}

#[test]
fn a_key_is_for_its_environment_while_it_is_in_force() {
    let signer = Signer::new();
    let token = signer.bearer(KEY_ID, TEAM_ID, NOW);
    let checked = |scope, environment| {
        let account = signer.account_with(scope);
        Identity::Token(None).check(Some(&token), Here { account: &account, environment }, at(0))
    };
    let team = Scope::of_team(BUNDLE_ID);
    let sandbox = Scope { environment: Some(SANDBOX), ..team };
    assert_eq!([checked(team, PRODUCTION), checked(team, SANDBOX)], [Ok(true), Ok(true)]);
    assert_eq!(checked(sandbox, SANDBOX), Ok(true));
    assert_eq!(checked(sandbox, PRODUCTION), Err("BadEnvironmentKeyInToken"));
    let revoked = Scope { revoked: true, ..sandbox };
    assert_eq!(checked(revoked, SANDBOX), Err("InvalidProviderToken"));
    assert_eq!(checked(revoked, PRODUCTION), Err("InvalidProviderToken"));
}

#[test]
fn a_key_serves_the_topics_of_its_app_only() {
    let other = proven(Scope::of_team("com.example.other"));
    let check = |topic| request::check(&parts(&[("apns-topic", topic)]), PATH, &other).map(|_| ());
    assert_eq!(check("com.example.other.voip"), Ok(()));
    assert_eq!(check("com.example.app"), Err("TopicDisallowed"));
}

fn parts(headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(Method::POST).uri(PATH);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn checked(path: &str, headers: &[(&str, &str)], body: &str) -> Result<(), &'static str> {
    let mut all = vec![("apns-topic", "com.example.app")];
    if headers.iter().any(|(name, _)| *name == "apns-topic") {
        all.clear();
    }
    all.extend_from_slice(headers);
    let identity = proven(Scope::of_team(BUNDLE_ID));
    request::check(&parts(&all), path, &identity)?.check_payload(&Bytes::from(body.to_owned()))
}

const BODY: &str = r#"{"aps":{"alert":"hello"}}"#;

#[test]
fn good_headers_pass() {
    let headers: &[&[(&str, &str)]] = &[
        &[],
        &[("apns-push-type", "alert"), ("apns-priority", "10"), ("apns-expiration", "0")],
        &[("apns-push-type", "background"), ("apns-priority", "5")],
        &[("apns-push-type", "voip"), ("apns-topic", "com.example.app.voip")],
        &[("apns-push-type", "liveactivity"), ("apns-topic", "com.example.app.push-type.liveactivity")],
        &[("apns-priority", "1"), ("apns-id", "5e1f0000-0000-4000-8000-00000000abcd")],
        &[("apns-collapse-id", "0123456789012345678901234567890123456789012345678901234567890123")],
        &[("x-unknown", "1"), ("x-unknown", "2")],
    ];
    for headers in headers {
        assert_eq!(checked(PATH, headers, BODY), Ok(()), "{headers:?}");
    }
}

#[test]
fn every_bad_header_has_its_reason() {
    let long = "x".repeat(65);
    for (name, value, want) in [
        ("apns-topic", "", "MissingTopic"),
        ("apns-topic", "com example", "BadTopic"),
        ("apns-topic", "com..example", "BadTopic"),
        ("apns-topic", "com.other.app", "TopicDisallowed"),
        ("apns-topic", "com.example.app.voip.voip", "TopicDisallowed"),
        ("apns-push-type", "Alert", "InvalidPushType"),
        ("apns-push-type", "voip", "InvalidPushType"),
        ("apns-push-type", "background", "BadPriority"),
        ("apns-priority", "7", "BadPriority"),
        ("apns-priority", "", "BadPriority"),
        ("apns-expiration", "-1", "BadExpirationDate"),
        ("apns-expiration", "tomorrow", "BadExpirationDate"),
        ("apns-collapse-id", &long, "BadCollapseId"),
        ("apns-id", "5E1F0000-0000-4000-8000-00000000ABCD", "BadMessageId"),
        ("apns-id", "5e1f00000000400080000000000abcde", "BadMessageId"),
        ("content-encoding", "gzip", "PayloadEmpty"),
    ] {
        assert_eq!(checked(PATH, &[(name, value)], BODY), Err(want), "{name}: {value}");
    }
    let twice = [("apns-priority", "5"), ("apns-priority", "5")];
    assert_eq!(checked(PATH, &twice, BODY), Err("DuplicateHeaders"));
}

#[test]
fn paths_and_payloads_have_their_reasons() {
    for (path, want) in [
        ("/3/device/", "MissingDeviceToken"),
        ("/3/device", "MissingDeviceToken"),
        ("/3/devices/ok-1", "BadPath"),
        ("/3/device/ok-1/", "BadPath"),
        ("/", "BadPath"),
    ] {
        assert_eq!(checked(path, &[], BODY), Err(want), "{path}");
    }
    let sized = |bytes: usize| format!(r#"{{"aps":{{}},"x":"{}"}}"#, "x".repeat(bytes - 17));
    let voip = [("apns-topic", "com.example.app.voip")];
    for (headers, body, want) in [
        (&[][..], String::new(), Err("PayloadEmpty")),
        (&[], "not json".to_owned(), Err("PayloadEmpty")),
        (&[], "{}".to_owned(), Err("PayloadEmpty")),
        (&[], r#"{"aps":[]}"#.to_owned(), Err("PayloadEmpty")),
        (&[], sized(4096), Ok(())),
        (&[], sized(4097), Err("PayloadTooLarge")),
        (&voip, sized(5120), Ok(())),
        (&voip, sized(5121), Err("PayloadTooLarge")),
        (
            &[("apns-topic", "com.apple.mgmt.External.1"), ("apns-push-type", "mdm")],
            r#"{"mdm":"x"}"#.to_owned(),
            Ok(()),
        ),
        (&[], r#"{"mdm":"x"}"#.to_owned(), Err("PayloadEmpty")),
    ] {
        assert_eq!(checked(PATH, headers, &body), want, "{headers:?} {} bytes", body.len());
    }
}

#[test]
fn a_certificate_serves_its_own_topics_only() {
    let topics = vec!["com.example.app".to_owned(), "com.example.app.voip".to_owned()];
    let identity = Identity::Certificate(Grant { sandbox: true, production: true, topics });
    let check = |topic| request::check(&parts(&[("apns-topic", topic)]), PATH, &identity).map(|_| ());
    assert_eq!(check("com.example.app.voip"), Ok(()));
    assert_eq!(check("com.example.app.location-query"), Err("TopicDisallowed"));
    assert_eq!(request::check(&parts(&[]), PATH, &identity).map(|_| ()), Err("MissingTopic"));
}

#[test]
fn only_post_is_allowed() {
    assert_eq!(request::method(&Method::POST), Ok(()));
    assert_eq!(request::method(&Method::HEAD), Err("MethodNotAllowed"));
}
