//! Completion of half-typed words.
//!
//! Candidates come from the server, and a completed word is shown by the terminal and sent by the user. So a name that
//! contains blanks or control characters is ignored. No honest server sends one.

mod place;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use caseless::Caseless as _;
use chatserv::chat::is_typed_in_full;
use chatserv::protocol::clean;
use unicode_normalization::UnicodeNormalization as _;

use super::wire::OWN_COMMANDS;
use place::{Place, Wanted};

/// The maximum number of known names, which is the default limit of people on a server. Further names are not learned.
const NAMES_MAX: usize = 10_000;
/// The maximum length of a name on the server.
const NAME_BYTES_MAX: usize = 128;

/// The candidates for completion.
#[derive(Debug, Default)]
pub struct Known {
    /// People by case-folded name, so that names with the same prefix are adjacent and sorted.
    people: BTreeMap<String, Person>,
    /// How many messages have been recorded with [`Known::spoke`].
    spoken: u64,
    rooms: Vec<String>,
    commands: Vec<String>,
}

/// A person whose name can be completed.
#[derive(Debug, Default)]
struct Person {
    name: String,
    /// The value of [`Known::spoken`] when the person last spoke, or 0 if they have not yet.
    spoke: u64,
}

/// The candidates for the half-typed word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The byte offset at which the half-typed word begins. The word ends at the cursor.
    pub start: usize,
    /// The replacements for the word, the most probable first, each with its suffix, mostly a blank. Never empty.
    pub candidates: Vec<String>,
}

impl Known {
    /// Records that this person has spoken, which makes them the most probable candidate.
    pub fn spoke(&mut self, name: &str) {
        self.spoken += 1;
        let spoken = self.spoken;
        if let Some(person) = self.person(name) {
            person.spoke = spoken;
        }
    }

    /// Adds a person who is in the chat.
    pub fn here(&mut self, name: &str) {
        self.person(name);
    }

    /// Removes a person who has left the chat.
    pub fn gone(&mut self, name: &str) {
        self.people.remove(&folded(name));
    }

    /// Sets the rooms that the user is in.
    pub fn set_rooms(&mut self, rooms: Vec<String>) {
        self.rooms = rooms.into_iter().filter(|room| is_word(room)).collect();
    }

    /// Sets the server's commands, without their slash, in the order in which they are offered.
    pub fn set_commands(&mut self, commands: Vec<String>) {
        self.commands = commands.into_iter().filter(|word| is_word(word)).collect();
    }

    /// Returns the candidates for the word that ends at byte offset `pos`. Returns `None` if nothing known begins like
    /// the word, or if `pos` is not on a character boundary of the line.
    pub fn complete(&self, line: &str, pos: usize) -> Option<Completion> {
        let (before, after) = line.split_at_checked(pos)?;
        let Place { start, wanted, sign, begun, end } = Place::at(before)?;
        let words: Vec<&str> = match wanted {
            Wanted::Person => self.people_like(begun),
            Wanted::Room => like(begun, self.rooms.iter().map(String::as_str)),
            Wanted::Command => like(begun, self.all_commands()),
        };
        // The text after the cursor may already provide the separator.
        let end = if after.starts_with([' ', ',']) { end.trim_end() } else { end };
        let candidates = words.iter().map(|word| format!("{sign}{word}{end}"));
        let candidates: Vec<String> = candidates.collect();
        (!candidates.is_empty()).then_some(Completion { start, candidates })
    }

    /// Returns the entry of this name, which is created if necessary. Returns `None` if the name is not valid, or one too
    /// many.
    fn person(&mut self, name: &str) -> Option<&mut Person> {
        if !is_word(name) {
            return None;
        }
        let key = folded(name);
        if !self.people.contains_key(&key) && self.people.len() >= NAMES_MAX {
            return None;
        }
        let person = self.people.entry(key).or_default();
        if person.name != name {
            person.name = name.to_owned();
        }
        Some(person)
    }

    /// The people whose names have this prefix: the latest speaker first, then those who have not spoken, by alphabet.
    fn people_like(&self, begun: &str) -> Vec<&str> {
        let begun = folded(begun);
        let from = self.people.range(begun.clone()..);
        let like = from.take_while(|(key, _)| key.starts_with(&begun));
        let mut people: Vec<&Person> = like.map(|(_, person)| person).collect();
        // The sort is stable, so people who have not spoken stay in the order of the map.
        people.sort_by_key(|person| Reverse(person.spoke));
        people.iter().map(|person| &*person.name).collect()
    }

    /// The server's commands and the client's own, without those that end or remove something.
    fn all_commands(&self) -> impl Iterator<Item = &str> {
        let own = OWN_COMMANDS.iter().map(|own| own.word);
        let commands = self.commands.iter().map(String::as_str).chain(own);
        commands.filter(|word| !is_typed_in_full(word))
    }
}

/// The words with this prefix, in their order.
fn like<'a>(begun: &str, words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let begun = folded(begun);
    words.filter(|word| folded(word).starts_with(&begun)).collect()
}

/// Folds the case of a name (section 3.13 of the Unicode Standard).
fn folded(name: &str) -> String {
    name.nfc().default_case_fold().collect()
}

/// Returns whether the text is one word, as all names are: visible, short, and without control characters.
fn is_word(text: &str) -> bool {
    let is_short = !text.is_empty() && text.len() <= NAME_BYTES_MAX;
    is_short && !text.contains(place::is_separator) && !clean(text.as_bytes()).altered
}

#[cfg(test)]
mod tests;
