//! Sentences that name many people: in pieces, so that a line may end behind each name.

use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

use super::layout::{TEXT_COLUMNS_MAX, cut, shortened};
use super::span;
use crate::chat::{LOBBY_NAME, PersonListing, Time};

/// Whoever has said something in this time is not idle.
const IDLE_AFTER: Time = Time::from_secs(60);

/// To a sender: who gets it, who is not here. Nothing where nobody was named.
pub(super) fn delivered(
    to: &[Arc<str>],
    absent: &[String],
    everybody_in: Option<&str>,
) -> Vec<String> {
    let absent: Vec<&str> = absent.iter().map(|name| shortened(name)).collect();
    if let Some(room) = everybody_in {
        let mut pieces = named("Nobody here is called ", &absent, ":");
        pieces.push(format!("said to everybody in {room}."));
        return pieces;
    }
    let mut pieces = named("Delivered to ", to, ".");
    pieces.extend(named("Not here: ", &absent, "."));
    pieces
}

/// None of those who were named is here.
pub(super) fn nobody_of(names: &[String]) -> Vec<String> {
    let names: Vec<&str> = names.iter().map(|name| shortened(name)).collect();
    let mut pieces = named("Nobody here is called ", &names, ".");
    pieces.push("/who shows who is here.".into());
    pieces
}

/// Whom somebody ignores.
pub(super) fn ignoring(names: &[Arc<str>]) -> Vec<String> {
    if names.is_empty() {
        return vec!["You ignore nobody. /ignore NAME hides what somebody says.".into()];
    }
    named("You ignore ", names, ".")
}

/// In which room somebody is and who else, as pieces and as the number of those others who are not among them: `total`
/// counts all who are in the room, `members` may be only the first of them.
pub(super) fn in_room(
    room: &str,
    from: &str,
    members: &[Arc<str>],
    total: usize,
) -> (Vec<String>, usize) {
    let others: Vec<&str> = members
        .iter()
        .map(AsRef::as_ref)
        .filter(|&member| member != from)
        .collect();
    if others.is_empty() {
        return (vec![format!("You are in room {room} alone.")], 0);
    }
    let beyond = total.saturating_sub(others.len() + 1);
    let mut pieces = vec![format!("You are in room {room} with")];
    pieces.extend(named("", &others, if beyond > 0 { "," } else { "." }));
    (pieces, beyond)
}

/// Who is here. `total` counts all of them, `people` may be only the first.
pub(super) fn who<'a>(
    room: Option<&str>,
    people: &'a [PersonListing],
    total: usize,
) -> impl Iterator<Item = String> + use<'a> {
    let is_whole_chat = room.is_none();
    let opening = match room {
        Some(room) => format!("{total} in room {room}:"),
        None => format!("{total} client(s) connected:"),
    };
    let people = people.iter().enumerate().map(move |(at, person)| {
        let comma = if at + 1 < total { "," } else { "" };
        format!("{}{comma}", shown(person, is_whole_chat))
    });
    std::iter::once(opening).chain(people)
}

/// A person with what is remarkable about them, in at most a line: rooms, idleness, absence.
fn shown(person: &PersonListing, with_rooms: bool) -> String {
    let mut remarks = Vec::new();
    if person.idle >= IDLE_AFTER {
        remarks.push(format!("idle {}", span::past(person.idle)));
    }
    if person.away {
        remarks.push("away".into());
    }
    // Where everybody on telnet begins: nobody needs to be told that somebody is there.
    let is_usual = matches!(person.rooms.as_slice(), [room] if &**room == LOBBY_NAME);
    if with_rooms && !is_usual && !person.rooms.is_empty() {
        // What the name, the other remarks, their signs and a comma leave of the line.
        let others: usize = remarks
            .iter()
            .map(|remark| remark.width() + "; ".len())
            .sum();
        let taken = person.name.width() + others + " (),".len();
        let rooms = cut(
            &person.rooms.join(", "),
            TEXT_COLUMNS_MAX.saturating_sub(taken),
        );
        remarks.insert(0, rooms);
    }
    if remarks.is_empty() {
        return person.name.to_string();
    }
    format!("{} ({})", person.name, remarks.join("; "))
}

/// Names with commas between them. `opening` stands right before the first, `end` right behind the last.
fn named(opening: &str, names: &[impl AsRef<str>], end: &str) -> Vec<String> {
    let last = names.len().saturating_sub(1);
    let pieces = names.iter().enumerate().map(|(at, name)| {
        let opening = if at == 0 { opening } else { "" };
        let end = if at == last { end } else { "," };
        format!("{opening}{}{end}", name.as_ref())
    });
    pieces.collect()
}
