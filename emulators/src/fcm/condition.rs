//! Topic conditions: `'a' in topics && ('b' in topics || !('c' in topics))`, of at most five topics.

use super::scalar::is_name;

const TOPICS: usize = 5;
/// Nesting beyond this is refused, so that no text can exhaust the stack.
const DEPTH: usize = 32;

/// A condition on its way from left to right.
struct Reader<'t> {
    rest: &'t str,
    topics: usize,
}

/// Whether a condition can be understood.
pub(super) fn is_condition(text: &str) -> bool {
    let mut reader = Reader { rest: text, topics: 0 };
    reader.either(0).is_some() && reader.rest.trim_start().is_empty() && reader.topics <= TOPICS
}

// === impl Reader ===

impl Reader<'_> {
    fn either(&mut self, depth: usize) -> Option<()> {
        self.both(depth)?;
        while self.eat("||") {
            self.both(depth)?;
        }
        Some(())
    }

    fn both(&mut self, depth: usize) -> Option<()> {
        self.one(depth)?;
        while self.eat("&&") {
            self.one(depth)?;
        }
        Some(())
    }

    fn one(&mut self, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        if self.eat("!") {
            return self.one(depth + 1);
        }
        if self.eat("(") {
            self.either(depth + 1)?;
            return self.eat(")").then_some(());
        }
        self.topic()
    }

    fn topic(&mut self) -> Option<()> {
        let (name, rest) = self.rest.trim_start().strip_prefix('\'')?.split_once('\'')?;
        self.rest = rest;
        self.topics += 1;
        (is_name(name) && self.eat("in") && self.eat("topics")).then_some(())
    }

    fn eat(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_understood() {
        for text in [
            "'a' in topics",
            "'a' in topics && ('b' in topics || !('c' in topics))",
            "!('a' in topics)||'b' in topics&&'c' in topics",
        ] {
            assert!(is_condition(text), "{text}");
        }
        let many = |count| vec!["'a' in topics"; count].join(" || ");
        assert!(is_condition(&many(5)) && !is_condition(&many(6)));
    }

    #[test]
    fn others_are_not() {
        let deep = format!("{}'a' in topics{}", "(".repeat(5000), ")".repeat(5000));
        for text in
            ["", "a", "'a'", "'a' in", "'a b' in topics", "'a' in topics &&", "('a' in topics", "'a' in topics)", &deep]
        {
            assert!(!is_condition(text), "{text}");
        }
    }
}
