//! One sample of each message with its line of JSON, or with an empty line if it is not sent. The lines leave out sentences
//! for people, which `json_encoder` compares with those of the plain text.

use std::sync::Arc;
use std::time::Duration;

use chatserv::chat::{
    Audience, Ban, ChatMessage, Gap, KeptLine, Loss, Manner, Message, Moment, Network, SentAt,
};
use jiff::Timestamp;
use jiff::tz::Offset;

pub fn name(name: &str) -> Arc<str> {
    Arc::from(name)
}

pub fn noon() -> Timestamp {
    "2026-11-20T12:00:00.123456Z".parse().unwrap()
}

pub fn said(to: Audience, manner: Manner, text: &str) -> ChatMessage {
    ChatMessage {
        from: name("ann"),
        to,
        manner,
        text: text.into(),
        sent_at: None,
        received_at: noon(),
    }
}

pub fn in_room(message_id: u64) -> Audience {
    let room = name("dev");
    Audience::Room { room, message_id }
}

pub fn ban() -> Ban {
    Ban {
        name: Some(name("bob")),
        network: Network::parse("2001:db8::1"),
        until: Some(noon()),
        reason: Some("spam".into()),
        by: name("op"),
    }
}

/// Messages between people.
#[rustfmt::skip]
pub fn talk() -> Vec<(Message, &'static str)> {
    let mut sent = said(in_room(7), Manner::Chat, "\"hi\" \\o/ é");
    sent.sent_at = Some(SentAt {
        written: "2026-11-20t13:00:00+01:00".into(),
        at: noon(),
        zone: Offset::constant(1),
    });
    let people = || Audience::People(vec![name("bob"), name("cid")]);
    let delivered = |absent: &[&str]| Message::Delivered {
        to: Vec::new(),
        absent: absent.iter().map(|&name| name.into()).collect(),
        everybody_in: None,
        received_at: noon(),
        message_id: None,
    };
    vec![
        (Message::Chat(Arc::new(sent)),
            r#"{"action":"chat","room":"dev","message_id":7,"message":"\"hi\" \\o/ é","from":"ann","sent_at":"2026-11-20t13:00:00+01:00","received_at":"2026-11-20T12:00:00.123Z"}"#),
        (Message::Chat(Arc::new(said(people(), Manner::Chat, "x"))),
            r#"{"action":"chat","to":["bob","cid"],"message":"x","from":"ann","received_at":"2026-11-20T12:00:00.123Z"}"#),
        (Message::Chat(Arc::new(said(in_room(1), Manner::Me, "waves"))),
            r#"{"action":"me","room":"dev","message_id":1,"message":"waves","from":"ann","received_at":"2026-11-20T12:00:00.123Z"}"#),
        (Message::Chat(Arc::new(said(people(), Manner::Private, "psst"))),
            r#"{"action":"msg","to":["bob","cid"],"message":"psst","from":"ann","received_at":"2026-11-20T12:00:00.123Z"}"#),
        (Message::Typed { manner: Manner::Me, text: "waves".into() },
            r#"{"action":"typed","as":"me","message":"waves"}"#),
        (delivered(&[]), ""),
        (delivered(&["dad"]), r#"{"action":"notice","code":"not_here"}"#),
        (
            Message::History {
                room: name("dev"),
                messages: vec![Arc::new(said(in_room(1), Manner::Me, "waves"))],
                more: true,
                epoch: 5,
                gaps: Vec::new(),
                until: None,
                now: noon(),
            },
            r#"{"action":"history","room":"dev","messages":[{"action":"me","room":"dev","message_id":1,"message":"waves","from":"ann","received_at":"2026-11-20T12:00:00.123Z"}],"epoch":5,"more":true}"#,
        ),
        (
            Message::History {
                room: name("dev"),
                messages: Vec::new(),
                more: false,
                epoch: 5,
                gaps: vec![
                    Gap { first: 3, last: 9, cause: Loss::Full },
                    Gap { first: 12, last: 12, cause: Loss::Crash },
                ],
                until: Moment::parse("2026-11-20"),
                now: noon(),
            },
            r#"{"action":"history","room":"dev","messages":[],"gaps":[{"first":3,"last":9,"cause":"full"},{"first":12,"last":12,"cause":"crash"}],"epoch":5,"more":false}"#,
        ),
        (
            Message::Found {
                rooms: vec![name("dev")],
                lines: vec![KeptLine { epoch: 5, message: Arc::new(said(in_room(1), Manner::Me, "waves")) }],
                more: true,
                cursor: Some(17),
                now: noon(),
            },
            r#"{"action":"search","messages":[{"action":"me","room":"dev","message_id":1,"message":"waves","from":"ann","received_at":"2026-11-20T12:00:00.123Z","epoch":5}],"more":true,"cursor":17}"#,
        ),
        (
            Message::Found { rooms: vec![name("dev")], lines: Vec::new(), more: false, cursor: None, now: noon() },
            r#"{"action":"search","messages":[],"more":false}"#,
        ),
        (Message::IsAway { name: name("ann"), reason: None }, r#"{"action":"notice","code":"away","username":"ann"}"#),
        (Message::HeldBack { lines: 3, wait: Duration::from_millis(1200) },
            r#"{"action":"notice","code":"held_back","lines":3,"seconds":2}"#),
    ]
}
