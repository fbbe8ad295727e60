//! What people say, as they say it and as it is shown again later.

use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::layout::line;
use crate::chat::{Audience, ChatMessage, Manner, SentAt, Timestamps};

/// A sender's clock that is wrong by less than this is not worth a word.
const CLOCKS_APART_MAX: SignedDuration = SignedDuration::from_mins(1);

/// Something that somebody says now.
pub(super) fn encode(
    said: &ChatMessage,
    timestamps: Timestamps,
    zone: &TimeZone,
    out: &mut Vec<u8>,
) {
    let time = || zone.to_datetime(said.received_at);
    match timestamps {
        Timestamps::Off => {}
        Timestamps::Time => out.extend_from_slice(format!("[{}] ", clock(time())).as_bytes()),
        Timestamps::Date => {
            out.extend_from_slice(format!("[{}] ", day_and_clock(time())).as_bytes())
        }
    }
    without_time(said, out);
}

/// What was said in a room, each with its time. The date is told of what was said on another day than `now`.
pub(super) fn history(
    room: &str,
    said: &[Arc<ChatMessage>],
    now: Timestamp,
    zone: &TimeZone,
    out: &mut Vec<u8>,
) {
    if said.is_empty() {
        return line(&format!("No lines yet in {room}."), out);
    }
    line(&format!("The last {} line(s) in {room}:", said.len()), out);
    let today = zone.to_datetime(now).date();
    for said in said {
        let received = zone.to_datetime(said.received_at);
        let time = if received.date() == today {
            clock(received)
        } else {
            day_and_clock(received)
        };
        let sent = said
            .sent_at
            .as_ref()
            .filter(|sent| said.received_at.duration_since(sent.at).abs() > CLOCKS_APART_MAX)
            .map_or_else(String::new, |sent| sender_clock(sent, received));
        out.extend_from_slice(format!("[{time}{sent}] ").as_bytes());
        without_time(said, out);
    }
}

/// A line without the machinery of formatting and without an allocation: this is written for everybody who hears it.
fn without_time(said: &ChatMessage, out: &mut Vec<u8>) {
    let name = said.from.as_bytes();
    let mut push = |parts: &[&[u8]]| {
        for part in parts {
            out.extend_from_slice(part);
        }
    };
    match (said.manner, &said.to) {
        (Manner::Chat, _) => push(&[name, b" : "]),
        (Manner::Me, _) => push(&[b"* ", name, b" "]),
        (Manner::Private, Audience::Room { room, .. }) => {
            push(&[name, b" -> ", room.as_bytes(), b" : "])
        }
        (Manner::Private, Audience::People(people)) => {
            push(&[name, b" -> "]);
            for (at, person) in people.iter().enumerate() {
                let comma: &[u8] = if at == 0 { b"" } else { b", " };
                push(&[comma, person.as_bytes()]);
            }
            push(&[b" : "]);
        }
    }
    push(&[said.text.as_bytes(), b"\r\n"]);
}

/// When it was sent, by the clock and in the zone of the sender, with the date where it is not that of `received`.
fn sender_clock(sent: &SentAt, received: DateTime) -> String {
    let time = sent.zone.to_datetime(sent.at);
    let written = if time.date() == received.date() {
        clock(time)
    } else {
        day_and_clock(time)
    };
    format!(", sent {written} {}", offset(sent.zone))
}

/// Hours and minutes.
fn clock(time: DateTime) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// The date, hours and minutes.
pub(super) fn day_and_clock(time: DateTime) -> String {
    format!("{} {}", time.date(), clock(time))
}

/// How far a zone is from UTC, as RFC 3339 writes it.
fn offset(zone: Offset) -> String {
    let minutes = zone.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
