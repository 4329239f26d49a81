//! The API's document: held to the rules of who may call what, to the words for people, and to a running service.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use config::{Action, KeyHash};
use http::{Method, StatusCode};
use pushmux::http::{Need, RULES};
use pushmux::openapi::{problems, text};
use serde_json::Value;

use crate::cli::pushmux;
use crate::support::Rig;

/// What people open; the document is about what programs call.
const PAGES: [&str; 4] = ["/", "/docs", "/assets/", "/console/"];

/// How many cases schemathesis makes for each call, unless the environment says otherwise.
const CASES: &str = "PUSHMUX_API_CASES";
const DEFAULT_CASES: &str = "15";
/// What its choices follow from: the same ones in every run.
const SEED: &str = "PUSHMUX_API_SEED";
const DEFAULT_SEED: &str = "4711";

fn document() -> Value {
    serde_json::from_str(text()).unwrap()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every call of the document: path, method, operation.
fn calls(document: &Value) -> Vec<(&str, String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let calls = paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |call| (path, call)));
    calls.map(|(path, (method, operation))| (path.as_str(), method.to_uppercase(), operation)).collect()
}

fn is_page(path: &str) -> bool {
    PAGES.iter().any(|page| path == *page || (page.ends_with('/') && *page != "/" && path.starts_with(page)))
}

#[test]
fn every_rule_of_the_api_is_documented_and_nothing_else() {
    let document = document();
    let documented: BTreeSet<(String, String)> =
        calls(&document).into_iter().map(|(path, method, _)| (path.to_owned(), method)).collect();
    let rules = RULES.iter().filter(|(path, ..)| !is_page(path));
    let ruled: BTreeSet<(String, String)> =
        rules.map(|(path, method, _)| ((*path).to_owned(), method.to_string())).collect();
    assert_eq!(documented, ruled);
}

#[test]
fn what_a_call_needs_is_documented() {
    let document = document();
    assert_eq!(document["security"], serde_json::json!([{"key": []}]));
    for (path, method, operation) in calls(&document) {
        let (.., need) = RULES.iter().find(|(known, by, _)| *known == path && by.as_str() == method).unwrap();
        let (answers, case) = (&operation["responses"], format!("{method} {path}"));
        assert_eq!(operation["security"] == serde_json::json!([{}]), *need == Need::Nothing, "{case}");
        assert_eq!(answers["401"].is_object(), *need != Need::Nothing, "{case}");
        assert_eq!(answers["403"].is_object(), matches!(need, Need::Action(_)), "{case}");
    }
}

#[test]
fn every_problem_stands_in_the_words_for_people_and_in_the_document() {
    let words = std::fs::read_to_string(repository().join("docs/faults.md")).unwrap();
    let (_, table) = words.split_once("| code | status | means | do |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let told = rows.flat_map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let status: u16 = cells[2].trim().parse().unwrap();
        cells[1].split('`').skip(1).step_by(2).map(move |code| (code.to_owned(), status)).collect::<Vec<_>>()
    });
    let told: BTreeSet<(String, u16)> = told.collect();
    // The codes of files have a table of their own.
    let known: BTreeSet<(String, u16)> = problems::general().map(|kind| (kind.code.to_owned(), kind.status)).collect();
    assert_eq!(told, known);
    let document = document();
    // Answered where there is no call.
    let nowhere = ["not_found", "method_not_allowed"];
    for kind in problems::all().filter(|kind| !nowhere.contains(&kind.code)) {
        let urn = Value::from(format!("urn:pushmux:problem:{}", kind.code));
        let is_answered = calls(&document).iter().any(|(.., operation)| {
            let schema =
                &operation["responses"][kind.status.to_string()]["content"]["application/problem+json"]["schema"];
            schema["allOf"][1]["properties"]["type"]["enum"].as_array().is_some_and(|urns| urns.contains(&urn))
        });
        assert!(is_answered, "{kind:?}");
    }
}

/// Every word that the code gives to a problem, wherever it stands.
#[test]
fn every_problem_of_the_code_stands_in_the_table() {
    let mut files = Vec::new();
    collect(&repository().join("src"), &mut files);
    let mut found = 0;
    for file in files {
        let code = std::fs::read_to_string(&file).unwrap();
        for (at, _) in code.match_indices("Problem::new(").chain(code.match_indices("Self::new(StatusCode::")) {
            let arguments: String = code[at..].chars().take(200).collect();
            let Some(word) = arguments.split('"').nth(1).filter(|_| arguments.contains("StatusCode::")) else {
                continue;
            };
            let is_word = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if is_word {
                assert!(problems::all().any(|kind| kind.code == word), "{}: {word}", file.display());
                found += 1;
            }
        }
    }
    assert!(found > 30, "the code was looked through: {found}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, files),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
}

/// `UPDATE_OPENAPI=1` writes it anew; a person reads what changed.
#[test]
fn the_copy_in_the_repository_is_current() {
    let file = repository().join("docs/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, text()).unwrap();
    }
    let copy = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        copy == text(),
        "docs/openapi.json is not what is served: UPDATE_OPENAPI=1 cargo test --test integration -- openapi"
    );
}

