//! One of each message about the server and its operators, and of each error, as in `json_samples`.

use std::time::Duration;

use chatserv::chat::{
    Ban, Malformed, Message, NameRefusal, Protocol, Queue, Refusal, Stranger, ThreadShown,
    Timestamps,
};

use crate::json_samples::{ban, name, noon};

/// What the server says by itself, and what operators do.
pub fn server() -> Vec<(Message, &'static str)> {
    let bare_ban = Ban {
        name: None,
        network: None,
        until: None,
        why: None,
        by: name("op"),
    };
    vec![
        (Message::InputUsername, ""),
        (Message::YourNameIs(name("ann")), ""),
        (Message::Congratulations, ""),
        (Message::YourId(name("127.0.0.1:1")), ""),
        (Message::ClientCount(3), ""),
        (Message::TimestampsAre(Timestamps::Off), ""),
        (Message::WrongProtocol(Stranger::Http), ""),
        (Message::Pong, r#"{"action":"pong"}"#),
        (Message::OperatorNow, r#"{"action":"op"}"#),
        (
            Message::Removed(name("bob")),
            r#"{"action":"kick","username":"bob"}"#,
        ),
        (
            Message::Kicked {
                by: name("op"),
                why: None,
            },
            r#"{"action":"bye","reason":"kicked","by":"op"}"#,
        ),
        (
            Message::BanAdded(ban()),
            r#"{"action":"ban","username":"bob","address":"2001:db8::/64","until":"2026-11-20T12:00:00.123Z","reason":"spam","by":"op"}"#,
        ),
        (
            Message::BanTakenBack(bare_ban),
            r#"{"action":"unban","by":"op"}"#,
        ),
        (
            Message::Bans {
                bans: vec![ban()],
                total: 1,
                now: noon(),
            },
            r#"{"action":"bans","bans":[{"username":"bob","address":"2001:db8::/64","until":"2026-11-20T12:00:00.123Z","reason":"spam","by":"op"}],"total":1}"#,
        ),
        (
            Message::Muted {
                name: name("bob"),
                on: true,
            },
            r#"{"action":"mute","username":"bob"}"#,
        ),
        (
            Message::Muted {
                name: name("bob"),
                on: false,
            },
            r#"{"action":"unmute","username":"bob"}"#,
        ),
        (Message::Motd(None), r#"{"action":"motd","message":null}"#),
        (
            Message::Motd(Some(name("one\ntwo"))),
            r#"{"action":"motd","message":"one\u000atwo"}"#,
        ),
        (
            Message::Threads {
                rows: vec![ThreadShown {
                    name: "reader 1".into(),
                    role: "reader",
                    doing: "reading",
                    alive: Duration::from_millis(59_999),
                    queue: Some(Queue::Bytes(7)),
                    bytes_in: 12,
                    bytes_out: u64::MAX,
                }],
                total: 1,
            },
            r#"{"action":"threads","threads":[{"name":"reader 1","role":"reader","doing":"reading","alive_seconds":59,"queued_bytes":7,"bytes_in":12,"bytes_out":18446744073709551615}],"total":1}"#,
        ),
        (
            Message::ShutdownPlanned {
                left: Duration::from_secs(300),
                why: None,
                by: name("op"),
            },
            r#"{"action":"notice","code":"shutdown_planned","seconds":300}"#,
        ),
        (
            Message::ShutdownCancelled { by: name("op") },
            r#"{"action":"notice","code":"shutdown_cancelled"}"#,
        ),
        (Message::ShutDown, r#"{"action":"shutdown"}"#),
        (
            Message::IdleSoon {
                left: Duration::from_secs(30),
            },
            r#"{"action":"notice","code":"idle","seconds":30}"#,
        ),
        (Message::TooSlow, r#"{"action":"bye","reason":"slow"}"#),
        (
            Message::LoginTimedOut,
            r#"{"action":"bye","reason":"login_timeout"}"#,
        ),
        (
            Message::TooManyNames,
            r#"{"action":"bye","reason":"too_many_names"}"#,
        ),
        (
            Message::EndlessLine,
            r#"{"action":"bye","reason":"endless_line"}"#,
        ),
    ]
}

/// What is said in the very same words to everybody.
pub fn farewells() -> Vec<(Message, &'static str)> {
    vec![
        (
            Message::IdleBye,
            r#"{"action":"bye","reason":"idle","message":"Bye!"}"#,
        ),
        (
            Message::Bye,
            r#"{"action":"bye","reason":"quit","message":"Bye!"}"#,
        ),
        (
            Message::ShutDown,
            r#"{"action":"shutdown","message":"The chat has been shut down"}"#,
        ),
    ]
}

/// What goes wrong, each with its code.
pub fn errors() -> Vec<(Message, &'static str)> {
    let word = || "x".to_owned();
    let malformed = [
        (Malformed::NotUtf8, "bad_utf8"),
        (Malformed::ByteOrderMark, "byte_order_mark"),
        (Malformed::TooDeep, "too_deep"),
        (Malformed::SeveralLines, "several_lines"),
        (Malformed::SeveralObjects, "several_objects"),
        (Malformed::NotAnObject, "not_an_object"),
        (Malformed::NotJson { column: 1 }, "bad_json"),
        (Malformed::DuplicateField(word()), "duplicate_field"),
        (Malformed::MissingAction, "missing_action"),
        (
            Malformed::UnknownAction {
                action: word(),
                near: None,
            },
            "unknown_action",
        ),
        (Malformed::UnknownField(word()), "unknown_field"),
        (Malformed::MissingField("room"), "missing_field"),
        (
            Malformed::WrongField {
                field: "room",
                expected: "a text",
            },
            "wrong_field",
        ),
    ];
    let mut errors: Vec<_> = malformed
        .into_iter()
        .map(|(why, code)| (Refusal::Malformed(why), code))
        .collect();
    errors.extend([
        (Refusal::LineTooLong(Protocol::Json), "line_too_long"),
        (Refusal::NameFirst, "not_connected"),
        (Refusal::AlreadyConnected, "already_connected"),
        (Refusal::NameRefused(NameRefusal::Blank), "name_refused"),
        (
            Refusal::NameTaken {
                wanted: name("a"),
                by: name("A"),
            },
            "name_taken",
        ),
        (Refusal::RoomRefused(NameRefusal::Blank), "room_refused"),
        (Refusal::TooManyRooms, "too_many_rooms"),
        (Refusal::NoMoreRooms, "no_more_rooms"),
        (Refusal::NoSuchRoom(word()), "no_such_room"),
        (Refusal::NotInRoom(word()), "not_in_room"),
        (Refusal::TopicIsOperators(name("dev")), "topic_is_operators"),
        (Refusal::NoSuchPerson(word()), "no_such_person"),
        (Refusal::NobodyOf(vec![word()]), "no_such_person"),
        (Refusal::NameBanned(name("bob")), "name_banned"),
        (Refusal::NoNamesHere, "no_names"),
        (Refusal::TooManyIgnored, "too_many_ignored"),
        (Refusal::NobodyToReplyTo, "nobody_to_reply_to"),
        (Refusal::TooManyNamed, "too_many_named"),
        (Refusal::NoSuchAddress(word()), "no_such_address"),
        (Refusal::NotYourself, "not_yourself"),
        (Refusal::NotIgnored(word()), "not_ignored"),
        (Refusal::TextTooLong { bytes_max: 9 }, "text_too_long"),
        (Refusal::YouAreMuted, "muted"),
        (
            Refusal::UnknownCommand {
                word: word(),
                near: None,
            },
            "unknown_command",
        ),
        (
            Refusal::AmbiguousCommand {
                word: word(),
                candidates: vec!["a", "b"],
            },
            "ambiguous_command",
        ),
        (Refusal::Misused("msg"), "misused_command"),
        (Refusal::TypeInFull("quit"), "command_in_full"),
        (Refusal::NotOperator, "not_operator"),
        (Refusal::NoOperatorWord, "no_operator_password"),
        (
            Refusal::WrongOperatorWord { tries_left: 2 },
            "wrong_operator_password",
        ),
        (Refusal::TooManyOperatorWords, "too_many_operator_passwords"),
        (Refusal::NoSuchBan(word()), "no_such_ban"),
        (Refusal::LoopbackBan, "loopback_ban"),
        (Refusal::TooManyBans, "too_many_bans"),
        (Refusal::NoShutdownPlanned, "no_shutdown_planned"),
    ]);
    errors
        .into_iter()
        .map(|(refusal, code)| (Message::Refused(refusal), code))
        .collect()
}

/// What goes wrong for good: an error, and then the end.
pub fn ends() -> Vec<(Message, &'static str)> {
    vec![
        (
            Message::Banned {
                why: None,
                remaining: None,
            },
            "banned",
        ),
        (Message::ServerFull, "full"),
        (Message::TooManyFromAddress, "too_many_connections"),
        (Message::NoThread, "no_thread"),
    ]
}
