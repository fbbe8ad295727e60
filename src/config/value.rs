//! Parses and formats single values.
//!
//! The error of a parser says only what is allowed; `error.rs` adds the name and the value, with escapes. So these errors
//! pass nothing that somebody typed to the terminal.
//!
//! Times and sizes need a unit: `--login-timeout 60` could mean seconds or milliseconds.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clap::ValueEnum;
use jiff::tz::TimeZone;

use super::choices::{Bind, RateLimit, Zone};
use super::subnets::Subnets;

pub(super) const KIB: u64 = bytesize::KIB;
pub(super) const MIB: u64 = bytesize::MIB;
pub(super) const GIB: u64 = bytesize::GIB;

/// Bounds for every time. The kernel may round less than a millisecond to zero, which means "for ever". More than 30 days
/// is a mistake, and the bound keeps sums from overflowing.
const DURATIONS: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(30 * 24 * 60 * 60);

/// Bounds for both numbers of a rate limit. More would limit neither typing nor pasting.
const LINES: RangeInclusive<u32> = 1..=100_000;

/// The longest name of a machine: that of a host name's part (RFC 1035, section 2.3.4).
const NODE_CHARS_MAX: usize = 63;

/// A description of the allowed values.
type Expected = String;

/// Parses the path of a file, which need not exist yet.
pub(super) fn path(text: &str) -> Result<PathBuf, Expected> {
    if text.is_empty() { Err("the path of a file".to_owned()) } else { Ok(PathBuf::from(text)) }
}

pub(super) fn directory(text: &str) -> Result<PathBuf, Expected> {
    path(text).map_err(|_| "the path of a directory".to_owned())
}

/// Accepts any text. The address of the log may hold a password by mistake, so its errors must not quote it: the check of
/// all settings parses it.
pub(super) fn text(text: &str) -> Result<String, Expected> {
    if text.is_empty() { Err("an address".to_owned()) } else { Ok(text.to_owned()) }
}

/// Parses the name of a machine, or of a chat on several.
pub(super) fn node(text: &str) -> Result<String, Expected> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=NODE_CHARS_MAX).contains(&text.len()) && text.chars().all(is_allowed) {
        return Ok(text.to_owned());
    }
    Err(format!("at most {NODE_CHARS_MAX} letters, digits, `-`, `_` and `.`"))
}

/// A parser that also accepts `word`, which means no value. (A file called `none` can be written as `./none`.)
pub(super) fn or<T>(
    word: &'static str,
    parse: impl Fn(&str) -> Result<T, Expected> + Clone,
) -> impl Fn(&str) -> Result<Option<T>, Expected> + Clone {
    move |text| {
        if text == word {
            return Ok(None);
        }
        parse(text).map(Some).map_err(|expected| format!("{expected}, or {word}"))
    }
}

pub(super) fn port(text: &str) -> Result<u16, Expected> {
    text.parse().map_err(|_| format!("a whole number from 0 to {}", u16::MAX))
}

/// Parses host names and addresses, separated by commas.
pub(super) fn hosts(text: &str) -> Result<String, Expected> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_host = |host: &str| {
        let is_address = host.parse::<IpAddr>().is_ok();
        is_address || !host.is_empty() && host.chars().all(is_allowed)
    };
    if text.split(',').all(is_host) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("host names separated by commas, without a scheme or a port, as in chat.example.org"
        .to_owned())
}

pub(super) fn origins(text: &str) -> Result<String, Expected> {
    let is_origin = |origin: &str| {
        let rest = origin.strip_prefix("https://").or(origin.strip_prefix("http://"));
        let (host, port) = match rest {
            Some(rest) if rest.starts_with('[') => match rest.find(']') {
                Some(end) => rest.split_at(end + 1),
                None => return false,
            },
            Some(rest) => rest.split_at(rest.find(':').unwrap_or(rest.len())),
            None => return false,
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match bare {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.contains(',') && hosts(host).is_ok() && !host.contains(':'),
        };
        is_host && (port.is_empty() || port[1..].parse::<u16>().is_ok_and(|port| port != 0))
    };
    let text = text.to_ascii_lowercase();
    if text.split(',').all(is_origin) {
        return Ok(text);
    }
    Err("addresses separated by commas, without a path, as in https://b.example.org:8443"
        .to_owned())
}

pub(super) fn bind(text: &str) -> Result<Bind, Expected> {
    if text == "localhost" {
        return Ok(Bind::Localhost);
    }
    let address = text.parse().map_err(|_| "localhost or an IP address")?;
    Ok(Bind::Address(address))
}

pub(super) fn address(text: &str) -> Result<IpAddr, Expected> {
    text.parse().map_err(|_| "an IP address".to_owned())
}

pub(super) fn subnets(text: &str) -> Result<Subnets, Expected> {
    Subnets::parse(text).ok_or_else(|| {
        "IP addresses or networks separated by commas, as in 192.0.2.7,10.0.0.0/8".to_owned()
    })
}

pub(super) fn zone(text: &str) -> Result<Zone, Expected> {
    if text == "system" {
        return Ok(Zone::System);
    }
    TimeZone::get(text)
        .ok()
        // `Etc/Unknown` is a name, but not a time zone.
        .filter(|zone| !zone.is_unknown())
        .map(Zone::Named)
        .ok_or_else(|| "system, UTC, or a name such as Europe/Berlin".to_owned())
}

pub(super) fn count(
    range: RangeInclusive<usize>,
) -> impl Fn(&str) -> Result<usize, Expected> + Clone {
    move |text| {
        let count = text.parse().ok().filter(|count| range.contains(count));
        count.ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))
    }
}

