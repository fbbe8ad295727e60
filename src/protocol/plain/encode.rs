//! Step 6 of the path of a message: a [`Message`] becomes lines for a terminal, which end in CR LF.
//!
//! The server's own lines begin with `server: `, a person's with `NAME : `. A name contains no blank and a text no line end,
//! so nobody can forge either. UTF-8 has no byte 0xFF, so no byte needs telnet's escape, a doubled IAC.
//!
//! The wording of everything but chat messages is in `sentences` (one line each) and `tables` (lists).

use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::layout::{clock, day_and_clock, line};
use super::tables;
use crate::chat::{Audience, ChatMessage, Manner, Message, SentAt, Timestamps};

/// A smaller deviation of the sender's clock is not shown.
const CLOCK_DIFFERENCE_MIN: SignedDuration = SignedDuration::from_mins(1);

/// Appends `message` to `out` as the bytes for a terminal. `timestamps` says which times to put before chat messages; all
/// times are in `zone`.
pub fn encode(message: &Message, timestamps: Timestamps, zone: &TimeZone, out: &mut Vec<u8>) {
    match message {
        Message::Chat(message) => chat(message, timestamps, zone, out),
        Message::History { room, messages, now, .. } => history(room, messages, *now, zone, out),
        other => tables::encode(other, zone, out),
    }
}

/// A message when it is said, not as part of the history.
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

/// Past messages, each with its time, and with its date if that is not today's.
fn history(
    room: &str,
    messages: &[Arc<ChatMessage>],
    now: Timestamp,
    zone: &TimeZone,
    out: &mut Vec<u8>,
) {
    if messages.is_empty() {
        return line(&format!("No lines yet in {room}."), out);
    }
    line(&format!("The last {} line(s) in {room}:", messages.len()), out);
    let today = zone.to_datetime(now).date();
    for message in messages {
        let received = zone.to_datetime(message.received_at);
        let time = if received.date() == today { clock(received) } else { day_and_clock(received) };
        let sent = message.sent_at.as_ref();
        let sent = sent.filter(|sent| {
            message.received_at.duration_since(sent.at).abs() > CLOCK_DIFFERENCE_MIN
        });
        let sent = sent.map_or_else(String::new, |sent| sender_clock(sent, received));
        out.extend_from_slice(format!("[{time}{sent}] ").as_bytes());
        without_time(message, out);
    }
}

/// The time by the sender's clock and zone, with the date if that is not the date of `received`.
fn sender_clock(sent: &SentAt, received: DateTime) -> String {
    let time = sent.zone.to_datetime(sent.at);
    let written = if time.date() == received.date() { clock(time) } else { day_and_clock(time) };
    format!(", sent {written} {}", offset(sent.zone))
}

/// The offset from UTC, as RFC 3339 writes it.
fn offset(zone: Offset) -> String {
    let minutes = zone.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
