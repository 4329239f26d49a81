//! `pushmux convert`: what it writes where, and what it leaves alone.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::check::{corpus, run};
use crate::cli::text;
use crate::corpus::openssl;

/// A folder, and the passwords in it.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        std::fs::write(desk.path("password"), "test\n").unwrap();
        std::fs::write(desk.path("empty"), "\n").unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn named(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Converts a file of the corpus: exit code, and what was told in either stream.
    fn convert(&self, file: &str, out: &str, more: &[&str]) -> (Option<i32>, String) {
        let (input, password) = (corpus(file).display().to_string(), self.named("password"));
        let output = run(&[&["convert", &input, "--password-file", &password, "--out", out], more].concat());
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    /// The same with `--json`: exit code and answer.
    fn convert_json(&self, file: &str, out: &str, more: &[&str]) -> (Option<i32>, Value) {
        let (code, told) = self.convert(file, out, &[more, &["--json"]].concat());
        (code, serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}")))
    }

    fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    fn entries(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

const PAIR: &str = "p12/aes-256.p12";
const CHAIN: &str = "p12/chain.p12";

#[test]
fn the_parts_of_a_credential_can_lie_apart() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "test").unwrap();
    let (input, password) = (corpus("p12/chain.p12").display().to_string(), password.display().to_string());
    let out = folder.path().join("parts/").display().to_string();
    let convert = ["convert", &input, "--password-file", &password, "--out", &out, "--out-password-file", &password];
    let output = run(&[&convert[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let written: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(written["written"].as_array().unwrap().len(), 3);
    let read = |name: &str| std::fs::read_to_string(folder.path().join("parts").join(name)).unwrap();
    assert_eq!(read("certificate.pem").matches("BEGIN CERTIFICATE").count(), 1);
    assert_eq!(read("chain.pem").matches("BEGIN CERTIFICATE").count(), 2);
    assert!(read("key.pem").contains("BEGIN ENCRYPTED PRIVATE KEY"));
    assert!(openssl(&["pkey", "-passin", "pass:test"], &read("key.pem")).is_some());
    assert_eq!(openssl(&["pkey", "-passin", "pass:other"], &read("key.pem")), None);
}

#[test]
fn a_missing_secret_leaves_no_key_unlocked() {
    let desk = Desk::new();
    for out in ["push.pem", "push.p12", "parts/"] {
        let (code, told) = desk.convert_json(PAIR, &desk.named(out), &["--out-password-file", &desk.named("empty")]);
        assert_eq!((code, told["error"]["code"].as_str()), (Some(64), Some("empty_output_password")), "{told}");
        assert!(!desk.path(out).exists());
    }
}

#[test]
fn only_regular_files_are_replaced() {
    let desk = Desk::new();
    let fifo = desk.named("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    std::fs::create_dir(desk.path("folder.p12")).unwrap();
    symlink(&fifo, desk.path("to-fifo")).unwrap();
    symlink("/dev/null", desk.path("to-device")).unwrap();
    symlink("round", desk.path("round")).unwrap();
    let outs = [fifo, desk.named("to-fifo"), desk.named("to-device"), desk.named("round")];
    for out in outs.iter().map(String::as_str).chain(["/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]) {
        for more in [&[][..], &["--force"]] {
            let (code, told) = desk.convert_json(PAIR, out, more);
            assert_eq!((code, told["error"]["code"].as_str()), (Some(1), Some("output_not_written")), "{told}");
            assert!(told["error"]["detail"].as_str().unwrap().contains(out), "{told}");
        }
    }
    let (_, told) = desk.convert(PAIR, "/dev/stdout", &["--force"]);
    assert!(told.contains("--out -") && !told.contains("BEGIN"), "{told}");
    assert_eq!(desk.entries("folder.p12"), [""; 0]);
}

#[test]
fn a_link_stays_and_what_it_points_to_is_replaced() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("far")).unwrap();
    std::fs::write(desk.path("far/push.pem"), "old").unwrap();
    std::fs::set_permissions(desk.path("far/push.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    symlink("far/push.pem", desk.path("link.pem")).unwrap();
    let (code, told) = desk.convert(PAIR, &desk.named("link.pem"), &[]);
    assert!(code == Some(1) && told.contains("--force"), "{told}");
    let (code, told) = desk.convert(PAIR, &desk.named("link.pem"), &["--force"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(desk.path("link.pem").is_symlink());
    assert!(std::fs::read_to_string(desk.path("far/push.pem")).unwrap().contains("BEGIN PRIVATE KEY"));
    assert_eq!((desk.mode("far/push.pem"), desk.entries("far")), (0o600, vec!["push.pem".to_owned()]));
}

#[test]
fn a_folder_never_holds_halves_of_two_pairs() {
    let desk = Desk::new();
    let out = desk.named("parts/");
    assert_eq!(desk.convert(CHAIN, &out, &[]).0, Some(0));
    // Any part of the old one is in the way, also one that the new one does not have.
    std::fs::remove_file(desk.path("parts/certificate.pem")).unwrap();
    std::fs::remove_file(desk.path("parts/key.pem")).unwrap();
    let (code, told) = desk.convert_json("p12/certificate-only.p12", &out, &[]);
    assert_eq!((code, told["error"]["code"].as_str()), (Some(1), Some("output_exists")), "{told}");
    assert_eq!(desk.entries("parts"), ["chain.pem"]);

    assert_eq!(desk.convert(CHAIN, &out, &["--force"]).0, Some(0));
    assert_eq!(desk.entries("parts"), ["certificate.pem", "chain.pem", "key.pem"]);
    let (code, told) = desk.convert_json("p12/certificate-only.p12", &out, &["--force"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(desk.entries("parts"), ["certificate.pem"]);
    let removed: Vec<&str> = told["removed"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(removed, [desk.named("parts/chain.pem"), desk.named("parts/key.pem")]);

    // What cannot be replaced is found before anything changes.
    std::fs::create_dir(desk.path("parts/key.pem")).unwrap();
    let before = std::fs::read(desk.path("parts/certificate.pem")).unwrap();
    let (code, told) = desk.convert(CHAIN, &out, &["--force"]);
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(desk.entries("parts"), ["certificate.pem", "key.pem"]);
    assert_eq!(std::fs::read(desk.path("parts/certificate.pem")).unwrap(), before);
}

#[test]
fn options_that_do_not_go_together_are_wrong_usage() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("folder")).unwrap();
    let (pem, folder) = (desk.named("push.pem"), desk.named("folder"));
    for (out, more, told) in [
        ("-", &[][..], "--out -"),
        (&pem, &["--legacy"], "--legacy"),
        (&folder, &["--format", "p12"], "one file"),
        (&desk.named("new/"), &["--format", "p12"], "one file"),
    ] {
        let (code, answer) = desk.convert_json(PAIR, out, more);
        assert_eq!((code, answer["error"]["code"].as_str()), (Some(64), Some("wrong_usage")), "{answer}");
        assert!(answer["error"]["detail"].as_str().unwrap().contains(told), "{answer}");
        assert_eq!(answer["file"], corpus(PAIR).display().to_string());
    }
    assert_eq!(desk.entries("folder"), [""; 0]);
    assert!(!desk.path("new").exists());
}

#[test]
fn every_outcome_is_told_as_json() {
    let desk = Desk::new();
    let (pem, p12, password) = (desk.named("push.pem"), desk.named("push.p12"), desk.named("password"));
    let locked = ["--out-password-file", &password];
    for (file, out, more, code, word) in [
        ("p12/nowhere.p12", &pem, &[][..], 2, "unreadable_file"),
        (PAIR, &p12, &[], 1, "password_needed_for_output"),
        (PAIR, &p12, &["--out-password-file", "/nowhere"], 2, "unreadable_password"),
        ("p12/certificate-only.p12", &p12, &locked, 1, "half_a_pair"),
        (PAIR, &desk.named("nowhere/push.pem"), &[], 1, "output_not_written"),
    ] {
        let (exit, told) = desk.convert_json(file, out, more);
        assert_eq!((exit, told["error"]["code"].as_str()), (Some(code), Some(word)), "{told}");
    }
    let (code, told) = desk.convert(PAIR, "-", &[]);
    assert!(code == Some(0) && told.starts_with("-----BEGIN") && !told.contains("wrote"), "{told}");
}
