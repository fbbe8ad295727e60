//! Samples of messages about people and rooms, as in `json_samples`.

use std::sync::Arc;
use std::time::Duration;

use chatserv::chat::{Message, PersonDetails, PersonListing, Protocol, Removal, RoomListing};

use super::json_samples::name;

fn removal(banned: bool, reason: Option<&str>) -> Removal {
    Removal { banned, by: name("op"), reason: reason.map(Arc::from) }
}

pub fn person() -> PersonListing {
    PersonListing {
        name: name("ann"),
        rooms: vec![name("dev"), name("lobby")],
        idle: Duration::from_millis(61_900),
        away: true,
        machine: None,
    }
}

fn known(private: bool) -> Message {
    Message::Whois(Box::new(PersonDetails {
        person: person(),
        away_why: private.then(|| name("lunch")),
        here_for: Duration::from_secs(90),
        protocol: if private { Protocol::Json } else { Protocol::Plain },
        operator: private,
        private: private.then(|| ("127.0.0.1:40000".parse().unwrap(), true)),
    }))
}

#[rustfmt::skip]
pub fn people() -> Vec<(Message, &'static str)> {
    let went = |removed| Message::WentFromRoom {
        room: name("dev"),
        from: name("ann"),
        removed,
    };
    let left = |removed| Message::Left {
        name: name("ann"),
        removed,
    };
    let moved = |room| Message::MembershipChanged {
        room,
        arrived: 3,
        left: 1,
        present: 9,
    };
    let topic = |topic, by| Message::Topic {
        room: name("dev"),
        topic,
        by,
    };
    let in_room = |topic| Message::InRoom {
        room: name("dev"),
        from: name("ann"),
        members: vec![name("bob"), name("ann")],
        total: 2,
        topic,
        epoch: 5,
        last_message_id: 0,
    };
    let word = chatserv::chat::ReclaimWord::new(*b"chatserv chatser");
    let connected = |word, rooms| Message::Connected {
        name: name("ann"),
        address: "[::1]:40000".parse().unwrap(),
        clients: 3,
        word,
        rooms,
    };
    vec![
        (connected(None, None),
            r#"{"action":"connect","from":"ann","address":"[::1]:40000","clients":3}"#),
        (connected(Some(word), None),
            r#"{"action":"connect","from":"ann","address":"[::1]:40000","clients":3,"reclaim":"63686174736572762063686174736572"}"#),
        (connected(Some(word), Some(vec![name("dev")])),
            r#"{"action":"connect","from":"ann","address":"[::1]:40000","clients":3,"reclaim":"63686174736572762063686174736572","reclaimed":true,"rooms":["dev"]}"#),
        (Message::ReclaimWord { name: name("ann"), word },
            r#"{"action":"reclaim","reclaim":"63686174736572762063686174736572"}"#),
        (Message::WelcomeBack { name: name("ann"), rooms: vec![name("dev")] }, ""),
        (Message::TakenBack,
            r#"{"action":"bye","reason":"reclaimed"}"#),
        (Message::Arrived(name("ann")), ""),
        (left(None), ""),
        (left(Some(removal(false, None))), ""),
        (moved(None), r#"{"action":"notice","code":"membership"}"#),
        (moved(Some(name("dev"))), r#"{"action":"notice","code":"membership","room":"dev"}"#),
        (in_room(None),
            r#"{"action":"joinroom","room":"dev","from":"ann","members":["bob","ann"],"total":2,"epoch":5,"last_message_id":0}"#),
        (in_room(Some(name("Rust"))),
            r#"{"action":"joinroom","room":"dev","from":"ann","members":["bob","ann"],"total":2,"topic":"Rust","epoch":5,"last_message_id":0}"#),
        (Message::CameToRoom { room: name("dev"), from: name("ann") },
            r#"{"action":"joinroom","room":"dev","from":"ann"}"#),
        (went(None), r#"{"action":"leaveroom","room":"dev","from":"ann"}"#),
        (went(Some(removal(false, None))),
            r#"{"action":"leaveroom","room":"dev","from":"ann","reason":"kicked","by":"op"}"#),
        (went(Some(removal(true, Some("spam")))),
            r#"{"action":"leaveroom","room":"dev","from":"ann","reason":"banned","by":"op","message":"spam"}"#),
        (topic(None, None), r#"{"action":"topic","room":"dev","topic":null}"#),
        (topic(Some(name("Rust")), Some(name("ann"))),
            r#"{"action":"topic","room":"dev","topic":"Rust","from":"ann"}"#),
        (
            Message::Rooms {
                rooms: vec![
                    RoomListing {
                        room: name("dev"),
                        members: 2,
                        topic: Some(name("Rust")),
                    },
                    RoomListing {
                        room: name("lobby"),
                        members: 0,
                        topic: None,
                    },
                ],
                total: 2,
            },
            r#"{"action":"rooms","rooms":[{"room":"dev","members":2,"topic":"Rust"},{"room":"lobby","members":0,"topic":null}],"total":2}"#,
        ),
        (Message::Who { room: None, people: vec![person()], total: 1 },
            r#"{"action":"who","clients":[{"username":"ann","rooms":["dev","lobby"],"idle_seconds":61,"away":true}],"total":1}"#),
        (Message::Who { room: Some(name("dev")), people: Vec::new(), total: 0 },
            r#"{"action":"who","room":"dev","clients":[],"total":0}"#),
        (known(false),
            r#"{"action":"whois","username":"ann","rooms":["dev","lobby"],"idle_seconds":61,"away":true,"connected_seconds":90,"protocol":"plain","operator":false}"#),
        (known(true),
            r#"{"action":"whois","username":"ann","rooms":["dev","lobby"],"idle_seconds":61,"away":true,"away_message":"lunch","connected_seconds":90,"protocol":"json","operator":true,"address":"127.0.0.1:40000","muted":true}"#),
        (Message::Renamed { from: name("ann"), to: name("Ann") },
            r#"{"action":"nick","from":"ann","username":"Ann"}"#),
        (Message::NowAway { from: name("ann"), reason: None }, r#"{"action":"away","from":"ann"}"#),
        (Message::NowAway { from: name("ann"), reason: Some(name("lunch")) },
            r#"{"action":"away","from":"ann","message":"lunch"}"#),
        (Message::NowBack { from: name("ann") }, r#"{"action":"back","from":"ann"}"#),
        (Message::Ignoring(vec![name("bob"), name("cid")]), r#"{"action":"ignore","usernames":["bob","cid"]}"#),
        (Message::Ignoring(Vec::new()), r#"{"action":"ignore","usernames":[]}"#),
        (Message::Ignored(name("bob")), r#"{"action":"ignore","username":"bob"}"#),
        (Message::Unignored(name("bob")), r#"{"action":"unignore","username":"bob"}"#),
        (Message::Quiet { on: true }, r#"{"action":"quiet","on":true}"#),
    ]
}
