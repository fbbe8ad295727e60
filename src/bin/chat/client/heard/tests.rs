use std::collections::BTreeSet;

use chatserv::protocol::json::actions;

use super::*;

const GUIDE: &str = include_str!("../../../../guide/json.md");

/// The objects that the guide shows as received.
fn received() -> Vec<String> {
    let blocks = GUIDE.split("```text\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split_once("```").map(|(block, _)| block));
    let lines = blocks.flat_map(str::lines);
    let objects = lines.filter_map(|line| line.split_once(" < "));
    objects
        .filter(|(_, object)| object.starts_with('{'))
        // The guide omits what differs from run to run.
        .map(|(_, object)| object.replace(",…]", "]"))
        .collect()
}

fn heard(line: &str) -> Heard {
    let read = read(line);
    read.unwrap_or_else(|reason| panic!("{line}: {reason}")).0
}

#[test]
fn the_client_reads_every_object_of_the_guide() {
    let received = received();
    assert!(received.len() > 60, "only {} were found", received.len());
    let mut answered = BTreeSet::new();
    for line in &received {
        let fields: Value = serde_json::from_str(line).unwrap();
        // It answers a request that the client never makes, since it takes lines apart itself.
        let is_typed = fields["action"] == "typed";
        assert_eq!(heard(line) == Heard::Other, is_typed, "{line}");
        assert_eq!(read(line).unwrap().1, fields["id"].as_u64(), "{line}");
        answered.insert(fields["action"].as_str().unwrap().to_owned());
    }
    for action in actions() {
        let answer = match action.name {
            "ping" => "pong",
            "quit" => "bye",
            // The recipient of a `reply` receives a `msg`.
            "reply" => "msg",
            name => name,
        };
        assert!(answered.contains(answer), "{answer} is never shown");
    }
}

#[test]
fn what_is_in_an_object_is_read() {
    let said = |room: Option<&str>, to: &[&str]| Said {
        from: "ben".into(),
        message: "hi".into(),
        room: room.map(str::to_owned),
        message_id: room.map(|_| 7),
        to: to.iter().map(ToString::to_string).collect(),
        sent_at: None,
        received_at: "2026-11-20T11:03:04.000Z".into(),
    };
    for (line, expected) in [
        (
            r#"{"action":"chat","room":"dev","message_id":7,"message":"hi","from":"ben","received_at":"2026-11-20T11:03:04.000Z"}"#,
            Heard::Chat(said(Some("dev"), &[])),
        ),
        (
            r#"{"action":"msg","to":["ann","mom"],"message":"hi","from":"ben","received_at":"2026-11-20T11:03:04.000Z"}"#,
            Heard::Msg(said(None, &["ann", "mom"])),
        ),
        (
            r#"{"action":"history","room":"dev","messages":[{"action":"me","room":"dev","message_id":7,"message":"hi","from":"ben","received_at":"2026-11-20T11:03:04.000Z"}],"epoch":18446744073709551615,"more":true}"#,
            Heard::History {
                room: "dev".into(),
                messages: vec![Heard::Me(said(Some("dev"), &[]))],
                epoch: u64::MAX,
                gaps: Vec::new(),
                more: true,
            },
        ),
        (
            r#"{"action":"leaveroom","room":"dev","from":"ben","reason":"kicked","by":"ann","message":"too loud"}"#,
            Heard::LeaveRoom {
                room: "dev".into(),
                from: "ben".into(),
                reason: Some("kicked".into()),
                by: Some("ann".into()),
                message: Some("too loud".into()),
            },
        ),
        (
            r#"{"action":"topic","room":"dev","topic":null}"#,
            Heard::Topic { room: "dev".into(), topic: None, from: None },
        ),
        (
            r#"{"action":"whois","username":"Tom","rooms":["lobby"],"idle_seconds":3,"away":true,"away_message":"lunch","connected_seconds":9,"protocol":"plain","operator":true}"#,
            Heard::Whois(Whois {
                client: Client {
                    username: "Tom".into(),
                    rooms: vec!["lobby".into()],
                    idle_seconds: 3,
                    away: true,
                },
                away_message: Some("lunch".into()),
                connected_seconds: 9,
                protocol: Some("plain".into()),
                operator: true,
                address: None,
                muted: false,
            }),
        ),
    ] {
        assert_eq!(heard(line), expected);
    }
}

#[test]
fn a_newer_server_is_understood_as_far_as_can_be() {
    for line in [
        r#"{"action":"wave","from":"ben"}"#,
        r#"{"action":"","colour":[{"deep":{"er":[]}}]}"#,
        r#"{"colour":1,"action":"Chat"}"#,
    ] {
        assert_eq!(heard(line), Heard::Other, "{line}");
    }
    for line in received() {
        let more = line.replacen('{', r#"{"colour":{"r":[1,2.5,null]},"#, 1);
        assert_eq!(heard(&more), heard(&line), "{more}");
    }
}

#[test]
fn an_id_is_told_where_it_is_one_of_ours() {
    for (id, expected) in [
        ("0", Some(0)),
        ("18446744073709551615", Some(u64::MAX)),
        ("-1", None),
        ("1.5", None),
        ("\"7\"", None),
        ("[7]", None),
        ("null", None),
    ] {
        let line = format!(r#"{{"action":"pong","id":{id}}}"#);
        assert_eq!(read(&line).unwrap(), (Heard::Pong {}, expected), "{id}");
    }
    assert_eq!(read(r#"{"action":"pong"}"#).unwrap().1, None);
}

#[test]
fn what_no_server_could_have_sent_is_an_error() {
    for line in [
        "",
        " ",
        "hello",
        "server: Input username.",
        "7",
        "null",
        "{}",
        r#"["pong"]"#,
        r#"["chat","ben"]"#,
        r#""pong""#,
        r#"{"action":7}"#,
        r#"{"action":null}"#,
        r#"{"action":["pong"]}"#,
        r#"{"from":"ben"}"#,
        r#"{"action":"pong"} {"action":"pong"}"#,
        r#"{"action":"pong""#,
        r#"{"action":"chat","from":"ben"}"#,
        r#"{"action":"chat","from":7,"message":"hi","received_at":"x"}"#,
        r#"{"action":"chat","from":"ben","message":"hi","received_at":"x","to":"ann"}"#,
        r#"{"action":"chat","from":"ben","message":"hi","received_at":"x","message_id":-1}"#,
        r#"{"action":"history","room":"dev","epoch":1,"messages":[{"action":"chat"}]}"#,
        r#"{"action":"who","clients":{},"total":1}"#,
        r#"{"action":"rooms","rooms":[],"total":1e99}"#,
        r#"{"action":"pong","id":1e999}"#,
        r#"{"action":"notice","message":"\ud800"}"#,
    ] {
        assert!(read(line).is_err(), "{line}: {:?}", read(line));
    }
}

#[test]
fn there_is_an_end_to_nesting_before_that_of_the_stack() {
    for depth in [127, 1_000, 100_000] {
        let lists = "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(&lists).is_err(), "{depth}");
        let field = format!(r#"{{"action":"pong","colour":{lists}}}"#);
        assert!(read(&field).is_err(), "{depth}");
    }
    // The most expensive object that is not refused: a history nested in a history nested in a history.
    let history = |messages: &str| {
        format!(r#"{{"action":"history","room":"dev","epoch":1,"messages":[{messages}]}}"#)
    };
    let nested = |depth: usize| (0..depth).fold(String::new(), |inner, _| history(&inner));
    assert!(read(&nested(63)).is_ok());
    assert!(read(&nested(64)).is_err());
}
