//! Converts the objects of the server to lines for the screen.
//!
//! A message begins with a time, a room or a name. A notice begins with `-- ` and an error with `!! `: names contain no
//! blanks, so no message can imitate either.
//!
//! | file | what it holds |
//! |---|---|
//! | `said` | messages |
//! | `past` | a part of a room's history |
//! | `calls` | whether a message mentions the user |
//! | `sentence` | notices of one sentence |
//! | `lists` | answers in columns: people, rooms, bans, threads, commands |
//! | `layout` | notices, columns, and lists of names |

mod calls;
mod layout;
mod lists;
mod past;
mod said;
mod sentence;

use chatserv::chat::Manner;

use super::heard::Said;
use super::{Heard, Line, Viewer};
pub use calls::{calls, speaks};
pub use layout::{counted, listed};
pub use past::missing;

/// Returns the lines that show this object; none if there is nothing to show.
pub fn lines(heard: &Heard, viewer: Viewer) -> Vec<Line> {
    if let Some((manner, said)) = speech(heard) {
        return vec![said::line(manner, said, viewer)];
    }
    match heard {
        Heard::History { room, messages, gaps, .. } => past::lines(room, messages, gaps, viewer),
        Heard::Search { messages, more } => {
            let title = match messages.len() {
                0 => "Nothing found. A line must contain all the words.".to_owned(),
                1 => "1 line found:".to_owned(),
                count => format!("{count} lines found, the newest first:"),
            };
            let mut lines = vec![layout::notice(&title)];
            let past = messages.iter().filter_map(speech);
            lines.extend(past.map(|(manner, said)| said::line(manner, said, viewer)));
            if *more {
                lines.push(layout::notice("There are more. Add a word, from:NAME or before:DATE."));
            }
            lines
        }
        Heard::Who { room, clients, total } => {
            lists::who(room.as_deref(), clients, *total, viewer.columns)
        }
        Heard::Rooms { rooms, total } => lists::rooms(rooms, *total),
        Heard::Whois(known) => lists::whois(known),
        Heard::Help { commands } => lists::help(commands),
        Heard::Bans { bans, total } => lists::bans(bans, *total, viewer),
        Heard::Threads { threads, total } => lists::threads(threads, *total),
        Heard::Motd { message: Some(text) } => text.lines().map(layout::notice).collect(),
        Heard::Error { message, .. } => vec![Line::error(&format!("!! {message}"))],
        other => {
            sentence::sentence(other, viewer).iter().map(|text| layout::notice(text)).collect()
        }
    }
}

/// Returns whether the object only reports that somebody else joins or leaves. A kick counts as more than that.
pub fn comes_or_goes(heard: &Heard, me: &str) -> bool {
    match heard {
        Heard::JoinRoom(joined) => joined.members.is_none(),
        Heard::LeaveRoom { from, reason, .. } => reason.is_none() && !is_same(from, me),
        // The server summarizes large numbers of joins and leaves.
        Heard::Notice { code, .. } => code.as_deref() == Some("membership"),
        _ => false,
    }
}

/// Returns the message in this object, if there is one, and its manner.
fn speech(heard: &Heard) -> Option<(Manner, &Said)> {
    match heard {
        Heard::Chat(said) => Some((Manner::Chat, said)),
        Heard::Me(said) => Some((Manner::Me, said)),
        Heard::Msg(said) => Some((Manner::Private, said)),
        _ => None,
    }
}

/// Returns whether the message was sent to people and not to a room.
fn is_private(manner: Manner, said: &Said) -> bool {
    manner == Manner::Private || !said.to.is_empty()
}

/// Returns whether two names are equal, regardless of case and Unicode normal form.
fn is_same(one: &str, other: &str) -> bool {
    one == other || caseless::canonical_caseless_match_str(one, other)
}

#[cfg(test)]
mod tests;
