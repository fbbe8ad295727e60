//! Step 6 of the path of a message: a [`Message`] becomes lines for a terminal, which end in CR LF.
//!
//! The server's own lines begin with `server: `, a person's with `NAME : `. A name contains no blank and a text no line end,
//! so nobody can forge either. UTF-8 has no byte 0xFF, so no byte needs telnet's escape, a doubled IAC.
//!
//! The wording of everything but chat messages is in `sentences` (one line each), `tables` (lists) and `past` (the history).

use jiff::tz::TimeZone;

use super::layout::{clock, day_and_clock};
use super::{past, tables};
use crate::chat::{Audience, ChatMessage, Manner, Message, Timestamps};

/// Appends `message` to `out` as the bytes for a terminal. `timestamps` says which times to put before chat messages; all
/// times are in `zone`.
pub fn encode(message: &Message, timestamps: Timestamps, zone: &TimeZone, out: &mut Vec<u8>) {
    match message {
        Message::Chat(message) => chat(message, timestamps, zone, out),
        Message::History { .. } | Message::Found { .. } => {
            past::encode(message, without_time, zone, out)
        }
        other => tables::encode(other, zone, out),
    }
}

/// Encodes a live message; `past` encodes the history.
fn chat(message: &ChatMessage, timestamps: Timestamps, zone: &TimeZone, out: &mut Vec<u8>) {
    let time = || zone.to_datetime(message.received_at);
    match timestamps {
        Timestamps::Off => {}
        Timestamps::Time => out.extend_from_slice(format!("[{}] ", clock(time())).as_bytes()),
        Timestamps::Date => {
            out.extend_from_slice(format!("[{}] ", day_and_clock(time())).as_bytes())
        }
    }
    without_time(message, out);
}

/// `NAME : TEXT`. Every chat message comes here, so this copies instead of using the formatting machinery.
fn without_time(message: &ChatMessage, out: &mut Vec<u8>) {
    let mut push =
        |parts: &[&str]| parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    let name: &str = &message.from;
    match (message.manner, &message.to) {
        (Manner::Chat, _) => push(&[name, " : "]),
        (Manner::Me, _) => push(&["* ", name, " "]),
        (Manner::Private, Audience::Room { room, .. }) => push(&[name, " -> ", room, " : "]),
        (Manner::Private, Audience::People(people)) => {
            push(&[name, " -> ", &people.join(", "), " : "])
        }
    }
    push(&[&message.text, "\r\n"]);
}