/// Parses a number of days, of which there are at most a hundred years.
pub(super) fn days(text: &str) -> Result<u32, Expected> {
    let days = text.parse().ok().filter(|days| (1..=36_500).contains(days));
    days.ok_or_else(|| "a whole number from 1 to 36500".to_owned())
}

/// Parses `20,5/s` or `off`.
pub(super) fn rate_limit(text: &str) -> Result<RateLimit, Expected> {
    let lines = || {
        let (burst, per_second) = text.strip_suffix("/s")?.split_once(',')?;
        let count = |text: &str| text.parse().ok().filter(|count| LINES.contains(count));
        Some(RateLimit::Lines { burst: count(burst)?, per_second: count(per_second)? })
    };
    if text == "off" {
        return Ok(RateLimit::Off);
    }
    lines().ok_or_else(|| {
        format!(
            "lines at once and lines a second, each from {} to {}, as in 20,5/s, or off",
            LINES.start(),
            LINES.end()
        )
    })
}

pub(super) fn show_rate_limit(limit: RateLimit) -> String {
    match limit {
        RateLimit::Off => "off".to_owned(),
        RateLimit::Lines { burst, per_second } => format!("{burst},{per_second}/s"),
    }
}

pub(super) fn duration() -> impl Fn(&str) -> Result<Duration, Expected> + Clone {
    |text| {
        let duration =
            humantime::parse_duration(text).ok().filter(|duration| DURATIONS.contains(duration));
        duration.ok_or_else(|| {
            let (least, most) =
                (show_duration(*DURATIONS.start()), show_duration(*DURATIONS.end()));
            format!("a time from {least} to {most} with a unit, as in 60s")
        })
    }
}

/// A parser of sizes. `range` is in bytes.
pub(super) fn size(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<usize, Expected> + Clone {
    move |text| {
        // ByteSize reads a number without a unit as bytes.
        let has_unit = text.ends_with(|last: char| last.is_ascii_alphabetic());
        let size = text.parse().ok().filter(|ByteSize(bytes)| has_unit && range.contains(bytes));
        let bytes = size.and_then(|ByteSize(bytes)| usize::try_from(bytes).ok());
        bytes.ok_or_else(|| {
            let (least, most) = (show_bytes(*range.start()), show_bytes(*range.end()));
            format!("a size from {least} to {most} with a unit, as in 256KiB")
        })
    }
}

/// Formats a time without rounding.
pub(super) fn show_duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Formats a size without rounding.
pub(crate) fn show_size(bytes: usize) -> String {
    // A usize has at most 64 bits on every target of Rust.
    show_bytes(bytes as u64)
}

/// Uses the largest unit that leaves no fraction. (ByteSize rounds to one decimal place.)
fn show_bytes(bytes: u64) -> String {
    let units = [(GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")];
    match units.iter().find(|(unit, _)| bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes}B"),
    }
}

pub(super) fn show_bind(bind: Bind) -> String {
    match bind {
        Bind::Localhost => "localhost".to_owned(),
        Bind::Address(address) => address.to_string(),
    }
}

pub(super) fn show_zone(zone: &Zone) -> String {
    match zone {
        Zone::System => "system".to_owned(),
        Zone::Named(zone) => zone.iana_name().unwrap_or("UTC").to_owned(),
    }
}

/// Formats a choice as clap parses it.
pub(super) fn show_choice<T: ValueEnum>(choice: T) -> String {
    let value = choice.to_possible_value().expect("no variant of these enums has #[value(skip)]");
    value.get_name().to_owned()
}
