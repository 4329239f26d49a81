//! Every `curl` of the book is run as it is written, against real servers, and its answer compared with the one that is shown.
//!
//! A page's examples run in order, in one folder, so that a later one may use what an earlier one made. What a block right
//! below a command shows is its answer. curl is told by its configuration file where the hosts of the pages are; the
//! commands stay as they are.

use std::fs;
use std::path::Path;
use std::process::{Command as Process, Output};

use http::Method;
use pushmux::http::RULES;
use tempfile::TempDir;

use super::answer::Answer;
use super::command::{Command, commands};
use super::page::{Page, pages};
use super::place::{self, KEY, Place, Places};
use crate::cli::text;

/// Programs of the examples that build, install or operate something, which is for people.
const FOR_PEOPLE: &[&str] = &["apt", "cargo", "cd", "docker", "editor", "git", "kill", "scripts/", "systemctl"];

/// Programs that prepare something for the examples after them.
const PREPARE: &[&str] = &["cat", "echo", "mkdir"];

/// The page whose `pushmux` commands are run as well, against the same servers. Those of others are only read.
const QUICK_START: &str = "docs/quick-start.md";

/// Seconds for an answer, and for a feed, which has no end.
const PATIENCE: (u8, u8) = (20, 4);

/// curl's exit code for a time that is over.
const TIMED_OUT: i32 = 28;

/// A shell in the working folder of one page.
struct Shell {
    folder: TempDir,
    places: Places,
    /// Calls that were answered.
    calls: Vec<(Method, String)>,
}

// === impl Shell ===

impl Shell {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // curl's configuration is no file that an example could see.
        fs::create_dir(folder.path().join(".curl")).unwrap();
        let places = Places::new(folder.path());
        Self { folder, places, calls: Vec::new() }
    }

    /// Runs a command if it is one for us; `shown` is what the page shows as its answer.
    async fn follow(&mut self, page: &Page, command: &Command, shown: Option<&str>) -> Result<(), String> {
        match command.program() {
            "curl" => self.curl(command, shown).await,
            _ if command.alone().contains("curl ") => Err("a curl that is not a command of its own".to_owned()),
            "pushmux" if page.name == QUICK_START && is_brief(command) => {
                let url = self.places.url(Place::Plain).await;
                self.succeeds(&command.text, &[("PUSHMUX_URL", &url)]).await
            }
            // Help is given only if everything before it is understood.
            "pushmux" => self.succeeds(&format!("{} --help", command.alone()), &[]).await,
            program if PREPARE.contains(&program) => self.succeeds(&command.text, &[]).await,
            program if FOR_PEOPLE.iter().any(|known| program.starts_with(known)) => Ok(()),
            program => Err(format!("{program} is no program that this test knows")),
        }
    }

    async fn curl(&mut self, command: &Command, shown: Option<&str>) -> Result<(), String> {
        let Some((authority, place)) = place::of(&command.text) else {
            return Err("it goes to no place that this test knows".to_owned());
        };
        let url = self.places.url(place).await;
        let (_, there) = url.split_once("://").expect("it is a URL");
        let written = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:443") };
        let is_feed = command.text.contains("/v1/events");
        let seconds = if is_feed { PATIENCE.1 } else { PATIENCE.0 };
        let settings = format!(
            "connect-to = \"{written}:{there}\"\nnoproxy = \"*\"\nmax-time = {seconds}\n\
             write-out = \"%{{stderr}}\\n%{{method}} %{{url_effective}} %{{http_code}}\"\n"
        );
        fs::write(self.folder.path().join(".curl/.curlrc"), settings).unwrap();
        let output = self.run(&command.text, &[]).await;
        let said = text(&output.stderr);
        let words: Vec<&str> = said.lines().last().unwrap_or_default().split(' ').collect();
        let [method, url, status] = words[..] else { return Err(format!("curl says {said}")) };
        let is_over = output.status.success() || (is_feed && output.status.code() == Some(TIMED_OUT));
        if !is_over {
            return Err(format!("curl ends with {}: {said}", output.status));
        }
        let answer = Answer { status: status.parse().expect("curl tells a number"), body: text(&output.stdout) };
        answer.judge(shown)?;
        let (_, rest) = url.split_once("://").expect("curl tells a whole URL");
        let path = rest.find('/').map_or("/", |at| &rest[at..]).split('?').next().expect("there is a first part");
        self.calls.push((method.parse().expect("it is a method"), path.to_owned()));
        Ok(())
    }

    async fn succeeds(&self, command: &str, variables: &[(&str, &str)]) -> Result<(), String> {
        let output = self.run(command, variables).await;
        let said = || format!("it ends with {}: {}{}", output.status, text(&output.stdout), text(&output.stderr));
        output.status.success().then_some(()).ok_or_else(said)
    }

    async fn run(&self, command: &str, variables: &[(&str, &str)]) -> Output {
        let folder = self.folder.path();
        let mut shell = Process::new("bash");
        shell.args(["-euc", command]).current_dir(folder).env_clear().stdin(std::process::Stdio::null());
        let path = std::env::var("PATH").unwrap();
        let programs = Path::new(env!("CARGO_BIN_EXE_pushmux")).parent().expect("it lies in a folder");
        shell.env("PATH", format!("{}:{path}", programs.display()));
        shell.env("CURL_HOME", folder.join(".curl")).env("PUSHMUX_KEY", KEY).envs(variables.iter().copied());
        tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap()
    }
}

