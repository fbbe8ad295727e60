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
        // These answer requests that the client never makes: it takes lines apart itself, and draws no threads.
        let is_for_others = fields["action"] == "typed" || fields["action"] == "glass";
        assert_eq!(heard(line) == Heard::Other, is_for_others, "{line}");
        assert_eq!(read(line).unwrap().1, fields["id"].as_u64(), "{line}");
        answered.insert(fields["action"].as_str().unwrap().to_owned());
    }
    for action in actions() {
        let answer = match action.name {
            "ping" => "pong",
            "quit" => "bye",
            "follow" => "ack",
            // The recipient of a `reply` receives a `msg`.
            "reply" => "msg",
            name => name,
        };
        assert!(answered.contains(answer), "{answer} is never shown");
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
fn what_no_server_could_have_sent_is_an_error() {
    for line in [
        "",
        "hello",
        "null",
        "{}",
        r#"["pong"]"#,
        r#"{"action":7}"#,
        r#"{"from":"ben"}"#,
        r#"{"action":"pong"} {"action":"pong"}"#,
        r#"{"action":"pong""#,
        r#"{"action":"chat","from":7,"message":"hi","received_at":"x"}"#,
        r#"{"action":"chat","from":"ben","message":"hi","received_at":"x","message_id":-1}"#,
        r#"{"action":"history","room":"dev","epoch":1,"messages":[{"action":"chat"}]}"#,
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
