//! Every file of `fixtures/certs/`, read by us and judged by the `openssl` command.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use certs::{Contents, Expectation, Report, Unreadable};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::cli::{pushmux, text};

/// A file with a password, and what it must come to.
#[derive(Debug, Deserialize)]
struct Case {
    file: String,
    password: Option<String>,
    opens: bool,
    judge: Option<String>,
}

/// One certificate as `openssl x509` tells of it.
#[derive(Debug)]
struct Judged {
    facts: Vec<String>,
    public_key: String,
}

/// The corpus does not age: it is looked at on this day.
const TODAY: i64 = 1_795_305_600;

/// What openssl needs to be told before it opens old files.
const LEGACY: &[&str] = &["-provider", "legacy", "-provider", "default"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/certs")
}

fn corpus() -> Vec<Case> {
    serde_json::from_str(&std::fs::read_to_string(folder().join("corpus.json")).unwrap()).unwrap()
}

impl Case {
    fn read(&self) -> Result<Contents, Unreadable> {
        certs::read(&std::fs::read(folder().join(&self.file)).unwrap(), self.password.as_deref())
    }

    fn path(&self) -> String {
        folder().join(&self.file).display().to_string()
    }
}

#[test]
fn every_file_is_reported_as_before() {
    let mut told = String::new();
    for case in corpus() {
        write!(told, "{} {}: ", case.file, case.password.as_deref().unwrap_or("-")).unwrap();
        match case.read() {
            Ok(contents) => writeln!(told, "{}", summary(&case, &contents)).unwrap(),
            Err(fault) => writeln!(told, "{}", fault.code()).unwrap(),
        }
    }
    let file = folder().join("reports.want");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&file, &told).unwrap();
    }
    let want = std::fs::read_to_string(&file).unwrap_or_default();
    for (told, want) in told.lines().zip(want.lines()) {
        assert_eq!(told, want, "UPDATE_FIXTURES=1 writes {}", file.display());
    }
    assert_eq!(told.lines().count(), want.lines().count());
}

fn summary(case: &Case, contents: &Contents) -> String {
    let expected = Expectation { file: Some(case.file.clone()), ..Expectation::default() };
    let now = OffsetDateTime::from_unix_timestamp(TODAY).unwrap();
    let report = Report::of(contents, &expected, now).unwrap();
    let serves = report.certificate.as_ref().map(|certificate| {
        let topics: Vec<String> =
            certificate.topics.iter().map(|topic| format!("{}={}", topic.topic, topic.push_types.join("+"))).collect();
        format!(" serves {:?} {:?}", certificate.environments, topics)
    });
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    let usable = if report.usable { "usable" } else { "not usable" };
    let serves = serves.unwrap_or_default();
    format!("{usable} {} ({}){serves} {}", report.kind.as_str(), report.title, codes.join(" "))
}

/// Subject, issuer, dates, serial number, fingerprint, and whether key and certificate match.
#[test]
fn openssl_agrees() {
    let mut judged = 0;
    for case in corpus().iter().filter(|case| case.opens) {
        let Some(judge) = &case.judge else { continue };
        let report = check_json(case);
        let (certificates, keys) = opinion(case, judge);
        judged += 1;
        let Some(told) = report.get("certificate") else {
            assert!(certificates.is_empty(), "{case:?}: openssl finds a certificate");
            assert!(!keys.is_empty(), "{case:?}");
            continue;
        };
        let facts = facts_of(told);
        let same = certificates.iter().find(|judged| judged.facts == facts);
        let same = same.unwrap_or_else(|| panic!("{case:?}: we say {facts:?}, openssl {certificates:?}"));
        let matches = report.pointer("/key/matches_certificate").and_then(Value::as_bool);
        match keys.is_empty() {
            true => assert_eq!(matches, None, "{case:?}"),
            false => assert_eq!(matches, Some(keys.contains(&same.public_key)), "{case:?}"),
        }
    }
    assert!(judged > 90, "openssl judged {judged} files");
}

