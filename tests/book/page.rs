//! A page of the book, taken apart as far as tests need it: fenced blocks, links, anchors.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A page by its path within the repository, such as `docs/api.md`.
pub(super) struct Page {
    pub(super) name: String,
    pub(super) text: String,
}

/// What stands between two fences.
pub(super) struct Block<'a> {
    /// What it is said to be: `sh`, `json`, or nothing.
    pub(super) kind: &'a str,
    pub(super) text: String,
    /// The line of its first fence, from 1.
    pub(super) line: usize,
    /// The line of its last fence.
    end: usize,
}

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page, the README first, and the changelog, which points to them.
pub(super) fn pages() -> Vec<Page> {
    let mut names = vec![PathBuf::from("README.md"), PathBuf::from("CHANGELOG.md")];
    collect(Path::new("docs"), &mut names);
    names[2..].sort();
    assert!(names.len() > 15, "the book has more pages than {names:?}");
    let page = |name: PathBuf| Page {
        text: fs::read_to_string(root().join(&name)).unwrap(),
        name: name.to_str().unwrap().to_owned(),
    };
    names.into_iter().map(page).collect()
}

fn collect(folder: &Path, names: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = folder.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            collect(&name, names);
        } else if name.extension().is_some_and(|extension| extension == "md") {
            names.push(name);
        }
    }
}

// === impl Page ===

impl Page {
    /// One page.
    pub(super) fn of(name: &str) -> Self {
        pages().into_iter().find(|page| page.name == name).unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// Its blocks, in order.
    pub(super) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut is_open = false;
        for (at, line) in self.text.lines().enumerate() {
            match (line.trim_start().strip_prefix("```"), is_open) {
                (Some(kind), false) => {
                    let kind = kind.trim();
                    blocks.push(Block { kind, text: String::new(), line: at + 1, end: 0 });
                    is_open = true;
                }
                (Some(_), true) => {
                    blocks.last_mut().expect("it was opened").end = at + 1;
                    is_open = false;
                }
                (None, true) => {
                    let text = &mut blocks.last_mut().expect("it was opened").text;
                    text.push_str(line);
                    text.push('\n');
                }
                (None, false) => {}
            }
        }
        assert!(!is_open, "{}: a fence is not closed", self.name);
        blocks
    }

    /// The block that begins right below another, with nothing but blank lines between.
    pub(super) fn below<'a, 'b>(&self, block: &Block<'_>, blocks: &'b [Block<'a>]) -> Option<&'b Block<'a>> {
        let next = blocks.iter().find(|next| next.line > block.end)?;
        let mut between = self.text.lines().skip(block.end).take(next.line - block.end - 1);
        between.all(|line| line.trim().is_empty()).then_some(next)
    }

    /// Its lines outside of blocks, with their numbers.
    pub(super) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut is_code = false;
        self.text.lines().enumerate().filter_map(move |(at, line)| {
            let is_fence = line.trim_start().starts_with("```");
            is_code ^= is_fence;
            (!is_code && !is_fence).then_some((at + 1, line))
        })
    }

    /// What stands between backticks outside of blocks, with its line.
    pub(super) fn code_spans(&self) -> impl Iterator<Item = (usize, &str)> {
        self.prose().flat_map(|(at, line)| line.split('`').skip(1).step_by(2).map(move |span| (at, span)))
    }

    /// Where its links lead, with their lines.
    pub(super) fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (at, line) in self.prose() {
            // What is code is no link.
            let plain: String = line.split('`').step_by(2).collect();
            let targets = plain.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            links.extend(targets.map(|(target, _)| (at, target.to_owned())));
        }
        links
    }

    /// The anchors of its headings, as GitHub makes them.
    pub(super) fn anchors(&self) -> BTreeSet<String> {
        let mut anchors = BTreeSet::new();
        for (_, line) in self.prose() {
            let title = line.trim_start_matches('#');
            if title.len() == line.len() || !title.starts_with(' ') {
                continue;
            }
            let anchor = anchor(title.trim());
            let twin = |number: usize| format!("{anchor}-{number}");
            let free = std::iter::once(anchor.clone()).chain((1..).map(twin)).find(|name| !anchors.contains(name));
            anchors.insert(free.expect("there is always another"));
        }
        anchors
    }
}

/// Small letters, digits, `-` and `_`; blanks become `-`.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|char| char.is_alphanumeric() || " -_".contains(*char));
    kept.map(|char| if char == ' ' { '-' } else { char.to_ascii_lowercase() }).collect()
}

#[test]
fn anchors_are_those_of_github() {
    assert_eq!(anchor("`[apps.<app>.limits]`"), "appsapplimits");
    assert_eq!(anchor("Client certificates (mTLS)"), "client-certificates-mtls");
    let page = Page { name: String::new(), text: "# A\n```sh\n# no heading\n```\n## A\n#none\n".to_owned() };
    assert_eq!(page.anchors().into_iter().collect::<Vec<_>>(), ["a", "a-1"]);
}
