//! Past messages as lines for people, each with its time.

use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::layout::{clock, day_and_clock, line};
use crate::chat::{Audience, ChatMessage, Gap, Loss, Message, Moment, SentAt};

/// A smaller deviation of the sender's clock is not shown.
const CLOCK_DIFFERENCE_MIN: SignedDuration = SignedDuration::from_mins(1);

/// Appends what somebody said, without its time.
type Speak = fn(&ChatMessage, &mut Vec<u8>);

/// Appends a [`Message::History`] or a [`Message::Found`].
pub(super) fn encode(message: &Message, speak: Speak, zone: &TimeZone, out: &mut Vec<u8>) {
    let past = |message: &ChatMessage, now: Timestamp, out: &mut Vec<u8>| {
        out.extend_from_slice(format!("[{}] ", times(message, now, zone)).as_bytes());
        speak(message, out);
    };
    match message {
        Message::History { room, messages, gaps, until, now, .. } => {
            let count = messages.len();
            match (count, until) {
                (0, None) => line(&format!("No lines yet in {room}."), out),
                (0, Some(_)) => line(&format!("No earlier lines in {room}."), out),
                (_, None) => line(&format!("The last {count} line(s) in {room}:"), out),
                (_, Some(until)) => {
                    let until = written(*until, zone);
                    line(&format!("The last {count} line(s) in {room} before {until}:"), out);
                }
            }
            history(messages, gaps, |message, out| past(message, *now, out), out);
        }
        Message::Found { rooms, lines, more, now, .. } => {
            let rooms = rooms.join(", ");
            if lines.is_empty() {
                let hint = "A line has to have all the words.";
                return line(&format!("Nothing found in {rooms}. {hint}"), out);
            }
            line(&format!("{} line(s) found in {rooms}, newest first:", lines.len()), out);
            lines.iter().for_each(|found| past(&found.message, *now, out));
            if *more {
                line("There are more. Add a word, from:NAME or before:DATE.", out);
            }
        }
        _ => debug_assert!(false, "{message:?} is not about the past"),
    }
}

/// The messages in their order, with a line for each gap among them.
fn history(
    messages: &[Arc<ChatMessage>],
    gaps: &[Gap],
    past: impl Fn(&ChatMessage, &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    let mut gaps = gaps.iter().peekable();
    for message in messages {
        if let Audience::Room { message_id, .. } = message.to {
            while let Some(gap) = gaps.next_if(|gap| gap.first < message_id) {
                line(&missing(gap), out);
            }
        }
        past(message, out);
    }
    gaps.for_each(|gap| line(&missing(gap), out));
}

fn missing(gap: &Gap) -> String {
    match gap.cause {
        Loss::Crash => {
            "Lines may be missing here: the server ended before it had written all.".into()
        }
        Loss::Full => {
            let count = (gap.last - gap.first).saturating_add(1);
            format!("{count} line(s) are missing here: there was no room to keep them.")
        }
        Loss::Damage => {
            "Older lines are missing: the file of the history was damaged and set aside.".into()
        }
        Loss::Absent => "Lines may be missing here: this machine was away.".into(),
    }
}

/// The time of a message, with its date if that is not today's.
fn times(message: &ChatMessage, now: Timestamp, zone: &TimeZone) -> String {
    let today = zone.to_datetime(now).date();
    let received = zone.to_datetime(message.received_at);
    let time = if received.date() == today { clock(received) } else { day_and_clock(received) };
    let sent = message.sent_at.as_ref();
    let sent = sent
        .filter(|sent| message.received_at.duration_since(sent.at).abs() > CLOCK_DIFFERENCE_MIN);
    time + &sent.map_or_else(String::new, |sent| sender_clock(sent, received))
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

/// A moment in the zone in which people see times.
fn written(moment: Moment, zone: &TimeZone) -> String {
    day_and_clock(match moment {
        Moment::Local(local) => local,
        Moment::Exact(moment) => zone.to_datetime(moment),
    })
}
