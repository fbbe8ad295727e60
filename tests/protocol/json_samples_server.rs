//! Samples of messages about the server and its operators, and of each error, as in `json_samples`.

use std::time::Duration;

use chatserv::chat::{
    Ban, ChatError, ClientId, DispatcherView, FollowedLine, GlassView, InboxView, LinkNews,
    Message, Moments, NameError, Network, Protocol, Queue, ReaderView, RequestError, Station,
    Stranger, ThreadListing, Timestamps,
};

use super::json_samples::{ban, name, noon};

#[rustfmt::skip]
pub fn server() -> Vec<(Message, &'static str)> {
    let bare_ban = Ban {
        name: None,
        network: None,
        until: None,
        reason: None,
        by: name("op"),
    };
    vec![
        (Message::InputUsername, ""),
        (Message::YourNameIs(name("ann")), ""),
        (Message::Congratulations, ""),
        (Message::YourId(name("127.0.0.1:1")), ""),
        (Message::ClientCount(3), ""),
        (Message::TimestampsAre(Timestamps::Off), r#"{"action":"timestamp","show":"off"}"#),
        (Message::TimestampsAre(Timestamps::Time), r#"{"action":"timestamp","show":"time"}"#),
        (Message::TimestampsAre(Timestamps::Date), r#"{"action":"timestamp","show":"date"}"#),
        (Message::WrongProtocol(Stranger::Http), ""),
        (Message::Closed(chatserv::chat::CloseCode::Normal), ""),
        (Message::Pong, r#"{"action":"pong"}"#),
        (Message::OperatorNow, r#"{"action":"op"}"#),
        (Message::Removed(name("bob")), r#"{"action":"kick","username":"bob"}"#),
        (Message::Kicked { by: name("op"), reason: None }, r#"{"action":"bye","reason":"kicked","by":"op"}"#),
        (Message::TelnetHint, ""),
        (Message::BanAdded { ban: ban(), spared: None },
            r#"{"action":"ban","username":"bob","address":"2001:db8::/64","until":"2026-11-20T12:00:00.123Z","reason":"spam","by":"op"}"#),
        (Message::BanAdded { ban: bare_ban.clone(), spared: Some((Network::parse("192.0.2.7").unwrap(), 5)) },
            r#"{"action":"ban","by":"op","shared_address":"192.0.2.7","shared_with":5}"#),
        (Message::BanTakenBack(bare_ban), r#"{"action":"unban","by":"op"}"#),
        (Message::Bans { bans: vec![ban()], total: 1, now: noon() },
            r#"{"action":"bans","bans":[{"username":"bob","address":"2001:db8::/64","until":"2026-11-20T12:00:00.123Z","reason":"spam","by":"op"}],"total":1}"#),
        (Message::Muted { name: name("bob"), on: true }, r#"{"action":"mute","username":"bob"}"#),
        (Message::Muted { name: name("bob"), on: false }, r#"{"action":"unmute","username":"bob"}"#),
        (Message::BansNotSaved { reason: "File too large".into() },
            r#"{"action":"notice","code":"bans_not_saved"}"#),
        (Message::Link(LinkNews::Waiting), r#"{"action":"notice","code":"waiting"}"#),
        (Message::Link(LinkNews::GoesOn), r#"{"action":"notice","code":"goes_on"}"#),
        (Message::Link(LinkNews::PlaceLost), r#"{"action":"notice","code":"place_lost"}"#),
        (Message::Link(LinkNews::NotSaid("hi".into())), r#"{"action":"notice","code":"not_said"}"#),
        (Message::RestartSoon { within: Duration::from_secs(30) },
            r#"{"action":"notice","code":"restart","seconds":30}"#),
        (Message::Restart { back: None },
            r#"{"action":"bye","reason":"restart"}"#),
        (Message::Link(LinkNews::Skipped), r#"{"action":"notice","code":"skipped"}"#),
        (Message::Link(LinkNews::Rewound), r#"{"action":"notice","code":"rewound"}"#),
        (Message::Motd(None), r#"{"action":"motd","message":null}"#),
        (Message::Motd(Some(name("one\ntwo"))), r#"{"action":"motd","message":"one\u000atwo"}"#),
        (
            Message::Threads {
                rows: vec![ThreadListing {
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
        (Message::Glass(Box::new(glass())),
            r#"{"action":"glass","doing":{"in read":2,"held back for a flood":1},"writers_total":1,"bytes_in":9,"bytes_out":8,"full_sockets":1,"queued_bytes":7,"inbox":{"events":1,"peak":2,"capacity":4096,"taken":5,"wakes":4},"dispatcher":{"interval_us":500000,"busy_us":1500},"followed":{"read":0,"sent":300,"taken":1000,"recipients":3,"full_sockets":1},"grouped":false,"readers":[{"reader":4,"own":true,"username":"ann","address":"127.0.0.1:1","doing":"in read","alive_seconds":59,"bytes_in":2,"bytes_out":3,"queued_bytes":0},{"reader":5,"doing":"in read","alive_seconds":0,"bytes_in":0,"bytes_out":0,"queued_bytes":7,"writer":"in write"}],"total":3,"more":true}"#),
        (Message::ShutdownPlanned { left: Duration::from_secs(300), reason: None, by: name("op") },
            r#"{"action":"notice","code":"shutdown_planned","seconds":300}"#),
        (Message::ShutdownCancelled { by: name("op") }, r#"{"action":"notice","code":"shutdown_cancelled"}"#),
        (Message::ShutDown, r#"{"action":"shutdown"}"#),
        (Message::IdleSoon { left: Duration::from_secs(30) }, r#"{"action":"notice","code":"idle","seconds":30}"#),
        (Message::TooSlow, r#"{"action":"bye","reason":"slow"}"#),
        (Message::LoginTimedOut, r#"{"action":"bye","reason":"login_timeout"}"#),
        (Message::TooManyNames, r#"{"action":"bye","reason":"too_many_names"}"#),
        (Message::EndlessLine, r#"{"action":"bye","reason":"endless_line"}"#),
    ]
}

/// Three readers, of which one is not listed, and a line that has not passed every station.
fn glass() -> GlassView {
    let other = ReaderView {
        client: ClientId(5),
        is_own: false,
        name: None,
        address: None,
        doing: "in read",
        alive: Duration::ZERO,
        bytes_in: 0,
        bytes_out: 0,
        unsent_bytes: 7,
        writer: Some("in write"),
    };
    let own = ReaderView {
        client: ClientId(4),
        is_own: true,
        name: Some(name("ann")),
        address: Some("127.0.0.1:1".parse().unwrap()),
        alive: Duration::from_millis(59_999),
        bytes_in: 2,
        bytes_out: 3,
        unsent_bytes: 0,
        writer: None,
        ..other.clone()
    };
    let mut moments = Moments::default();
    for (station, nanoseconds) in
        [(Station::Read, 700), (Station::Sent, 1000), (Station::Taken, 1700)]
    {
        moments.pass(station, Duration::from_nanos(nanoseconds));
    }
    GlassView {
        doing: vec![("in read", 2), ("held back for a flood", 1)],
        readers_total: 3,
        writers_total: 1,
        readers: vec![own, other],
        is_grouped: false,
        bytes_in: 9,
        bytes_out: 8,
        full_sockets: 1,
        unsent_bytes: 7,
        inbox: InboxView { events: 1, peak: 2, capacity: 4096, taken: 5, wakes: 4 },
        dispatcher: DispatcherView {
            interval: Duration::from_millis(500),
            busy: Duration::from_micros(1500),
        },
        followed: Some(FollowedLine { moments, recipients: 3, full_sockets: 1 }),
    }
}

/// Messages with the same sentence in every case.
#[rustfmt::skip]
pub fn farewells() -> Vec<(Message, &'static str)> {
    vec![
        (Message::IdleBye, r#"{"action":"bye","reason":"idle","message":"Bye!"}"#),
        (Message::Bye, r#"{"action":"bye","reason":"quit","message":"Bye!"}"#),
        (Message::ShutDown, r#"{"action":"shutdown","message":"The chat has been shut down"}"#),
    ]
}

/// Errors and their codes.
#[rustfmt::skip]
pub fn errors() -> Vec<(Message, &'static str)> {
    let word = || "x".to_owned();
    #[rustfmt::skip]
    let malformed = [
        (RequestError::NotUtf8, "bad_utf8"),
        (RequestError::ByteOrderMark, "byte_order_mark"),
        (RequestError::TooDeep, "too_deep"),
        (RequestError::SeveralLines, "several_lines"),
        (RequestError::SeveralObjects, "several_objects"),
        (RequestError::NotAnObject, "not_an_object"),
        (RequestError::NotJson { column: 1 }, "bad_json"),
        (RequestError::DuplicateField(word()), "duplicate_field"),
        (RequestError::MissingAction, "missing_action"),
        (RequestError::UnknownAction { action: word(), near: None }, "unknown_action"),
        (RequestError::UnknownField(word()), "unknown_field"),
        (RequestError::MissingField("room".into()), "missing_field"),
        (RequestError::WrongField { field: "room".into(), expected: "a text".into() }, "wrong_field"),
    ];
    let mut errors: Vec<_> = malformed
        .into_iter()
        .map(|(reason, code)| (ChatError::Request(reason), code))
        .collect();
    errors.extend([
        (ChatError::LineTooLong(Protocol::Json), "line_too_long"),
        (ChatError::NameFirst, "not_connected"),
        (ChatError::AlreadyConnected, "already_connected"),
        (ChatError::Name(NameError::Blank), "name_refused"),
        (ChatError::NameTaken { wanted: name("a"), by: name("A") }, "name_taken"),
        (ChatError::NameHeld { name: name("a"), left: Duration::from_secs(9) }, "name_taken"),
        (ChatError::WrongReclaimWord { tries_left: 2 }, "wrong_reclaim"),
        (ChatError::NoReclaimTriesLeft, "too_many_reclaims"),
        (ChatError::ReclaimWordSaid, "reclaim_word_said"),
        (ChatError::RoomName(NameError::Blank), "room_refused"),
        (ChatError::TooManyRooms, "too_many_rooms"),
        (ChatError::NoMoreRooms, "no_more_rooms"),
        (ChatError::NoSuchRoom(word()), "no_such_room"),
        (ChatError::NotInRoom(word()), "not_in_room"),
        (ChatError::TopicIsOperators(name("dev")), "topic_is_operators"),
        (ChatError::NoSuchPerson(word()), "no_such_person"),
        (ChatError::NobodyOf(vec![word()]), "no_such_person"),
        (ChatError::NameBanned(name("bob")), "name_banned"),
        (ChatError::NoNamesHere, "no_names"),
        (ChatError::TooManyIgnored, "too_many_ignored"),
        (ChatError::UnclearMention(name("bob")), "unclear_mention"),
        (ChatError::NobodyToReplyTo, "nobody_to_reply_to"),
        (ChatError::TooManyRecipients, "too_many_named"),
        (ChatError::NoSuchAddress(word()), "no_such_address"),
        (ChatError::NotYourself, "not_yourself"),
        (ChatError::NoHistory, "no_history"),
        (ChatError::NothingToSearch, "nothing_to_search"),
        (ChatError::WrongDate, "misused_command"),
        (ChatError::FilterTwice("from"), "misused_command"),
        (ChatError::TooManySearches, "too_many_searches"),
        (ChatError::SearchesBusy, "searches_busy"),
        (ChatError::SearchTooSlow, "search_too_slow"),
        (ChatError::HistoryBehind, "history_behind"),
        (ChatError::HistoryFailed, "history_failed"),
        (ChatError::NotIgnored(word()), "not_ignored"),
        (ChatError::TextTooLong { bytes_max: 9 }, "text_too_long"),
        (ChatError::YouAreMuted, "muted"),
        (ChatError::UnknownCommand { word: word(), near: None }, "unknown_command"),
        (ChatError::AmbiguousCommand { word: word(), candidates: vec!["a", "b"] }, "ambiguous_command"),
        (ChatError::Misused("msg"), "misused_command"),
        (ChatError::TypeInFull("quit"), "command_in_full"),
        (ChatError::NotOperator, "not_operator"),
        (ChatError::GlassIsOperators, "glass_is_operators"),
        (ChatError::NoGlass, "no_glass"),
        (ChatError::NoOperatorPassword, "no_operator_password"),
        (ChatError::WrongOperatorPassword { tries_left: 2 }, "wrong_operator_password"),
        (ChatError::NoPasswordTriesLeft, "too_many_operator_passwords"),
        (ChatError::TooManyPasswordAttempts, "too_many_operator_passwords"),
        (ChatError::NoSuchBan(word()), "no_such_ban"),
        (ChatError::LoopbackBan, "loopback_ban"),
        (ChatError::TooManyBans, "too_many_bans"),
        (ChatError::TooManyMuted, "too_many_muted"),
        (ChatError::NoShutdownPlanned, "no_shutdown_planned"),
    ]);
    errors
        .into_iter()
        .map(|(refusal, code)| (Message::Error(refusal), code))
        .collect()
}

/// Messages that are an error followed by a `bye`.
#[rustfmt::skip]
pub fn ends() -> Vec<(Message, &'static str)> {
    vec![
        (Message::Banned { reason: None, remaining: None }, "banned"),
        (Message::ServerFull, "full"),
        (Message::TooManyFromAddress { max: 37 }, "too_many_connections"),
        (Message::TooFastFromAddress { max: 120 }, "too_many_connections"),
        (Message::NoThread, "no_thread"),
    ]
}
