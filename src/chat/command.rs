//! What a line means: something to say, or something to do.
//!
//! A line that begins with a slash is a command from the first day on, so that nobody's mistyped `/qiut` is ever read
//! by others. `//text` says a line that begins with a slash.

use super::{Line, Request, Target};

/// A line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Nothing at all.
    Empty,
    /// Something to be said or done. This person may use the command.
    Do(Request),
    /// An operator's command from somebody who is none.
    OperatorsOnly,
    /// The command needs something else behind it; here is its word.
    Misused(&'static str),
    /// The beginning of a command that must be typed in full.
    TypeInFull(&'static str),
    /// The beginning of more than one command.
    Ambiguous(String, Vec<&'static str>),
    /// No command begins like this.
    Unknown {
        /// What was typed behind the slash.
        word: String,
        /// What was probably meant.
        near: Option<&'static str>,
    },
}

/// One word that people can type behind a slash.
struct Word {
    word: &'static str,
    make: fn() -> Request,
    /// What ends something is not done by a slip of the finger: a beginning of the word is not enough.
    in_full: bool,
    operators_only: bool,
}

const fn word(word: &'static str, make: fn() -> Request) -> Word {
    Word {
        word,
        make,
        in_full: false,
        operators_only: false,
    }
}

/// All words, the aliases among them.
const WORDS: [Word; 7] = [
    word("help", || Request::Help { about: None }),
    word("who", || Request::Who { room: None }),
    word("names", || Request::Who { room: None }),
    Word {
        in_full: true,
        ..word("quit", || Request::Quit)
    },
    Word {
        in_full: true,
        ..word("exit", || Request::Quit)
    },
    Word {
        in_full: true,
        ..word("bye", || Request::Quit)
    },
    Word {
        in_full: true,
        operators_only: true,
        ..word("shutdown", || Request::Shutdown {
            after: None,
            why: None,
        })
    },
];

impl Command {
    /// Understands one clean line. `operator` says whether the person may use the operators' words.
    pub fn parse(line: Line, operator: bool) -> Self {
        let mut text = line.text;
        if text.is_empty() {
            return Self::Empty;
        }
        // The classic way to end the chat. Only in capitals: "shutdown" is a word that people say.
        if text.trim() == "SHUTDOWN" {
            return if operator {
                Self::Do(Request::Shutdown {
                    after: None,
                    why: None,
                })
            } else {
                Self::OperatorsOnly
            };
        }
        match text.strip_prefix('/') {
            Some(rest) if !rest.starts_with('/') => {
                Self::look_up(rest.split_whitespace().next().unwrap_or(""), operator)
            }
            slash => {
                if slash.is_some() {
                    text.remove(0);
                }
                Self::Do(Request::Chat {
                    target: Target::Here,
                    text,
                    sent_at: None,
                })
            }
        }
    }

    /// The command whose help somebody asks for.
    pub fn named(typed: &str, operator: bool) -> Result<&'static str, Self> {
        let word = WORDS.iter().find(|known| known.word == typed);
        match word {
            Some(known) if operator || !known.operators_only => Ok(known.word),
            _ => Err(Self::Unknown {
                word: typed.to_owned(),
                near: None,
            }),
        }
    }

    /// A word in full wins over a beginning; a beginning is enough where only one command has it.
    fn look_up(typed: &str, operator: bool) -> Self {
        let lower = typed.to_ascii_lowercase();
        if let Some(found) = WORDS.iter().find(|known| known.word == lower) {
            return if found.operators_only && !operator {
                Self::OperatorsOnly
            } else {
                Self::Do((found.make)())
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
            [] => Self::Unknown {
                word: typed.to_owned(),
                near: None,
            },
            [only] if only.in_full => Self::TypeInFull(only.word),
            [only] => Self::Do((only.make)()),
            several => Self::Ambiguous(
                typed.to_owned(),
                several.iter().map(|known| known.word).collect(),
            ),
        }
    }
}
