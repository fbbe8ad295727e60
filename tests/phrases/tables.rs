//! Answers in columns.

use core::net::SocketAddr;
use std::time::Duration;

use chatserv::chat::{
    Ban, Message, Network, PersonDetails, Protocol, Queue, RoomListing, ThreadListing,
};

use crate::phrases::lists::person;
use crate::phrases::{Row, name, row, servers, time};

fn room(room: &str, members: usize, topic: Option<&str>) -> RoomListing {
    RoomListing { room: name(room), members, topic: topic.map(name) }
}

fn ban(who: Option<&str>, address: Option<&str>, until: Option<&str>, reason: Option<&str>) -> Ban {
    Ban {
        name: who.map(name),
        network: address.and_then(Network::parse),
        until: until.map(time),
        reason: reason.map(str::to_owned),
        by: name("Alice"),
    }
}

fn bans(bans: Vec<Ban>) -> Message {
    Message::Bans { total: bans.len(), bans, now: time("2026-11-20T12:00:30Z") }
}

fn thread(name: String, doing: &'static str, queue: Option<Queue>, bytes: u64) -> ThreadListing {
    ThreadListing {
        name,
        role: "reader",
        doing,
        alive: Duration::from_secs(86_399),
        queue,
        bytes_in: bytes / 10,
        bytes_out: bytes,
    }
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let known = |away: bool, operator, private| {
        Message::Whois(Box::new(PersonDetails {
            person: person("Ann", &["dev", "asyncio"], 65, away),
            away_why: away.then(|| name("lunch")),
            here_for: Duration::from_secs(90_061),
            protocol: if operator {
                Protocol::Plain
            } else {
                Protocol::Json
            },
            operator,
            private,
        }))
    };
    let rooms = Message::Rooms {
        rooms: vec![room("lobby", 12, Some("Whatever")), room("dev", 1, None)],
        total: 2,
    };
    let threads = Message::Threads {
        rows: vec![
            thread(
                "dispatcher".into(),
                "dispatching",
                Some(Queue::Events(3)),
                0,
            ),
            thread("bans".into(), "waiting for work", None, 0),
            thread("reader-7".into(), "in read", Some(Queue::Bytes(1024)), 2048),
        ],
        total: 3,
    };
    let address = SocketAddr::from(([127, 0, 0, 1], 40_000));
    vec![
        row(rooms, "2 room(s):\nlobby  12 people  Whatever\ndev    1 person"),
        row(known(false, false, None),
            "Ann:\nrooms     dev, asyncio\nhere for  1d 1h\nidle for  1m\nspeaks    JSON lines"),
        row(
            known(true, true, Some((address, true))),
            "Ann:\nrooms     dev, asyncio\nhere for  1d 1h\nidle for  1m\nspeaks    plain text\n\
             away      lunch\noperator  yes\naddress   127.0.0.1:40000\nmuted     yes",
        ),
        row(bans(Vec::new()), "Nobody is banned."),
        row(
            bans(vec![
                ban(
                    Some("bob"),
                    None,
                    Some("2026-11-20T12:30:00Z"),
                    Some("spam"),
                ),
                ban(Some("eve"), Some("192.0.2.7"), None, None),
                ban(
                    None,
                    Some("2001:db8::1"),
                    Some("2026-11-20T11:00:00Z"),
                    None,
                ),
            ]),
            "3 ban(s):\n\
             bob              30m left  by Alice  spam\n\
             eve (192.0.2.7)  for good  by Alice\n\
             2001:db8::/64    0s left   by Alice",
        ),
        row(Message::Motd(None), "There is no message of the day."),
        row(Message::Motd(Some(name("Welcome!\n\n  Type /help."))), "Welcome!\n\n  Type /help."),
        row(
            threads,
            "3 thread(s):\n\
             name        does              alive    queue  read  sent\n\
             dispatcher  dispatching       23h 59m  3      0B    0B\n\
             bans        waiting for work  23h 59m         0B    0B\n\
             reader-7    in read           23h 59m  1.0K   204B  2.0K",
        ),
    ]
}

#[test]
fn long_tables_are_cut_in_both_directions() {
    let topic = "字".repeat(1000);
    let rooms = Message::Rooms {
        rooms: (0..500).map(|at| room(&format!("room-{at}"), 3, Some(&topic))).collect(),
        total: 700,
    };
    let shout = Some("x".repeat(4000));
    let excluded = |at| ban(Some(&format!("name-{at}")), None, None, shout.as_deref());
    let banned = bans((0..700).map(excluded).collect());
    let doing = "reading to throw away";
    let queue = Some(Queue::Bytes(u64::MAX));
    let threads = Message::Threads {
        rows: (0..500)
            .map(|at| thread(format!("reader-1234{at:04}"), doing, queue, u64::MAX))
            .collect(),
        total: 700,
    };
    for message in [rooms, banned, threads] {
        let lines = servers(&message);
        assert_eq!(lines.len(), 49);
        assert!(lines[0].starts_with("700 "), "{:?}", lines[0]);
        let is_threads = matches!(message, Message::Threads { .. });
        // A header takes one row.
        let more = if is_threads { 654 } else { 653 };
        assert_eq!(lines[48], format!("… and {more} more"));
        // Topics and reasons are cut off, but not the numbers of a thread.
        let is_cut = lines[2].ends_with('…');
        assert_eq!(is_cut, !is_threads, "{:?}", lines[2]);
    }
}
