//! What has been heard becomes lines for the screen.
//!
//! What somebody says begins with a time, a room or a name. What nobody has said begins with `-- `, and what went wrong
//! with `!! `: no name holds a blank, so nobody's message can look like either.
//!
//! | file | what it holds |
//! |---|---|
//! | `said` | what people say |
//! | `calls` | whether it is oneself to whom they say it |
//! | `sentence` | what is told in one sentence |
//! | `joined` | the room that one is in now |
//! | `lists` | answers in columns: people, rooms, bans, threads, commands |
//! | `layout` | lines, and how to keep within their width |

mod calls;
mod joined;
mod layout;
mod lists;
mod said;
mod sentence;

use chatserv::chat::Manner;

use super::heard::Said;
use super::{Heard, Line, Viewer};
pub use calls::{calls, speaks};
pub use layout::{counted, listed};

/// The lines that show what has been heard; none where there is nothing to see.
pub fn lines(heard: &Heard, viewer: Viewer) -> Vec<Line> {
    if let Some((manner, said)) = speech(heard) {
        return vec![said::line(manner, said, viewer)];
    }
    match heard {
        Heard::History { messages, .. } => {
            let past = messages.iter().filter_map(speech);
            past.map(|(manner, said)| said::line(manner, said, viewer)).collect()
        }
        Heard::JoinRoom(joined) => joined::lines(joined),
        Heard::Who { room, clients, total } => lists::who(room.as_deref(), clients, *total),
        Heard::Rooms { rooms, total } => lists::rooms(rooms, *total),
        Heard::Whois(known) => lists::whois(known),
        Heard::Help { commands } => lists::help(commands),
        Heard::Bans { bans, total } => lists::bans(bans, *total, viewer),
        Heard::Threads { threads, total } => lists::threads(threads, *total),
        // It may be a picture made of letters: each line stays as it is.
        Heard::Motd { message: Some(text) } => text.lines().map(layout::as_it_is).collect(),
        Heard::Error { message, .. } => layout::error(message),
        other => sentence::sentence(other, viewer)
            .map(|sentence| layout::notice(&sentence))
            .unwrap_or_default(),
    }
}

/// Whether it only tells that somebody else comes or goes. A kick is more than that.
pub fn comes_or_goes(heard: &Heard, me: &str) -> bool {
    match heard {
        Heard::JoinRoom(joined) => joined.members.is_none(),
        Heard::LeaveRoom { from, reason, .. } => reason.is_none() && !is_same(from, me),
        // So many that the server counts them.
        Heard::Notice { code, .. } => code.as_deref() == Some("membership"),
        _ => false,
    }
}

/// What somebody says, and how.
fn speech(heard: &Heard) -> Option<(Manner, &Said)> {
    match heard {
        Heard::Chat(said) => Some((Manner::Chat, said)),
        Heard::Me(said) => Some((Manner::Me, said)),
        Heard::Msg(said) => Some((Manner::Private, said)),
        _ => None,
    }
}

/// Whether it was said to people, and not to a room.
fn is_private(manner: Manner, said: &Said) -> bool {
    manner == Manner::Private || !said.to.is_empty()
}

/// Whether two names are the same, in whatever case and normal form they are written.
fn is_same(one: &str, other: &str) -> bool {
    one == other || caseless::canonical_caseless_match_str(one, other)
}

#[cfg(test)]
mod tests;