/// Whether a command of ours ends by itself, and asks nobody but the service.
fn is_brief(command: &Command) -> bool {
    let words: Vec<&str> = command.alone().split_whitespace().collect();
    let lasts = matches!(words[1], "serve" | "emulate") || (words[1] == "demo" && !words.contains(&"--once"));
    !lasts && !words.contains(&"--live")
}

/// The pattern of the router that a call matches.
fn pattern(method: &Method, path: &str) -> Option<&'static str> {
    let fits = |pattern: &str| match pattern.split_once('{') {
        Some((begin, _)) => path.strip_prefix(begin).is_some_and(|rest| !rest.is_empty() && !rest.contains('/')),
        None => pattern == path,
    };
    let mut rules: Vec<_> = RULES.iter().filter(|(pattern, of, _)| of == method && fits(pattern)).collect();
    rules.sort_by_key(|(pattern, ..)| pattern.contains('{'));
    rules.first().map(|(pattern, ..)| *pattern)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_works() {
    let (mut faults, mut curls) = (Vec::new(), 0);
    for page in pages() {
        let mut shell = Shell::new();
        let blocks = page.blocks();
        for block in &blocks {
            if block.kind != "sh" {
                if commands_of_curl(&block.text) {
                    faults.push(format!("{}:{}: a curl outside of a block of `sh`", page.name, block.line));
                }
                continue;
            }
            let commands = commands(&block.text);
            for (n, command) in commands.iter().enumerate() {
                let below = page.below(block, &blocks).filter(|below| n + 1 == commands.len() && is_answer(below.kind));
                curls += usize::from(command.program() == "curl");
                if let Err(fault) = shell.follow(&page, command, below.map(|below| &*below.text)).await {
                    faults.push(format!("{}:{}: {}\n{fault}", page.name, block.line + 1 + command.line, command.text));
                }
            }
        }
        if page.name == "docs/api.md" {
            faults.extend(calls_without_example(&shell.calls));
        }
        shell.places.stop().await;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(curls > 20, "only {curls} were found");
}

fn commands_of_curl(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("curl "))
}

fn is_answer(kind: &str) -> bool {
    ["", "http", "json", "text"].contains(&kind)
}

/// Calls of the API that the page about it does not show. Pages for a browser are no calls.
fn calls_without_example(calls: &[(Method, String)]) -> Vec<String> {
    let is_shown = |(path, method, _): &&(&str, Method, _)| {
        calls.iter().any(|(shown, url)| shown == method && pattern(shown, url) == Some(*path))
    };
    let is_page = |path: &str| {
        ["/", "/docs"].contains(&path) || ["/console/", "/assets/"].iter().any(|folder| path.starts_with(folder))
    };
    let missing = RULES.iter().filter(|rule| !is_page(rule.0) && !is_shown(rule));
    missing.map(|(path, method, _)| format!("docs/api.md: no example of {method} {path}")).collect()
}

/// What stands within a sentence is not run.
#[test]
fn no_curl_hides_in_a_sentence() {
    for page in pages() {
        for (line, span) in page.code_spans() {
            assert!(!span.starts_with("curl "), "{}:{line}: `{span}` belongs into a block of `sh`", page.name);
        }
    }
}
