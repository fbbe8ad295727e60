//! Answers in columns: rooms, what is known of somebody, bans, threads.

use std::iter;

use bytesize::ByteSize;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::clause::because;
use super::layout::{columns, cut, line};
use super::said::day_and_clock;
use super::span;
use crate::chat::{Ban, PersonDetails, Protocol, Queue, RoomListing, ThreadListing, Time};

/// How much of a line of bans says who made it.
const BY_COLUMNS_MAX: usize = 20;

/// The rooms there are.
pub(super) fn rooms(rooms: &[RoomListing], total: usize, out: &mut Vec<u8>) {
    let rows = rooms.iter().map(|shown| {
        let people = if shown.members == 1 {
            "person"
        } else {
            "people"
        };
        [
            shown.room.to_string(),
            format!("{} {people}", shown.members),
            shown.topic.as_deref().unwrap_or_default().to_owned(),
        ]
    });
    columns(&format!("{total} room(s):"), rows, total, out);
}

/// What is known of somebody.
pub(super) fn whois(known: &PersonDetails, out: &mut Vec<u8>) {
    let person = &known.person;
    let speaks = match known.protocol {
        Protocol::Plain => "plain text",
        Protocol::Json => "JSON lines",
    };
    let rooms = match person.rooms.as_slice() {
        [] => "none".into(),
        rooms => rooms.join(", "),
    };
    let mut rows = vec![
        ["rooms".into(), rooms],
        ["here for".into(), span::past(known.here_for)],
        ["idle for".into(), span::past(person.idle)],
        ["speaks".into(), speaks.to_owned()],
    ];
    if person.away {
        let why = known.away_why.as_deref().unwrap_or("yes");
        rows.push(["away".into(), why.to_owned()]);
    }
    if known.operator {
        rows.push(["operator".into(), "yes".into()]);
    }
    if let Some((address, is_muted)) = known.private {
        rows.push(["address".into(), address.to_string()]);
        if is_muted {
            rows.push(["muted".into(), "yes".into()]);
        }
    }
    let total = rows.len();
    columns(&format!("{}:", person.name), rows, total, out);
}

/// Who is banned.
pub(super) fn bans(bans: &[Ban], total: usize, now: Timestamp, out: &mut Vec<u8>) {
    if total == 0 {
        return line("Nobody is banned.", out);
    }
    let rows = bans.iter().map(|ban| {
        let until = match ban.until {
            // A ban that has just ended may still be in the list.
            Some(until) => {
                let left = Time::try_from(until.duration_since(now)).unwrap_or_default();
                format!("{} left", span::left(left))
            }
            None => "for good".into(),
        };
        // A long name leaves no room for the reason, which matters more.
        let by = cut(&format!("by {}", ban.by), BY_COLUMNS_MAX);
        [whom(ban), until, by, ban.why.clone().unwrap_or_default()]
    });
    columns(&format!("{total} ban(s):"), rows, total, out);
}

/// To the operator: a ban holds.
pub(super) fn ban_added(ban: &Ban, zone: &TimeZone) -> String {
    let until = match ban.until {
        Some(until) => format!("until {}", day_and_clock(zone.to_datetime(until))),
        None => "until you take it back with /unban".into(),
    };
    format!(
        "{} is banned {until}{}.",
        whom(ban),
        because(ban.why.as_deref())
    )
}

/// Whom a ban keeps out.
pub(super) fn whom(ban: &Ban) -> String {
    let name = ban.name.as_deref().map(str::to_owned);
    let network = ban.network.map(|network| network.to_string());
    let both: Vec<String> = name.into_iter().chain(network).collect();
    both.join(", ")
}

/// What each thread of the server does. Its role is not shown: the name begins with it. A queue with a unit is bytes that
/// wait for a client, one without is events in the inbox.
pub(super) fn threads(rows: &[ThreadListing], total: usize, out: &mut Vec<u8>) {
    let size = |bytes| ByteSize(bytes).display().iec_short().to_string();
    let head = ["name", "does", "alive", "queue", "read", "sent"].map(str::to_owned);
    let rows = rows.iter().map(|row| {
        [
            row.name.clone(),
            row.doing.to_owned(),
            span::past(row.alive),
            match row.queue {
                Some(Queue::Bytes(bytes)) => size(bytes),
                Some(Queue::Events(events)) => events.to_string(),
                None => String::new(),
            },
            size(row.bytes_in),
            size(row.bytes_out),
        ]
    });
    let title = format!("{total} thread(s):");
    // The head is a row of the table, too.
    columns(&title, iter::once(head).chain(rows), total + 1, out);
}