#[test]
fn what_is_refused_is_refused_within_a_second_by_its_own_code() {
    let wanted = [
        ("p12/two-million-iterations.p12", "too_expensive"),
        ("p12/truncated.p12", "truncated"),
        ("kinds/universal.p12", "wrong_password"),
        ("p12/damaged-structure.p12", "malformed"),
        ("other/empty.p12", "empty_file"),
        ("other/random.bin", "unknown_format"),
    ];
    for (file, code) in wanted {
        let begun = Instant::now();
        let output = check(&folder().join(file).display().to_string(), Some("wrong"));
        assert!(begun.elapsed() < Duration::from_secs(1), "{file} took {:?}", begun.elapsed());
        assert_eq!(output.status.code(), Some(2), "{file}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["error"]["code"], code, "{file}: {answer}");
    }
}

/// Every code that a report or a refusal can bear has its place in the documentation, under that anchor.
#[test]
fn every_code_is_explained() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/credentials.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let findings = certs::report::CODES.iter().map(|code| code.name);
    for code in findings.chain(Unreadable::CODES.iter().copied()) {
        assert!(docs.contains(&format!("\n### {code}\n")), "docs/credentials.md has no ### {code}");
    }
}

fn check(file: &str, password: Option<&str>) -> Output {
    let mut command = pushmux();
    command.args(["check", file, "--json"]);
    let password = password.map(|password| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), password).unwrap();
        command.arg("--password-file").arg(file.path());
        file
    });
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    drop(password);
    output
}

fn check_json(case: &Case) -> Value {
    let output = check(&case.path(), case.password.as_deref());
    assert!(matches!(output.status.code(), Some(0 | 1)), "{case:?}: {}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["usable"], output.status.code() == Some(0), "{case:?}");
    report
}

/// What openssl finds: certificates and the public keys of private keys.
fn opinion(case: &Case, judge: &str) -> (Vec<Judged>, Vec<String>) {
    let (path, password) = (case.path(), format!("pass:{}", case.password.as_deref().unwrap_or_default()));
    let all = match judge {
        "pkcs12" => {
            // Also what has no integrity check, which it would refuse otherwise.
            let with = |more: &[&str]| {
                let base = ["pkcs12", "-legacy", "-in", &path, "-passin", &password, "-nodes"];
                openssl(&[&base[..], more].concat(), "")
            };
            with(&[]).or_else(|| with(&["-nomacver"])).unwrap_or_else(|| panic!("openssl cannot read {case:?}"))
        }
        _ => {
            let form = if path.contains("/der/") { "DER" } else { "PEM" };
            let certificate = openssl(&["x509", "-in", &path, "-inform", form], "").unwrap_or_default();
            let key =
                openssl(&[&["pkey", "-in", &path, "-inform", form, "-passin", &password][..], LEGACY].concat(), "")
                    .unwrap_or_default();
            format!("{certificate}{key}")
        }
    };
    let certificates = blocks(&all, "CERTIFICATE").iter().map(|pem| judged(pem)).collect();
    let keys = blocks(&all, "PRIVATE KEY").into_iter();
    (certificates, keys.map(|key| openssl(&["pkey", "-pubout"], &key).unwrap()).collect())
}

fn judged(pem: &str) -> Judged {
    let names = "utf8,sep_comma_plus_space,sname";
    let asked = ["x509", "-noout", "-subject", "-issuer", "-serial", "-dates", "-dateopt", "iso_8601"];
    let told = openssl(&[&asked[..], &["-fingerprint", "-sha256", "-nameopt", names]].concat(), pem).unwrap();
    let value = |name: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("no {name} in {told}")).to_owned()
    };
    let date = |name: &str| value(name).replace(' ', "T");
    let fingerprint = value("sha256 Fingerprint").replace(':', "").to_lowercase();
    let facts =
        vec![value("subject"), value("issuer"), value("serial"), date("notBefore"), date("notAfter"), fingerprint];
    let public_key = openssl(&["x509", "-noout", "-pubkey"], pem).unwrap();
    Judged { facts, public_key }
}

/// The same of our report.
fn facts_of(told: &Value) -> Vec<String> {
    let fields = ["subject", "issuer", "serial", "not_before", "not_after", "sha256"];
    fields.iter().map(|field| told[*field].as_str().unwrap().to_owned()).collect()
}

fn blocks(text: &str, label: &str) -> Vec<String> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(&begin) {
        let stop = start + rest[start..].find(&end).unwrap() + end.len();
        found.push(format!("{}\n", &rest[start..stop]));
        rest = &rest[stop..];
    }
    found
}

/// What the command prints, if it succeeds.
pub(crate) fn openssl(arguments: &[&str], input: &str) -> Option<String> {
    use std::io::Write as _;
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().expect("scripts/test installs openssl");
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    output.status.success().then(|| text(&output.stdout))
}
