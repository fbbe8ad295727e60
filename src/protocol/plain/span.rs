//! How long something takes, in the way that people type it: `45s`, `30m`, `2h 5m`, `3d 4h`.

use crate::chat::Time;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What has passed of a time: what is begun and not full does not count.
pub fn past(time: Time) -> String {
    told(time.as_secs())
}

/// What is left of a time, rounded up: it is a promise.
pub(super) fn left(time: Time) -> String {
    let seconds = seconds_left(time);
    // The smallest unit that is told of a time as long as this one.
    let unit = match seconds {
        0..MINUTE => 1,
        MINUTE..DAY => MINUTE,
        _ => HOUR,
    };
    told(seconds.div_ceil(unit).saturating_mul(unit))
}

/// The seconds that are left, rounded up.
pub(in crate::protocol) fn seconds_left(time: Time) -> u64 {
    let begun = u64::from(time.subsec_nanos() > 0);
    time.as_secs().saturating_add(begun)
}

fn told(seconds: u64) -> String {
    let (large, small) = match seconds {
        0..MINUTE => return format!("{seconds}s"),
        MINUTE..HOUR => return format!("{}m", seconds / MINUTE),
        HOUR..DAY => ((seconds / HOUR, 'h'), (seconds % HOUR / MINUTE, 'm')),
        _ => ((seconds / DAY, 'd'), (seconds % DAY / HOUR, 'h')),
    };
    match (large, small) {
        ((count, unit), (0, _)) => format!("{count}{unit}"),
        ((count, unit), (rest, smaller)) => format!("{count}{unit} {rest}{smaller}"),
    }
}
