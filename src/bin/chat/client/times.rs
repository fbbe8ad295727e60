//! When something was said, by its sender's clock.
//!
//! A sender's program tells its own date, time and zone (`sent_at`), and that is what is shown: one sees that it is late
//! at night where the other one sits. Where it differs from what the reader would expect, a hint says so: another day,
//! another zone, a clock that is ahead, a line that arrived later. Of those who tell nothing, the server's moment
//! (`received_at`) is shown in the reader's own zone.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, civil};

use super::Viewer;
use super::heard::Said;

const MINUTES_OF_HOUR: i64 = 60;
const MINUTES_OF_DAY: i64 = 24 * MINUTES_OF_HOUR;

/// A moment, as a clock somewhere shows it.
#[derive(Debug, Clone, Copy)]
struct Shown {
    /// What the clock shows.
    clock: DateTime,
    /// How far it is set ahead of UTC.
    offset: Offset,
    /// The moment itself; the last one that there is, where it is later.
    at: Timestamp,
}

/// When it was said, with its brackets: `[12:03]`, `[2026-11-20 12:03 +01:00, clock 5 min ahead]`. None where no times
/// are wanted, or none can be read.
pub fn stamp(said: &Said, viewer: Viewer) -> Option<String> {
    let zone = viewer.now.time_zone();
    let received = read(&said.received_at).map(|received| seen_in(zone, received.at));
    let sent = said.sent_at.as_deref().and_then(read);
    let shown = sent.or(received)?;

    let time = show(viewer.time, shown.clock, shown.offset).ok()?;
    if time.is_empty() {
        return None;
    }
    // A hint is for what the pattern leaves unsaid: if it would show the very same for what the reader expects.
    let unsaid = |clock, offset| show(viewer.time, clock, offset).is_ok_and(|other| other == time);
    let today = viewer.now.date();
    let mut text = String::from("[");
    if shown.clock.date() != today && unsaid(today.to_datetime(shown.clock.time()), shown.offset) {
        text += &format!("{} ", shown.clock.date());
    }
    text += &time;
    let offset = zone.to_offset(shown.at);
    if shown.offset != offset && unsaid(shown.clock, offset) {
        text += &format!(" {}", written_offset(shown.offset));
    }
    if let (Some(sent), Some(received)) = (sent, received)
        && let Some(difference) = difference(sent.at.duration_since(received.at))
    {
        text += &format!(", {difference}");
    }
    text.push(']');
    Some(text)
}

/// A moment that a server names (RFC 3339), in the reader's own zone, with the date where it is not today. As it is
/// written, where it cannot be read.
pub fn moment(written: &str, viewer: Viewer) -> String {
    let Some(named) = read(written) else {
        return written.to_owned();
    };
    let clock = seen_in(viewer.now.time_zone(), named.at).clock;
    let time = format!("{:02}:{:02}", clock.hour(), clock.minute());
    if clock.date() == viewer.now.date() {
        return time;
    }
    format!("{} {time}", clock.date())
}

/// Whether times can be shown like this.
///
/// # Errors
///
/// It is no such pattern; a sentence that says why.
pub fn check(pattern: &str) -> Result<(), String> {
    let noon = civil::date(2026, 11, 20).at(12, 0, 0, 0);
    match show(pattern, noon, Offset::UTC) {
        Ok(_) => Ok(()),
        Err(reason) => {
            Err(format!("`{pattern}` does not say how to show a time, as `%H:%M` does: {reason}"))
        }
    }
}

/// Reads the date and time of RFC 3339, section 5.6. A leap second is shown as the second before it.
fn read(written: &str) -> Option<Shown> {
    let pieces = Pieces::parse(written).ok()?;
    let clock = pieces.date().to_datetime(pieces.time()?);
    let offset = pieces.to_numeric_offset()?;
    // The calendar of moments ends a day before the year 9999 does, so that it has an end in every zone.
    let at = offset.to_timestamp(clock).unwrap_or(Timestamp::MAX);
    Some(Shown { clock, offset, at })
}

fn seen_in(zone: &TimeZone, at: Timestamp) -> Shown {
    let offset = zone.to_offset(at);
    let clock = offset.to_datetime(at);
    Shown { clock, offset, at }
}

/// A time by the pattern. It is given the offset and no zone, so that no pattern can be checked that asks for a zone's
/// name: a sender does not tell it.
fn show(pattern: &str, clock: DateTime, offset: Offset) -> Result<String, jiff::Error> {
    let mut time = BrokenDownTime::from(clock);
    time.set_offset(Some(offset));
    time.to_string(pattern)
}

/// How far a zone is from UTC, as RFC 3339 writes it.
fn written_offset(offset: Offset) -> String {
    let minutes = i64::from(offset.seconds()) / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / MINUTES_OF_HOUR, minutes.abs() % MINUTES_OF_HOUR);
    format!("{sign}{hours:02}:{minutes:02}")
}

/// How the sender's time differs from the server's. None where that is less than a minute.
///
/// A line that the client has held, without a connection or under flood control, looks like one from a clock that is
/// behind, so the words fit both. A time that is still to come can only be of a clock that is ahead.
fn difference(ahead: SignedDuration) -> Option<String> {
    let minutes = ahead.as_mins().abs();
    let length = match minutes {
        0 => return None,
        1..MINUTES_OF_HOUR => format!("{minutes} min"),
        MINUTES_OF_HOUR..MINUTES_OF_DAY => counted(minutes / MINUTES_OF_HOUR, "hour"),
        _ => counted(minutes / MINUTES_OF_DAY, "day"),
    };
    Some(if ahead.is_negative() {
        format!("arrived {length} later")
    } else {
        format!("clock {length} ahead")
    })
}

fn counted(count: i64, unit: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{ending}")
}

#[cfg(test)]
mod tests;
