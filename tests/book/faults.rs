//! `docs/faults.md` tells every code that somebody can meet, and none that nobody can.
//!
//! Problems have a table in the code. Codes of results and lines of the log stand where they arise; they are looked for there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use certs::report::CODES;
use http::StatusCode;
use model::Outcome;
use pushmux::openapi::problems;

use super::page::{Page, root};

/// What stands in backticks in the first column of a section's table.
fn told(section: &str) -> BTreeSet<String> {
    let page = Page::of("docs/faults.md");
    let (_, rest) = page.text.split_once(&format!("\n## {section}\n")).expect("the section is there");
    let section = rest.split("\n## ").next().expect("there is a first part");
    let rows = section.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
    let codes: Vec<&str> = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let set: BTreeSet<String> = codes.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(set.len(), codes.len(), "none is told twice: {codes:?}");
    set
}

/// The code of those packages, file by file, without its tests.
fn sources(packages: &[&str]) -> Vec<String> {
    let mut sources = Vec::new();
    let mut folders: Vec<_> = packages.iter().map(|package| root().join(package)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if is_code(&path) {
                let text = fs::read_to_string(&path).unwrap();
                sources
                    .push(text.split("\n#[cfg(test)]\nmod tests {").next().expect("there is a first part").to_owned());
            }
        }
    }
    assert!(sources.len() > 10);
    sources
}

fn is_code(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs")
}

/// The literal that begins right after each of those places.
fn literals_after<'a>(text: &'a str, place: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(place).skip(1).filter_map(|rest| rest.strip_prefix('"')?.split('"').next())
}

/// Words of ours are those that the code itself gives to a verdict, in lower case; a vendor's come from its answers and tables.
fn codes_of_results() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for text in sources(&["src", "model/src", "channel/src", "adapters/src"]) {
        // Faults of the transport have theirs in a table.
        let table = if text.contains("fn words(&self) -> (&'static str,") { "(" } else { ".code(" };
        let made = literals_after(&text, ".code(").chain(literals_after(&text, table));
        codes.extend(made.filter(|code| is_word(code)).map(str::to_owned));
        if text.contains("\"http_{") {
            codes.insert("http_<status>".to_owned());
        }
    }
    codes
}

fn is_word(code: &str) -> bool {
    code.len() > 3 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[test]
fn every_problem_is_told() {
    let known: BTreeSet<String> = problems::general().map(|kind| kind.code.to_owned()).collect();
    assert_eq!(told("Problems"), known);
}

/// Where a problem is made with its status beside its code, the page tells that status.
#[test]
fn problems_are_told_with_their_status() {
    let page = Page::of("docs/faults.md");
    let statuses = (400..600).filter_map(|status| StatusCode::from_u16(status).ok());
    let names =
        statuses.filter_map(|status| Some((status, status.canonical_reason()?.to_uppercase().replace(' ', "_"))));
    let names: Vec<(StatusCode, String)> = names.collect();
    let mut seen = 0;
    for text in sources(&["src"]) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for (status, name) in &names {
            let place = format!("StatusCode::{name}, ");
            for code in literals_after(&text, &place).filter(|code| problems::general().any(|kind| kind.code == *code))
            {
                let row = page.text.lines().find(|line| {
                    line.starts_with("| `")
                        && line.split('|').nth(1).is_some_and(|cell| cell.contains(&format!("`{code}`")))
                });
                let told = row.and_then(|row| row.split('|').nth(2)).map(str::trim);
                assert_eq!(told, Some(status.as_str()), "{code}");
                seen += 1;
            }
        }
    }
    assert!(seen > 25, "only {seen} were found");
}

#[test]
fn every_outcome_is_told() {
    let page = Page::of("docs/outcomes.md");
    let rows = page.text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let told: BTreeSet<&str> = rows.collect();
    // The state of a durable push has another word for what is not known yet.
    let known: BTreeSet<&str> = Outcome::WORDS.into_iter().chain(["pending"]).collect();
    assert_eq!(told, known);
}

#[test]
fn every_code_of_a_result_is_told() {
    let (told, made) = (told("Codes of our own in results"), codes_of_results());
    let missing: Vec<_> = made.difference(&told).collect();
    assert!(missing.is_empty(), "docs/faults.md does not tell {missing:?}");
    // What a credential's channel is closed with is told of with the credentials.
    let is_known = |code: &&String| made.contains(*code) || CODES.iter().any(|known| known.name == **code);
    let others: Vec<_> = told.iter().filter(|code| !is_known(code)).collect();
    assert!(others.is_empty(), "nothing gives {others:?}");
}

/// Faults of configurations have no codes; their words are still those of the code.
#[test]
fn faults_of_configurations_are_quoted_as_they_are() {
    let sources = sources(&["src", "config/src", "model/src", "adapters/src"]);
    for words in told("Configuration") {
        let words = words.trim_end_matches("...").trim_end();
        assert!(sources.iter().any(|text| text.contains(words)), "nothing says {words}");
    }
}

#[test]
fn every_error_of_the_log_is_told() {
    let mut logged = BTreeSet::new();
    for text in sources(&["src", "model/src", "channel/src", "adapters/src", "spool/src", "config/src", "certs/src"]) {
        for call in text.split("error!(").skip(1) {
            let call = &call[..end_of(call)];
            let message = call.rsplit('"').nth(1).unwrap_or_else(|| panic!("no message in {call}"));
            logged.insert(message.to_owned());
        }
    }
    assert_eq!(told("The log"), logged);
}

/// Where the parenthesis that is open at the beginning is closed.
fn end_of(call: &str) -> usize {
    let mut depth = 1;
    let end = call.char_indices().find(|(_, char)| {
        depth += match char {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    end.expect("it is closed").0
}
