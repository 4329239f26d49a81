//! Examples that the command line's own help shows are understood by it.

use super::command::commands;
use crate::cli::{pushmux, text};

fn help(words: &[String]) -> String {
    let output = pushmux().args(words).arg("--help").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{words:?}");
    text(&output.stdout)
}

/// The commands below those words, and those below them.
fn all(words: &[String], found: &mut Vec<Vec<String>>) {
    let help = help(words);
    found.push(words.to_vec());
    let list = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap_or_default());
    for name in list.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        all(&[words, &[name.to_owned()]].concat(), found);
    }
}

#[test]
fn examples_of_the_help_are_understood() {
    let (mut found, mut seen) = (Vec::new(), 0);
    all(&[], &mut found);
    assert!(found.len() > 12, "{found:?}");
    for words in found {
        let help = help(&words);
        let (_, examples) = help.split_once("\nExample").unwrap_or_default();
        let examples = examples.split("\n\n").next().expect("there is a first part").lines().map(str::trim);
        for example in examples.filter(|line| line.contains("pushmux ") && !line.starts_with("curl ")) {
            let (_, command) = example.split_once("pushmux ").expect("it is in there");
            // In a list, what it is for stands beside it.
            let command = command.split("   ").next().expect("there is a first part");
            let command = commands(command).remove(0);
            let script = format!("\"$0\" {} --help", command.alone());
            let mut shell = std::process::Command::new("bash");
            let output = shell.args(["-c", &script, env!("CARGO_BIN_EXE_pushmux")]).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{words:?}: {example}: {}", text(&output.stderr));
            seen += 1;
        }
    }
    assert!(seen > 15, "only {seen} were found");
}
