//! Every text that a person on telnet sees, in one place: a [`Message`] becomes lines that end in CR LF.
//!
//! The server's own lines begin with `server: `, a person's with `NAME : `. A name holds no blank and a text no line
//! end, so nobody can forge either. UTF-8 has no byte 0xFF, so nothing here needs telnet's doubling of IAC.
//!
//! | file | what it holds |
//! |---|---|
//! | `sentence` | the messages that are one sentence |
//! | `refused` | and those that say why something is not done |
//! | `said` | what people say, now and in the past |
//! | `listing` | sentences that name many people |
//! | `table` | answers in columns: rooms, people, bans, threads |
//! | `help` | the commands |
//! | `clause` | parts that several sentences share |
//! | `layout` | lines, and how to keep within their width |
//! | `span` | how long something takes or has taken |

use jiff::tz::TimeZone;

use super::layout::{line, wrap};
use super::sentences::sentence;
use super::{help, listing, said, tables};
use crate::chat::{ChatError, Message, Stranger, Timestamps};

/// Appends `message` to `out` as the bytes that go to a terminal. `timestamps` is how this person sees when something
/// was said, and `zone` the one that times are told in.
pub fn encode(message: &Message, timestamps: Timestamps, zone: &TimeZone, out: &mut Vec<u8>) {
    match message {
        // By far the most frequent one.
        Message::Chat(said) => said::encode(said, timestamps, zone, out),
        Message::History {
            room, said, now, ..
        } => said::history(room, said, *now, zone, out),
        Message::Delivered {
            to,
            absent,
            everybody_in,
            ..
        } => wrap(
            listing::delivered(to, absent, everybody_in.as_deref()),
            0,
            out,
        ),
        Message::Error(ChatError::NobodyOf(names)) => wrap(listing::nobody_of(names), 0, out),
        Message::Ignoring(names) => wrap(listing::ignoring(names), 0, out),
        Message::InRoom {
            room,
            from,
            members,
            total,
            topic,
            ..
        } => {
            let (pieces, beyond) = listing::in_room(room, from, members, *total);
            wrap(pieces, beyond, out);
            if let Some(topic) = topic {
                line(&format!("Topic: {topic}"), out);
            }
        }
        Message::Who {
            room,
            people,
            total,
        } => wrap(
            listing::who(room.as_deref(), people, *total),
            total.saturating_sub(people.len()),
            out,
        ),
        Message::Rooms { rooms, total } => tables::rooms(rooms, *total, out),
        Message::Whois(person) => tables::whois(person, out),
        Message::BanAdded(ban) => line(&tables::ban_added(ban, zone), out),
        Message::Bans { bans, total, now } => tables::bans(bans, *total, *now, out),
        Message::Threads { rows, total } => tables::threads(rows, *total, out),
        Message::Motd(Some(text)) => text.lines().for_each(|text| line(text, out)),
        Message::Help { operator, topic } => help::encode(*operator, *topic, out),
        Message::WrongProtocol(stranger) => wrong_protocol(*stranger, out),
        // `sentence` names all others one by one: a new message does not compile until somebody has worded it.
        other => line(&sentence(other), out),
    }
}

/// An answer that the other program can show to whoever started it, in its own manner where that is one line.
fn wrong_protocol(stranger: Stranger, out: &mut Vec<u8>) {
    match stranger {
        Stranger::Http => {
            out.extend_from_slice(
                b"HTTP/1.1 400 This is a chat server: use telnet\r\nConnection: close\r\n\r\n",
            );
        }
        // RFC 4253, 4.2: a server may send lines of text before its version, and ssh -v shows them.
        Stranger::Ssh => line("This is a chat server, not SSH: use telnet.", out),
        // TLS has no line to say anything in.
        Stranger::Tls => {}
    }
}
