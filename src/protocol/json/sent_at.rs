//! The date and time of RFC 3339, strictly: what is carried as it was written has to be what all others can read.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use crate::chat::SentAt;

/// No date and time is longer than this, though the RFC sets no end to the digits of a second: what is kept in the
/// history of a room must not be as long as its sender likes.
const WRITTEN_BYTES_MAX: usize = 64;

/// Reads `date-time` of RFC 3339, section 5.6: `2026-11-20T12:03:04.5+01:00`. `T` and `Z` may be small, and a second
/// may be a leap second. What the RFC only suggests, such as a blank in place of the `T`, is refused.
pub(super) fn parse_sent_at(written: &str) -> Option<SentAt> {
    if written.len() > WRITTEN_BYTES_MAX {
        return None;
    }
    let mut rest = Rest(written.as_bytes());
    let (year, month, day) = (
        rest.digits(4)?,
        rest.after("-")?.digits(2)?,
        rest.after("-")?.digits(2)?,
    );
    let (hour, minute, second) = (
        rest.after("Tt")?.digits(2)?,
        rest.after(":")?.digits(2)?,
        rest.after(":")?.digits(2)?,
    );
    let nanosecond = rest.fraction()?;
    let zone = rest.zone()?;
    if !rest.0.is_empty() {
        return None;
    }

    let is_leap = second == 60;
    let date = Date::new(small(year)?, small(month)?, small(day)?).ok()?;
    let time = Time::new(
        small(hour)?,
        small(minute)?,
        small(if is_leap { 59 } else { second })?,
        nanosecond,
    )
    .ok()?;
    // A leap second is inserted behind the last second of a day in UTC, everywhere at the same time.
    let in_utc = (hour * 60 + minute) * 60 + 59 - zone.seconds();
    let ends_day = in_utc.rem_euclid(24 * 60 * 60) == 24 * 60 * 60 - 1;
    // The calendar of moments ends a day before the year 9999 does, so that it has an end in every zone.
    let at = zone.to_timestamp(date.to_datetime(time));
    (!is_leap || ends_day).then(|| SentAt {
        written: written.into(),
        at: at.unwrap_or(Timestamp::MAX),
        zone,
    })
}

/// What has not been read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// Goes on behind one of these signs.
    fn after(&mut self, signs: &str) -> Option<&mut Self> {
        let (sign, rest) = self.0.split_first()?;
        self.0 = rest;
        signs.as_bytes().contains(sign).then_some(self)
    }

    /// A number of exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, digit| {
            let value = digit.is_ascii_digit().then(|| digit - b'0')?;
            Some(number * 10 + i32::from(value))
        })
    }

    /// The part of a second behind its point, in nanoseconds: nothing is 0. More than nine digits are read and dropped.
    fn fraction(&mut self) -> Option<i32> {
        if !self.0.starts_with(b".") {
            return Some(0);
        }
        self.0 = &self.0[1..];
        let count = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let kept = count.min(9);
        let fraction = self.digits(kept)?;
        self.0 = &self.0[count - kept..];
        (count > 0).then(|| (kept..9).fold(fraction, |number, _| number * 10))
    }

    /// How far local time is ahead of UTC.
    fn zone(&mut self) -> Option<Offset> {
        let (sign, rest) = self.0.split_first()?;
        self.0 = rest;
        let sign = match sign {
            b'Z' | b'z' => return Some(Offset::UTC),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, minutes) = (self.digits(2)?, self.after(":")?.digits(2)?);
        let in_range = hours <= 23 && minutes <= 59;
        let seconds = sign * (hours * 60 + minutes) * 60;
        in_range.then(|| Offset::from_seconds(seconds).ok())?
    }
}

fn small<T: TryFrom<i32>>(number: i32) -> Option<T> {
    T::try_from(number).ok()
}
