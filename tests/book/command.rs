//! The commands of a shell block.

/// One command with its arguments, as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) text: String,
    /// Its line within the block, from 0.
    pub(super) line: usize,
}

/// Where a line ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    Single,
    Double,
}

/// Takes a block apart: a command ends with its line, unless a quote is open, the line ends in `\`, or a document follows.
pub(super) fn commands(block: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut lines = block.lines().enumerate();
    while let Some((begin, line)) = lines.next() {
        let mut text = line.to_owned();
        let (mut state, mut goes_on) = scan(line, State::Plain);
        while state != State::Plain || goes_on {
            let (_, line) = lines.next().unwrap_or_else(|| panic!("it does not end: {text}"));
            text.push('\n');
            text.push_str(line);
            (state, goes_on) = scan(line, state);
        }
        if let Some((_, end)) =
            text.split_once("<<'").and_then(|(_, rest)| rest.split_once('\'').map(|(end, _)| ((), end.to_owned())))
        {
            for (_, line) in lines.by_ref() {
                text.push('\n');
                text.push_str(line);
                if line == end {
                    break;
                }
            }
        }
        let is_empty = text.trim().is_empty() || text.trim_start().starts_with('#');
        if !is_empty {
            commands.push(Command { text, line: begin });
        }
    }
    commands
}

/// The state at the end of a line, and whether the next line continues it.
fn scan(line: &str, mut state: State) -> (State, bool) {
    let mut before = ' ';
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match (state, char) {
            (State::Plain, '\'') => state = State::Single,
            (State::Plain, '"') => state = State::Double,
            (State::Single, '\'') | (State::Double, '"') => state = State::Plain,
            (State::Plain, '#') if before == ' ' => return (state, false),
            (State::Plain | State::Double, '\\') => match chars.next() {
                Some(_) => {}
                None => return (state, true),
            },
            _ => {}
        }
        before = char;
    }
    (state, false)
}

// === impl Command ===

impl Command {
    /// The program that it calls first.
    pub(super) fn program(&self) -> &str {
        let mut words = self.text.split_whitespace();
        words.find(|word| !word.contains('=')).unwrap_or_default()
    }

    /// The command alone: without a comment, and where input comes from and output goes to.
    pub(super) fn alone(&self) -> &str {
        let mut state = State::Plain;
        let mut before = ' ';
        for (at, char) in self.text.char_indices() {
            match (state, char) {
                (State::Plain, '\'') => state = State::Single,
                (State::Plain, '"') => state = State::Double,
                (State::Single, '\'') | (State::Double, '"') => state = State::Plain,
                (State::Plain, '#' | '<' | '>' | '|' | '&') if before == ' ' => return self.text[..at].trim_end(),
                _ => {}
            }
            before = char;
        }
        &self.text
    }
}

#[test]
fn commands_are_told_apart() {
    let block = "# first\na 'b\nc' # it's\nd \\\n  e\n\ncat > f <<'END'\ng 'h\nEND\nX=1 i \"j\" > k # l\n";
    let commands = commands(block);
    let texts: Vec<&str> = commands.iter().map(|command| &*command.text).collect();
    assert_eq!(texts, ["a 'b\nc' # it's", "d \\\n  e", "cat > f <<'END'\ng 'h\nEND", "X=1 i \"j\" > k # l"]);
    assert_eq!(commands.iter().map(|command| command.line).collect::<Vec<_>>(), [1, 3, 6, 9]);
    assert_eq!((commands[3].program(), commands[3].alone()), ("i", "X=1 i \"j\""));
}
