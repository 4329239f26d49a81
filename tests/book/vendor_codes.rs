//! The vendors' pages tell every code that the adapters' tables know, and no other.
//!
//! FCM has no such table: details of its answers count more than their codes.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;

use super::page::{Page, root};

/// What stands before each of those words in a table of the code: `row("BadTopic", Class::Payload, ..)`.
fn known(file: &str, class: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("adapters/src").join(file)).unwrap();
    let text = text.split("#[cfg(test)]").next().expect("there is a first part");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut pieces: Vec<&str> = text.split(&format!(", {class}::")).collect();
    pieces.pop();
    let code = |piece: &str| {
        let word = piece.rsplit(['(', ' ']).next().expect("there is a last part");
        word.replace(['"', '_'], "")
    };
    let is_code = |code: &String| !code.is_empty() && code.chars().all(|char| char.is_alphanumeric() || char == '-');
    let codes: BTreeSet<String> = pieces.into_iter().map(code).filter(is_code).collect();
    assert!(codes.len() > 8, "{file}: {codes:?}");
    codes
}

/// The first cells of the tables that begin with that heading.
fn cells(page: &Page, heading: &str) -> Vec<String> {
    let (mut cells, mut is_inside) = (Vec::new(), false);
    for (_, line) in page.prose() {
        let cell = line.strip_prefix('|').and_then(|line| line.split('|').next()).map(str::trim);
        match cell {
            Some(cell) if cell == heading => is_inside = true,
            Some(cell) if is_inside => cells.push(cell.to_owned()),
            Some(_) => {}
            None => is_inside = false,
        }
    }
    assert!(cells.len() > 5, "{} has a table of each {heading}", page.name);
    cells
}

/// The numbers of a cell; `10001 to 10003` is three.
fn numbers(cell: &str) -> Vec<RangeInclusive<i64>> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '-';
    let mut ranges: Vec<RangeInclusive<i64>> = Vec::new();
    let mut is_range = false;
    for word in cell.split(|char| !is_part(char)).filter(|word| !word.is_empty()) {
        match (word.parse::<i64>(), is_range) {
            (Ok(end), true) => {
                let begin = *ranges.pop().expect("a range has a beginning").start();
                ranges.push(begin..=end);
            }
            (Ok(code), false) => ranges.push(code..=code),
            (Err(_), _) => {}
        }
        is_range = word == "to" && !ranges.is_empty();
    }
    ranges
}

#[test]
fn every_number_is_told() {
    for (vendor, success) in [("mi", 0), ("huawei", 80_000_000), ("meizu", 200)] {
        let known = known(&format!("{vendor}/codes.rs"), "Class");
        let known: BTreeSet<i64> = known.iter().map(|code| code.parse().unwrap()).collect();
        let page = Page::of(&format!("docs/vendors/{vendor}.md"));
        let told: Vec<_> = cells(&page, "code").iter().flat_map(|cell| numbers(cell)).collect();
        let missing: Vec<_> = known.iter().filter(|code| !told.iter().any(|range| range.contains(code))).collect();
        assert!(missing.is_empty(), "{} does not tell {missing:?}", page.name);
        let ends = told.iter().flat_map(|range| [*range.start(), *range.end()]);
        let others: Vec<_> = ends.filter(|code| *code != success && !known.contains(code)).collect();
        assert!(others.is_empty(), "{} tells {others:?}, which no table has", page.name);
    }
}

#[test]
fn every_reason_is_told() {
    for (vendor, file, class) in [("apns", "apns/classify.rs", "Class"), ("huawei", "huawei/reasons.rs", "Reason")] {
        let page = Page::of(&format!("docs/vendors/{vendor}.md"));
        let cells = cells(&page, "reason");
        let told: BTreeSet<String> =
            cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
        assert_eq!(told, known(file, class), "{}", page.name);
    }
}

#[test]
fn ranges_are_read() {
    assert_eq!(numbers("-1, 10001 to 10003 (v1, v2); **7**"), [-1..=-1, 10001..=10003, 7..=7]);
}
