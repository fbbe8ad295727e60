//! What a line means: something to say, or something to do.
//!
//! A line that begins with a slash is a command from the first day on, so that nobody's mistyped `/qiut` is ever read
//! by others. `//text` says a line that begins with a slash.

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Lists the commands.
    Help,
    /// Lists the people.
    Who,
    /// Leaves the chat.
    Quit,
    /// Ends the chat for everybody.
    Shutdown,
}

/// A line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Said to the others.
    Say(String),
    /// Nothing at all.
    Empty,
    /// A command that exists and that this person may use.
    Do(Verb),
    /// An operator's command from somebody who is none.
    OperatorsOnly,
    /// The beginning of a command that must be typed in full.
    TypeInFull(&'static str),
    /// The beginning of more than one command.
    Ambiguous(String, Vec<&'static str>),
    /// No command begins like this.
    Unknown(String),
}

/// One word that people can type behind a slash.
struct Word {
    word: &'static str,
    verb: Verb,
    /// What ends something is not done by a slip of the finger: a beginning of the word is not enough.
    in_full: bool,
    operators_only: bool,
}

const fn word(word: &'static str, verb: Verb) -> Word {
    Word {
        word,
        verb,
        in_full: false,
        operators_only: false,
    }
}

/// All words, the aliases among them.
const WORDS: [Word; 7] = [
    word("help", Verb::Help),
    word("who", Verb::Who),
    word("names", Verb::Who),
    Word {
        in_full: true,
        ..word("quit", Verb::Quit)
    },
    Word {
        in_full: true,
        ..word("exit", Verb::Quit)
    },
    Word {
        in_full: true,
        ..word("bye", Verb::Quit)
    },
    Word {
        in_full: true,
        operators_only: true,
        ..word("shutdown", Verb::Shutdown)
    },
];

impl Command {
    /// Understands one clean line. `operator` says whether the person may use the operators' words.
    pub fn parse(mut line: String, operator: bool) -> Self {
        if line.is_empty() {
            return Self::Empty;
        }
        // The classic way to end the chat. Only in capitals: "shutdown" is a word that people say.
        if line.trim() == "SHUTDOWN" {
            return if operator {
                Self::Do(Verb::Shutdown)
            } else {
                Self::OperatorsOnly
            };
        }
        let Some(rest) = line.strip_prefix('/') else {
            return Self::Say(line);
        };
        if rest.starts_with('/') {
            line.remove(0);
            return Self::Say(line);
        }
        Self::look_up(rest.split_whitespace().next().unwrap_or(""), operator)
    }

    /// A word in full wins over a beginning; a beginning is enough where only one command has it.
    fn look_up(typed: &str, operator: bool) -> Self {
        let lower = typed.to_ascii_lowercase();
        if let Some(found) = WORDS.iter().find(|known| known.word == lower) {
            return if found.operators_only && !operator {
                Self::OperatorsOnly
            } else {
                Self::Do(found.verb)
            };
        }
        let begun: Vec<&Word> = WORDS
            .iter()
            .filter(|known| {
                !lower.is_empty()
                    && known.word.starts_with(&lower)
                    && (operator || !known.operators_only)
            })
            .collect();
        match begun.as_slice() {
            [] => Self::Unknown(typed.to_owned()),
            [only] if only.in_full => Self::TypeInFull(only.word),
            [only] => Self::Do(only.verb),
            several => Self::Ambiguous(
                typed.to_owned(),
                several.iter().map(|known| known.word).collect(),
            ),
        }
    }
}
