//! The text after a command's word. The methods return `None` if the text does not fit.

use std::time::Duration;

use super::super::error::ChatError;
use super::super::punctuation::{MENTION_SIGNS, ROOM_SIGNS, is_comma};
use super::super::request::{Line, Moment, Range, Request};

/// The signs that may precede a number: plus, and minus in both of its spellings.
const SIGNS: [char; 3] = ['+', '-', '\u{2212}'];

/// The rest of a line, without the blanks around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arguments<'a> {
    text: &'a str,
    /// [`Line::altered`] of the whole line.
    altered: bool,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(text: &'a str, altered: bool) -> Self {
        Arguments { text: text.trim(), altered }
    }

    /// The first word, and the rest.
    pub(super) fn first(self) -> Option<(&'a str, Self)> {
        let end = self.text.find(char::is_whitespace);
        let (word, rest) = self.text.split_at(end.unwrap_or(self.text.len()));
        (!word.is_empty()).then(|| (word, Self::new(rest, self.altered)))
    }

    pub(super) fn nothing(self) -> Option<()> {
        self.text.is_empty().then_some(())
    }

    /// Exactly one word.
    pub(super) fn word(self) -> Option<&'a str> {
        let (word, rest) = self.first()?;
        rest.nothing().map(|()| word)
    }

    /// An optional argument: nothing, or text that `read` accepts.
    pub(super) fn maybe<T>(self, read: impl FnOnce(Self) -> Option<T>) -> Option<Option<T>> {
        match self.nothing() {
            Some(()) => Some(None),
            None => read(self).map(Some),
        }
    }

    /// Everything, as it was typed.
    pub(super) fn text(self) -> Option<String> {
        (!self.text.is_empty()).then(|| self.text.to_owned())
    }

    /// A text, or `off`, which becomes an empty text.
    pub(super) fn text_or_off(self) -> Option<String> {
        self.text().map(|text| if text.eq_ignore_ascii_case("off") { String::new() } else { text })
    }

    /// One person, with or without the `@` of a mention.
    pub(super) fn person(self) -> Option<String> {
        strip_sign(self.word()?, &MENTION_SIGNS)
    }

    /// A person, and the rest.
    pub(super) fn person_and_rest(self) -> Option<(String, Self)> {
        let (name, rest) = self.first()?;
        Some((strip_sign(name, &MENTION_SIGNS)?, rest))
    }

    /// People separated by commas, and the rest. Blanks around a comma do not end the list: `ann, bob hello` says `hello`
    /// to both, and not `bob hello` to Ann.
    pub(super) fn people(self) -> Option<(Vec<String>, Self)> {
        let mut rest = self.text;
        let mut people = Vec::new();
        loop {
            let end = rest.find(|c: char| is_comma(c) || c.is_whitespace());
            let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
            people.extend(strip_sign(name, &MENTION_SIGNS));
            match after.trim_start().strip_prefix(is_comma) {
                Some(more) => rest = more.trim_start(),
                None => {
                    let rest = Self::new(after, self.altered);
                    return (!people.is_empty()).then_some((people, rest));
                }
            }
        }
    }

    /// One room, with or without a `#`, which other chats require.
    pub(super) fn room(self) -> Option<String> {
        strip_sign(self.word()?, &ROOM_SIGNS)
    }

    /// The new name of a person or a room, with or without one of the `signs`. Blanks inside are left to the rules of
    /// names, whose error explains them best.
    pub(super) fn name(self, signs: &[char]) -> Option<Line> {
        strip_sign(self.text, signs).map(|text| Line { text, altered: self.altered })
    }

    /// One of these words, in any case.
    pub(super) fn choice<T: Copy>(self, choices: &[(&str, T)]) -> Option<T> {
        let word = self.word()?;
        let chosen = choices.iter().find(|(choice, _)| word.eq_ignore_ascii_case(choice));
        chosen.map(|&(_, value)| value)
    }

    /// How many past messages, and the moment before which they are; either may be missing.
    pub(super) fn history(self) -> Option<Request> {
        let (mut limit, mut range, mut rest) = (None, Range::Last, self);
        while let Some((word, after)) = rest.first() {
            match filter(word) {
                Some(("before", moment)) if range == Range::Last => {
                    range = Range::Until(Moment::parse(moment)?);
                }
                None if limit.is_none() => limit = Some(Self::new(word, false).count()?),
                _ => return None,
            }
            rest = after;
        }
        Some(Request::History { room: None, range, limit })
    }

    /// The words of a search, and its filters, which may be anywhere among them.
    pub(super) fn search(self) -> Option<Request> {
        let (mut from, mut room, mut before) = (None, None, None);
        let (mut words, mut rest) = (Vec::new(), self);
        while let Some((word, after)) = rest.first() {
            match filter(word) {
                Some(("from", name)) if from.is_none() => {
                    from = Some(strip_sign(name, &MENTION_SIGNS)?);
                }
                Some(("in", name)) if room.is_none() => {
                    room = Some(strip_sign(name, &ROOM_SIGNS)?);
                }
                Some(("before", moment)) if before.is_none() => {
                    before = Some(Moment::parse(moment)?);
                }
                Some(_) => return None,
                None => words.push(word),
            }
            rest = after;
        }
        let words = words.join(" ");
        let is_something = !words.is_empty() || from.is_some();
        is_something.then_some(Request::Search {
            words,
            from,
            room,
            before,
            cursor: None,
            limit: None,
        })
    }

    /// The filter among the words that cannot be meant, if there is one.
    pub(super) fn wrong_filter(self) -> Option<ChatError> {
        let mut seen = Vec::new();
        let filters = self.text.split_whitespace().filter_map(filter);
        filters.into_iter().find_map(|(name, value)| {
            let is_again = seen.contains(&name);
            seen.push(name);
            match name {
                _ if is_again => Some(ChatError::FilterTwice(name)),
                "before" if Moment::parse(value).is_none() => Some(ChatError::WrongDate),
                _ => None,
            }
        })
    }

    /// A positive number.
    pub(super) fn count(self) -> Option<usize> {
        self.word()?.parse().ok().filter(|&count| count > 0)
    }

    /// An optional duration, such as `30m`, `2h 30m` or `90 minutes`, and the rest.
    ///
    /// Text that begins with a number must be a duration, and is never the first word of a reason: otherwise
    /// `/ban bob 30mn` and `/ban bob -5m` would ban Bob for ever.
    pub(super) fn duration(self) -> Option<(Option<Duration>, Self)> {
        let unsigned = self.text.strip_prefix(SIGNS).unwrap_or(self.text);
        if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            return Some((None, self));
        }
        let (first, after_first) = self.first()?;
        let two_words = after_first.first().and_then(|(second, after_second)| {
            Some((parse_duration(&format!("{first} {second}"))?, after_second))
        });
        let one_word = || Some((parse_duration(first)?, after_first));
        let (duration, rest) = two_words.or_else(one_word)?;
        (!duration.is_zero()).then_some((Some(duration), rest))
    }
}

/// The filter of a search that a word is, such as `from:ann`, and its value.
fn filter(word: &str) -> Option<(&'static str, &str)> {
    let (name, value) = word.split_once([':', '\u{ff1a}'])?;
    let filters = ["from", "in", "before"];
    filters.into_iter().find(|filter| name.eq_ignore_ascii_case(filter)).map(|it| (it, value))
}

/// Parses a duration with its unit. A capital `M` would mean months, which hardly anybody intends.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let duration = humantime::parse_duration(text).ok();
    duration.filter(|_| !text.contains('M'))
}

/// A name without the sign that may precede it; `None` if nothing is left.
fn strip_sign(typed: &str, signs: &[char]) -> Option<String> {
    let name = typed.strip_prefix(signs).unwrap_or(typed);
    (!name.is_empty()).then(|| name.to_owned())
}
