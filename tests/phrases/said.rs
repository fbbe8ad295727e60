//! Messages of people, with their times.

use std::sync::Arc;

use chatserv::chat::{Audience, ChatMessage, Manner, Message, SentAt, Timestamps};
use jiff::tz::{Offset, TimeZone};

use crate::phrases::{berlin, lines, name, names, time};

fn in_lobby() -> Audience {
    Audience::Room { room: name("lobby"), message_id: 7 }
}

fn said(manner: Manner, to: Audience, received_at: &str) -> ChatMessage {
    ChatMessage {
        from: name("Ann"),
        to,
        manner,
        text: "hello  you".into(),
        sent_at: None,
        received_at: time(received_at),
    }
}

/// A message with the sender's clock, in a zone this many minutes from UTC.
fn sent(received_at: &str, sent_at: &str, minutes: i32) -> ChatMessage {
    ChatMessage {
        sent_at: Some(SentAt {
            written: "as it was written".into(),
            at: time(sent_at),
            zone: Offset::from_seconds(60 * minutes).unwrap(),
        }),
        ..said(Manner::Chat, in_lobby(), received_at)
    }
}

fn history(said: Vec<ChatMessage>, now: &str) -> Message {
    Message::History {
        room: name("lobby"),
        messages: said.into_iter().map(Arc::new).collect(),
        more: true,
        epoch: 1,
        gaps: Vec::new(),
        until: None,
        now: time(now),
    }
}

#[test]
fn each_manner_has_a_form() {
    let people = || Audience::People(names(&["sis", "mom"]));
    let nobody = || Audience::People(Vec::new());
    #[rustfmt::skip]
    let table = [
        (Manner::Chat, in_lobby(), "Ann : hello  you"),
        (Manner::Chat, people(), "Ann : hello  you"),
        (Manner::Me, in_lobby(), "* Ann hello  you"),
        (Manner::Me, people(), "* Ann hello  you"),
        (Manner::Private, people(), "Ann -> sis, mom : hello  you"),
        (Manner::Private, Audience::People(names(&["sis"])), "Ann -> sis : hello  you"),
        (Manner::Private, in_lobby(), "Ann -> lobby : hello  you"),
        (Manner::Chat, nobody(), "Ann : hello  you"),
    ];
    for (manner, to, line) in table {
        let message = Message::Chat(said(manner, to, "2026-11-20T11:03:59Z").into());
        for (timestamps, before) in [
            (Timestamps::Off, ""),
            (Timestamps::Time, "[12:03] "),
            (Timestamps::Date, "[2026-11-20 12:03] "),
        ] {
            let expected = [format!("{before}{line}")];
            assert_eq!(lines(&message, timestamps, &berlin()), expected);
        }
    }
}

#[test]
fn times_follow_the_zone_in_summer_and_winter() {
    for (received_at, zone, shown) in [
        // The skipped hour: 01:59 is followed by 03:00.
        ("2026-03-29T00:59:59Z", berlin(), "[2026-03-29 01:59] "),
        ("2026-03-29T01:00:00Z", berlin(), "[2026-03-29 03:00] "),
        // The repeated hour.
        ("2026-10-25T00:30:00Z", berlin(), "[2026-10-25 02:30] "),
        ("2026-10-25T01:30:00Z", berlin(), "[2026-10-25 02:30] "),
        // Another day here than in UTC.
        ("2026-11-20T23:30:00Z", berlin(), "[2026-11-21 00:30] "),
        ("2026-11-20T23:30:00Z", TimeZone::UTC, "[2026-11-20 23:30] "),
    ] {
        let message = Message::Chat(said(Manner::Chat, in_lobby(), received_at).into());
        let expected = [format!("{shown}Ann : hello  you")];
        assert_eq!(lines(&message, Timestamps::Date, &zone), expected);
    }
}

#[test]
fn history_shows_times_and_other_dates() {
    let received = |at| said(Manner::Chat, in_lobby(), at);
    let past = vec![
        received("2026-03-28T22:59:00Z"),
        received("2026-03-28T23:00:00Z"),
        received("2026-03-29T00:59:00Z"),
        said(Manner::Me, in_lobby(), "2026-03-29T01:00:00Z"),
    ];
    // Midnight in Berlin is an hour earlier than in UTC, and daylight saving time begins in this night.
    let message = history(past, "2026-03-29T21:59:00Z");
    for timestamps in [Timestamps::Off, Timestamps::Time, Timestamps::Date] {
        assert_eq!(
            lines(&message, timestamps, &berlin()),
            [
                "server: The last 4 line(s) in lobby:",
                "[2026-03-28 23:59] Ann : hello  you",
                "[00:00] Ann : hello  you",
                "[01:59] Ann : hello  you",
                "[03:00] * Ann hello  you",
            ]
        );
    }
    let empty = history(Vec::new(), "2026-03-29T21:59:00Z");
    let told = lines(&empty, Timestamps::Off, &berlin());
    assert_eq!(told, ["server: No lines yet in lobby."]);
}

#[test]
fn a_different_sender_clock_is_shown() {
    let received = "2026-11-20T11:03:00Z";
    #[rustfmt::skip]
    let table = [
        // A difference of up to a minute is not shown.
        ("2026-11-20T11:02:00Z", 120, "[12:03]"),
        ("2026-11-20T11:04:00Z", 120, "[12:03]"),
        // A larger one is shown in the sender's zone.
        ("2026-11-20T09:58:00Z", 120, "[12:03, sent 11:58 +02:00]"),
        ("2026-11-20T11:04:01Z", 60, "[12:03, sent 12:04 +01:00]"),
        ("2026-11-20T10:00:00Z", 0, "[12:03, sent 10:00 +00:00]"),
        ("2026-11-20T10:00:00Z", 345, "[12:03, sent 15:45 +05:45]"),
        // With the sender's date if it differs.
        ("2026-11-20T02:28:00Z", -210, "[12:03, sent 2026-11-19 22:58 -03:30]"),
        ("2026-11-20T10:28:00Z", 840, "[12:03, sent 2026-11-21 00:28 +14:00]"),
    ];
    for (sent_at, minutes, shown) in table {
        let message = history(vec![sent(received, sent_at, minutes)], received);
        let line = lines(&message, Timestamps::Off, &berlin()).pop();
        assert_eq!(line, Some(format!("{shown} Ann : hello  you")), "{sent_at}");
    }
    // The same date is not repeated.
    let yesterday = sent("2026-11-19T11:03:00Z", "2026-11-19T09:58:00Z", 120);
    let message = history(vec![yesterday], received);
    assert_eq!(
        lines(&message, Timestamps::Off, &berlin())[1],
        "[2026-11-19 12:03, sent 11:58 +02:00] Ann : hello  you"
    );
    // A new message is shown without it.
    let now = Message::Chat(sent(received, "2026-11-20T09:58:00Z", 120).into());
    let line = lines(&now, Timestamps::Time, &berlin());
    assert_eq!(line, ["[12:03] Ann : hello  you"]);
}
