//! Timestamps of messages, by the sender's clock.
//!
//! A sender's program reports its own date, time and zone (`sent_at`), and the client shows that time, so that the
//! reader sees that it is late at night where the sender is. A hint is added if the time differs from what the reader
//! would expect: another day, another zone, a clock that is ahead, a late arrival. Without `sent_at`, the client shows
//! the server's time (`received_at`) in the reader's zone.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, civil};

use super::Viewer;
use super::heard::Said;
use super::phrases::counted;

const MINUTES_OF_HOUR: i64 = 60;
const MINUTES_OF_DAY: i64 = 24 * MINUTES_OF_HOUR;

/// A point in time, as a clock in some zone shows it.
#[derive(Debug, Clone, Copy)]
struct Shown {
    /// The local date and time.
    clock: DateTime,
    /// The offset from UTC.
    offset: Offset,
    /// The instant, clamped to the last one that can be represented.
    at: Timestamp,
}

/// The timestamp of a message, with its brackets: `[12:03]`, `[2026-11-20 12:03 +01:00, clock 5 min ahead]`. Returns
/// `None` if times are switched off or the timestamp cannot be parsed.
pub fn stamp(said: &Said, viewer: Viewer) -> Option<String> {
    let zone = viewer.now.time_zone();
    let received = read(&said.received_at).map(|received| seen_in(zone, received.at));
    let sent = said.sent_at.as_deref().and_then(read);
    let shown = sent.or(received)?;

    let time = show(viewer.time, shown.clock, shown.offset).ok()?;
    if time.is_empty() {
        return None;
    }
    // A hint is added only for what the pattern does not show: if the expected time would look the same.
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

/// Formats a timestamp of the server (RFC 3339) in the reader's zone, with the date unless it is today. Returns the
/// timestamp unchanged if it cannot be parsed.
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

/// Checks a pattern for times.
///
/// # Errors
///
/// The pattern is not valid; the message says why.
pub fn check(pattern: &str) -> Result<(), String> {
    let noon = civil::date(2026, 11, 20).at(12, 0, 0, 0);
    match show(pattern, noon, Offset::UTC) {
        Ok(_) => Ok(()),
        Err(reason) => {
            Err(format!("`{pattern}` is not a format for times, such as `%H:%M`: {reason}"))
        }
    }
}

/// Parses a timestamp (RFC 3339, section 5.6). A leap second becomes the second before it.
fn read(written: &str) -> Option<Shown> {
    let pieces = Pieces::parse(written).ok()?;
    let clock = pieces.date().to_datetime(pieces.time()?);
    let offset = pieces.to_numeric_offset()?;
    // The range of instants ends a day before the end of the year 9999, so that the last one exists in every zone.
    let at = offset.to_timestamp(clock).unwrap_or(Timestamp::MAX);
    Some(Shown { clock, offset, at })
}

fn seen_in(zone: &TimeZone, at: Timestamp) -> Shown {
    let offset = zone.to_offset(at);
    let clock = offset.to_datetime(at);
    Shown { clock, offset, at }
}

/// Formats a time. The formatter gets the offset but no zone, so `check` refuses patterns with a zone's name, which
/// senders do not report.
fn show(pattern: &str, clock: DateTime, offset: Offset) -> Result<String, jiff::Error> {
    let mut time = BrokenDownTime::from(clock);
    time.set_offset(Some(offset));
    time.to_string(pattern)
}

/// Formats an offset from UTC as in RFC 3339.
fn written_offset(offset: Offset) -> String {
    let minutes = i64::from(offset.seconds()) / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / MINUTES_OF_HOUR, minutes.abs() % MINUTES_OF_HOUR);
    format!("{sign}{hours:02}:{minutes:02}")
}

/// Describes how the sender's time differs from the server's. Returns `None` if the difference is less than a minute.
///
/// A message that the client held back, without a connection or under flood control, cannot be told from one of a clock
/// that is behind, so the text fits both. A time in the future can only come from a clock that is ahead.
fn difference(ahead: SignedDuration) -> Option<String> {
    let minutes = ahead.as_mins().abs();
    let length = match minutes {
        0 => return None,
        1..MINUTES_OF_HOUR => format!("{minutes} min"),
        MINUTES_OF_HOUR..MINUTES_OF_DAY => counted(minutes / MINUTES_OF_HOUR, "hour", "hours"),
        _ => counted(minutes / MINUTES_OF_DAY, "day", "days"),
    };
    Some(if ahead.is_negative() {
        format!("arrived {length} later")
    } else {
        format!("clock {length} ahead")
    })
}

#[cfg(test)]
mod tests;
