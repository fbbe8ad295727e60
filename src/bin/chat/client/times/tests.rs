//! Timestamps of messages, as a reader in Berlin sees them at three minutes past noon.

use jiff::Zoned;

use super::*;

fn in_berlin() -> Zoned {
    "2026-11-20T12:03:30+01:00[Europe/Berlin]"
        .parse()
        .expect("this is a moment in a zone that is built in")
}

fn shown(pattern: &str, sent_at: Option<&str>, received_at: &str) -> Option<String> {
    let said = Said {
        from: "bob".into(),
        message: "hello".into(),
        room: None,
        message_id: None,
        to: Vec::new(),
        sent_at: sent_at.map(str::to_owned),
        received_at: received_at.into(),
    };
    let viewer = Viewer { me: "luca", room: None, now: &in_berlin(), columns: 80, time: pattern };
    stamp(&said, viewer)
}

/// `sent_at`, `received_at`, and the timestamp shown.
type Row = (Option<&'static str>, &'static str, Option<&'static str>);

const NOON: &str = "2026-11-20T11:03:04.000Z";

fn check_all(rows: &[Row]) {
    for &(sent_at, received_at, expected) in rows {
        let seen = shown("%H:%M", sent_at, received_at);
        assert_eq!(seen.as_deref(), expected, "{sent_at:?} {received_at}");
    }
}

#[test]
fn a_time_is_the_senders_own_and_the_servers_where_they_told_none() {
    check_all(&[
        (Some("2026-11-20T12:03:04+01:00"), NOON, Some("[12:03]")),
        (Some("2026-11-20t12:03:04.5+01:00"), NOON, Some("[12:03]")),
        (None, NOON, Some("[12:03]")),
        // A timestamp that cannot be parsed counts as missing.
        (Some("noon"), NOON, Some("[12:03]")),
        (Some("2026-11-20T12:03:04"), NOON, Some("[12:03]")),
        (Some("2026-11-20T12:03:04+01:00"), "noon", Some("[12:03]")),
        (Some(""), "", None),
        (None, "noon", None),
    ]);
}

#[test]
fn the_date_is_shown_of_another_day_than_the_readers_today() {
    check_all(&[
        (Some("2026-11-19T12:03:04+01:00"), "2026-11-19T11:03:04Z", Some("[2026-11-19 12:03]")),
        (None, "2026-11-19T22:59:59Z", Some("[2026-11-19 23:59]")),
        // It is already today in the reader's zone.
        (None, "2026-11-19T23:00:00Z", Some("[00:00]")),
        (Some("2026-11-21T00:03:04+13:00"), NOON, Some("[2026-11-21 00:03 +13:00]")),
    ]);
}

#[test]
fn another_zone_is_told_and_the_readers_summer_is_not_another_zone() {
    check_all(&[
        (Some("2026-11-20T11:03:04Z"), NOON, Some("[11:03 +00:00]")),
        (Some("2026-11-20T16:48:04+05:45"), NOON, Some("[16:48 +05:45]")),
        (Some("2026-11-20T07:33:04-03:30"), NOON, Some("[07:33 -03:30]")),
        (Some("2026-11-20T10:33:04-00:30"), NOON, Some("[10:33 -00:30]")),
        (Some("2026-07-01T12:03:04+02:00"), "2026-07-01T10:03:04Z", Some("[2026-07-01 12:03]")),
        (
            Some("2026-07-01T11:03:04+01:00"),
            "2026-07-01T10:03:04Z",
            Some("[2026-07-01 11:03 +01:00]"),
        ),
    ]);
}

#[test]
fn a_clock_that_is_ahead_is_told_and_a_line_that_is_late_is_not_blamed_on_a_clock() {
    check_all(&[
        (Some("2026-11-20T12:04:03+01:00"), NOON, Some("[12:04]")),
        (Some("2026-11-20T12:02:05+01:00"), NOON, Some("[12:02]")),
        (Some("2026-11-20T12:04:04+01:00"), NOON, Some("[12:04, clock 1 min ahead]")),
        (Some("2026-11-20T11:04:04+01:00"), NOON, Some("[11:04, arrived 59 min later]")),
        (Some("2026-11-20T13:03:04+01:00"), NOON, Some("[13:03, clock 1 hour ahead]")),
        (Some("2026-11-20T02:03:04-05:00"), NOON, Some("[02:03 -05:00, arrived 4 hours later]")),
        (Some("2026-11-19T12:03:04+01:00"), NOON, Some("[2026-11-19 12:03, arrived 1 day later]")),
    ]);
}

#[test]
fn no_moment_is_too_extreme() {
    check_all(&[
        (
            Some("9999-12-31T23:59:59-23:59"),
            NOON,
            Some("[9999-12-31 23:59 -23:59, clock 2912118 days ahead]"),
        ),
        (
            Some("0000-01-01T00:00:00+23:59"),
            NOON,
            Some("[0000-01-01 00:00 +23:59, arrived 740306 days later]"),
        ),
        (Some("2016-12-31T23:59:60Z"), "2016-12-31T23:59:59Z", Some("[2016-12-31 23:59 +00:00]")),
        (None, "9999-12-31T23:59:59Z", Some("[9999-12-30 23:00]")),
        (None, "0000-01-01T00:00:00Z", Some("[0000-01-01 00:53]")),
        (
            Some("2026-11-20T12:03:04+01:00"),
            "-009999-01-02T12:00:00Z",
            Some("[12:03, clock 4392362 days ahead]"),
        ),
        (Some("2026-02-30T12:03:04+01:00"), NOON, Some("[12:03]")),
    ]);
}

#[test]
fn the_pattern_is_the_readers_own_and_its_hints_are_not_doubled() {
    let yesterday = Some("2026-11-19T08:03:04+00:00");
    let received = "2026-11-19T08:03:04Z";
    for (pattern, expected) in [
        ("%H:%M", Some("[2026-11-19 08:03 +00:00]")),
        ("%H:%M:%S", Some("[2026-11-19 08:03:04 +00:00]")),
        ("%-I.%M %p", Some("[2026-11-19 8.03 AM +00:00]")),
        ("%Y-%m-%d %H:%M", Some("[2026-11-19 08:03 +00:00]")),
        ("%a %H:%M", Some("[Thu 08:03 +00:00]")),
        ("%H:%M%:z", Some("[2026-11-19 08:03+00:00]")),
        ("%d. %b, %T %z", Some("[19. Nov, 08:03:04 +0000]")),
        ("at", Some("[2026-11-19 at +00:00]")),
        ("", None),
        // `check` refuses this pattern. If it is used nevertheless, no time is shown.
        ("%H:%Z", None),
    ] {
        let seen = shown(pattern, yesterday, received);
        assert_eq!(seen.as_deref(), expected, "{pattern}");
    }
}

#[test]
fn a_pattern_is_refused_with_a_reason_before_anything_is_shown_by_it() {
    for pattern in ["%H:%M", "", "%Y-%m-%d %T", "%H:%M%:z", "noon", "100 %%"] {
        assert_eq!(check(pattern), Ok(()), "{pattern}");
    }
    for pattern in ["%", "%H:%", "%!", "%Z", "%H:%M %E"] {
        let Err(refused) = check(pattern) else {
            panic!("{pattern} is no pattern");
        };
        let opening = format!("`{pattern}` is not a format for times, such as `%H:%M`: ");
        let reason = refused.strip_prefix(&opening);
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "{refused}");
    }
}

#[test]
fn a_moment_that_the_server_names_is_told_in_the_readers_zone() {
    let viewer = Viewer { me: "luca", room: None, now: &in_berlin(), columns: 80, time: "" };
    for (written, expected) in [
        ("2026-11-20T12:30:00.123Z", "13:30"),
        ("2026-11-20T23:30:00Z", "2026-11-21 00:30"),
        ("2027-07-01T12:00:00Z", "2027-07-01 14:00"),
        ("9999-12-31T23:59:59Z", "9999-12-30 23:00"),
        ("some day", "some day"),
    ] {
        assert_eq!(moment(written, viewer), expected);
    }
}
