//! What Tab makes of a half-typed word.
//!
//! What is known of comes from the server, and what is completed stands in the typed line, which a terminal shows and a
//! person sends. So a name with blanks or control characters in it, which no honest server sends, is not learned.

mod place;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use caseless::Caseless as _;
use chatserv::chat::is_typed_in_full;
use chatserv::protocol::clean;
use unicode_normalization::UnicodeNormalization as _;

use super::wire::OWN_COMMANDS;
use place::{Place, Wanted};

/// So many names are known at once; the one that has been silent longest makes room. As many people as the server
/// holds by default.
const NAMES_MAX: usize = 10_000;
/// No name of the server's is longer.
const NAME_BYTES_MAX: usize = 128;

/// All that a half-typed word could become.
#[derive(Debug, Default)]
pub struct Known {
    /// People, by their folded names: so those that begin alike stand side by side, by alphabet.
    people: BTreeMap<String, Person>,
    /// How often somebody has spoken.
    spoken: u64,
    rooms: Vec<String>,
    commands: Vec<String>,
}

/// Somebody whose name can be completed.
#[derive(Debug, Default)]
struct Person {
    name: String,
    /// The value of [`Known::spoken`] when they last spoke; 0 if they have not yet.
    spoke: u64,
}

/// What a half-typed word could become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Where in the line the half-typed word begins, in bytes. It ends at the cursor.
    pub start: usize,
    /// What could stand in its place, the most probable first; each with what follows it, mostly a blank. There is at
    /// least one.
    pub candidates: Vec<String>,
}

impl Known {
    /// Somebody has spoken: of all whose names begin alike, they are probably meant.
    pub fn spoke(&mut self, name: &str) {
        self.spoken += 1;
        let spoken = self.spoken;
        if let Some(person) = self.person(name) {
            person.spoke = spoken;
        }
    }

    /// Somebody is here.
    pub fn here(&mut self, name: &str) {
        self.person(name);
    }

    /// Somebody has gone.
    pub fn gone(&mut self, name: &str) {
        self.people.remove(&folded(name));
    }

    /// These are the rooms one is in.
    pub fn set_rooms(&mut self, rooms: Vec<String>) {
        self.rooms = rooms.into_iter().filter(|room| is_word(room)).collect();
    }

    /// These are the server's commands, without their slash, in the order in which they are offered.
    pub fn set_commands(&mut self, commands: Vec<String>) {
        self.commands = commands.into_iter().filter(|word| is_word(word)).collect();
    }

    /// What the word could become that ends at `pos`, a place in the line in bytes. None where nothing is known that
    /// begins like it, or where that is no place between two characters of the line.
    pub fn complete(&self, line: &str, pos: usize) -> Option<Completion> {
        let (before, after) = line.split_at_checked(pos)?;
        let Place { start, wanted, sign, begun, end } = Place::at(before)?;
        let words: Vec<&str> = match wanted {
            Wanted::Person => self.people_like(begun),
            Wanted::Room => like(begun, self.rooms.iter().map(String::as_str)),
            Wanted::Command => like(begun, self.all_commands()),
        };
        // What follows the cursor may end the word well enough.
        let end = if after.starts_with([' ', ',']) { end.trim_end() } else { end };
        let candidates = words.iter().map(|word| format!("{sign}{word}{end}"));
        let candidates: Vec<String> = candidates.collect();
        (!candidates.is_empty()).then_some(Completion { start, candidates })
    }

    /// The entry of this name, made where there is none, if it is a name.
    fn person(&mut self, name: &str) -> Option<&mut Person> {
        if !is_word(name) {
            return None;
        }
        let key = folded(name);
        if !self.people.contains_key(&key) && self.people.len() >= NAMES_MAX {
            self.forget_one();
        }
        let person = self.people.entry(key).or_default();
        if person.name != name {
            person.name = name.to_owned();
        }
        Some(person)
    }

    fn forget_one(&mut self) {
        let silent = self.people.iter().min_by_key(|(_, person)| person.spoke);
        if let Some(key) = silent.map(|(key, _)| key.clone()) {
            self.people.remove(&key);
        }
    }

    /// People whose names begin like this: who spoke last first, then those who have not spoken, by alphabet.
    fn people_like(&self, begun: &str) -> Vec<&str> {
        let begun = folded(begun);
        let from = self.people.range(begun.clone()..);
        let like = from.take_while(|(key, _)| key.starts_with(&begun));
        let mut people: Vec<&Person> = like.map(|(_, person)| person).collect();
        // A stable sort: those who have not spoken stay in the order of the map.
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

/// Those that begin like this, in their order.
fn like<'a>(begun: &str, words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let begun = folded(begun);
    words.filter(|word| folded(word).starts_with(&begun)).collect()
}

/// What names have in common that differ in case only (section 3.13 of the Unicode Standard).
fn folded(name: &str) -> String {
    name.nfc().default_case_fold().collect()
}

/// Whether it is one word, as all names are: visible, short, and nothing that a terminal obeys.
fn is_word(text: &str) -> bool {
    let is_short = !text.is_empty() && text.len() <= NAME_BYTES_MAX;
    is_short && !text.contains(place::is_separator) && !clean(text.as_bytes()).altered
}

#[cfg(test)]
mod tests;