#[test]
fn the_command_line_prints_it() {
    let output = pushmux().arg("openapi").output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), text());
}

#[tokio::test]
async fn it_is_served_and_need_not_be_read_twice() {
    let rig = Rig::start().await;
    let client = channel::HttpClients::for_service(&rig.url).unwrap();
    let url = format!("{}/openapi.json", rig.url);
    let first = client.get(&url).send().await.unwrap();
    assert_eq!(
        (first.status(), &first.headers()["content-type"]),
        (StatusCode::OK, &"application/json".parse().unwrap())
    );
    let tag = first.headers()["etag"].clone();
    assert_eq!(first.text().await.unwrap(), text());
    let again = client.get(&url).header("if-none-match", tag.clone()).send().await.unwrap();
    assert_eq!((again.status(), &again.headers()["etag"]), (StatusCode::NOT_MODIFIED, &tag));
    assert!(again.text().await.unwrap().is_empty());
    let (status, _) = rig.ask(Method::POST, "/openapi.json", &[], "").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    rig.stop().await;
}

/// What the attributes of that name hold, in the order of the page.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!(" {name}=\"");
    page.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn the_page_tells_all_of_it_and_needs_no_other_host() {
    let rig = Rig::start().await;
    let (status, page) = rig.get("/docs").await;
    assert_eq!(status, StatusCode::OK);
    let (document, ids) = (document(), attributes(&page, "id"));
    let count = |word: &str| page.matches(word).count();
    for (path, method, operation) in calls(&document) {
        let anchor = format!("{method}{}", path.replace(['/', '.'], "-").replace(['{', '}'], "")).to_lowercase();
        assert!(ids.contains(&anchor.as_str()), "{anchor}");
        assert!(page.contains(&format!("<span class=\"mono\">{path}</span>")), "{path}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(page.contains(&format!("<code>{}</code>", parameter["name"].as_str().unwrap())), "{parameter}");
        }
    }
    assert_eq!(count("curl -sS"), calls(&document).len());
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(ids.contains(&format!("schema-{name}").as_str()), "{name}");
        for field in schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys()) {
            assert!(page.contains(&format!("<code>{field}</code>")), "{name}.{field}");
        }
    }
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "anchors are unique");
    for link in attributes(&page, "href").into_iter().chain(attributes(&page, "src")) {
        let is_here = link.strip_prefix('#').is_some_and(|anchor| ids.contains(&anchor));
        assert!(is_here || link.starts_with('/') || link.starts_with("data:"), "{link}");
    }
    let (_, overview) = rig.get("/").await;
    assert!(attributes(&overview, "href").contains(&"/docs"));
    rig.stop().await;
}

/// What schemathesis says of a service, called with a key or without one.
async fn schemathesis(rig: &Rig, key: Option<&str>) {
    let folder = repository().join("tests/schemathesis");
    let program = repository().join("target/schemathesis/bin/schemathesis");
    assert!(program.exists(), "scripts/test installs schemathesis; this is not there: {}", program.display());
    let given = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    // A stranger is told the same whatever he asks.
    let cases = if key.is_some() { given(CASES, DEFAULT_CASES) } else { "5".to_owned() };
    let seed = given(SEED, DEFAULT_SEED);
    // Served to those with a key only; it is the same text.
    let described = rig.folder().join("openapi.json");
    std::fs::write(&described, text()).unwrap();
    let mut command = Command::new(program);
    let config = if key.is_some() { "caller.toml" } else { "stranger.toml" };
    command.args(["--config-file", config, "run"]).arg(&described).args(["--url", &rig.url, "--no-color"]);
    command.args(["--max-examples", &cases, "--seed", &seed]);
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONDONTWRITEBYTECODE", "1");
    // What it notes down for itself is not to lie among our files.
    command.env("HYPOTHESIS_STORAGE_DIRECTORY", rig.folder().join("hypothesis"));
    command.env("PUSHMUX_CREDENTIALS", rig.folder());
    if let Some(key) = key {
        command.env("PUSHMUX_KEY", key);
    }
    command.current_dir(folder);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn keyed(config: &str) -> String {
    let hash = KeyHash::of(b"pmx_full");
    let actions: Value = Action::ALL.iter().map(|action| action.as_str()).collect();
    format!("{config}\n[keys.full]\nhash = \"{hash}\"\napps = \"all\"\nactions = {actions}\n")
}

/// Loads both processors for a minute: `scripts/test` runs it alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by scripts/test, which installs schemathesis"]
async fn schemathesis_finds_nothing() {
    let rig = Rig::start_with(keyed).await;
    schemathesis(&rig, Some("pmx_full")).await;
    schemathesis(&rig, None).await;
    rig.stop().await;
}
