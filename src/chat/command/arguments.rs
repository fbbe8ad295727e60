//! What stands behind a command's word, and the ways to read it. Each way is `None` where what is there does not fit.

use std::time::Duration;

use super::super::Line;

/// What may stand before a number: plus, and minus in the two ways in which it is written.
const SIGNS: [char; 3] = ['+', '-', '\u{2212}'];

/// The rest of a line, without the blanks around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arguments<'a> {
    text: &'a str,
    /// As [`Line::altered`], of the line that this is a part of.
    altered: bool,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(text: &'a str, altered: bool) -> Self {
        let text = text.trim();
        Arguments { text, altered }
    }

    /// The first word, and what follows it.
    pub(super) fn first(self) -> Option<(&'a str, Self)> {
        let end = self.text.find(char::is_whitespace);
        let (word, rest) = self.text.split_at(end.unwrap_or(self.text.len()));
        (!word.is_empty()).then(|| (word, Self::new(rest, self.altered)))
    }

    /// Nothing.
    pub(super) fn nothing(self) -> Option<()> {
        self.text.is_empty().then_some(())
    }

    /// One word.
    pub(super) fn word(self) -> Option<&'a str> {
        let (word, rest) = self.first()?;
        rest.nothing().map(|()| word)
    }

    /// Nothing, or something that `read` understands.
    pub(super) fn maybe<T>(self, read: impl FnOnce(Self) -> Option<T>) -> Option<Option<T>> {
        match self.nothing() {
            Some(()) => Some(None),
            None => read(self).map(Some),
        }
    }

    /// All of it, as it was typed, if there is anything.
    pub(super) fn text(self) -> Option<String> {
        (!self.text.is_empty()).then(|| self.text.to_owned())
    }

    /// A new text, or `off` for none: that one is empty.
    pub(super) fn text_or_off(self) -> Option<String> {
        let text = self.text()?;
        let is_off = text.eq_ignore_ascii_case("off");
        Some(if is_off { String::new() } else { text })
    }

    /// One person, with or without the sign of a mention.
    pub(super) fn person(self) -> Option<String> {
        person(self.word()?)
    }

    /// A person, and what follows.
    pub(super) fn person_and_rest(self) -> Option<(String, Self)> {
        let (name, rest) = self.first()?;
        Some((person(name)?, rest))
    }

    /// A person, and why.
    pub(super) fn person_and_why(self) -> Option<(String, Option<String>)> {
        let (name, why) = self.person_and_rest()?;
        Some((name, why.text()))
    }

    /// People with commas between them, and what follows. Blanks around a comma are no end of the list: whoever types
    /// `ann, bob hello` means both, and `bob hello` must not go to Ann.
    pub(super) fn people(self) -> Option<(Vec<String>, Self)> {
        let mut rest = self.text;
        let mut people = Vec::new();
        loop {
            let end = rest.find(|c: char| c == ',' || c.is_whitespace());
            let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
            people.extend(person(name));
            match after.trim_start().strip_prefix(',') {
                Some(more) => rest = more.trim_start(),
                None => {
                    let rest = Self::new(after, self.altered);
                    return (!people.is_empty()).then_some((people, rest));
                }
            }
        }
    }

    /// One room, with or without the sign that other chats put before a room.
    pub(super) fn room(self) -> Option<String> {
        let room = without(self.word()?, '#');
        (!room.is_empty()).then(|| room.to_owned())
    }

    /// The new name of a person or a room, without the `sign` that may stand before it. Blanks inside are left to the
    /// rules of names, which say best what is wrong with them.
    pub(super) fn name(self, sign: char) -> Option<Line> {
        let text = without(self.text, sign);
        (!text.is_empty()).then(|| Line {
            text: text.to_owned(),
            altered: self.altered,
        })
    }

    /// `on` or `off`.
    pub(super) fn switch(self) -> Option<bool> {
        match self.word()?.to_ascii_lowercase().as_str() {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }
    }

    /// A number from 1.
    pub(super) fn count(self) -> Option<usize> {
        self.word()?.parse().ok().filter(|&count| count > 0)
    }

    /// A time such as `30m`, `2h 30m` or `90 minutes` at the beginning, if there is one, and what follows.
    ///
    /// What begins with a digit, or a sign and a digit, is meant as a time. If it is none, it is a mistake, and not the
    /// first word of a reason: or `/ban bob 30mn` and `/ban bob -5m` would keep Bob out for ever.
    pub(super) fn duration(self) -> Option<(Option<Duration>, Self)> {
        let unsigned = self.text.strip_prefix(SIGNS).unwrap_or(self.text);
        if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            return Some((None, self));
        }
        let (first, after_first) = self.first()?;
        let two = after_first.first().and_then(|(second, after_second)| {
            let duration = time(&format!("{first} {second}"))?;
            Some((duration, after_second))
        });
        let one = || Some((time(first)?, after_first));
        let (duration, rest) = two.or_else(one)?;
        (!duration.is_zero()).then_some((Some(duration), rest))
    }
}

/// A time with its unit. To the library a capital `M` is a month, and thirty of those are seldom meant.
fn time(text: &str) -> Option<Duration> {
    let duration = humantime::parse_duration(text).ok();
    duration.filter(|_| !text.contains('M'))
}

/// One person's name, with or without the sign of a mention.
fn person(typed: &str) -> Option<String> {
    let name = without(typed, '@');
    (!name.is_empty()).then(|| name.to_owned())
}

fn without(text: &str, sign: char) -> &str {
    text.strip_prefix(sign).unwrap_or(text)
}
