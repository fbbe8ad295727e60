//! Lines that are not valid requests.

use std::thread;

use chatserv::chat::{Input, Request, RequestError};
use chatserv::protocol::json::LEVELS_MAX;

use super::{asked, check_json, malformed, request, tag};

fn not_json(column: usize) -> RequestError {
    RequestError::NotJson { column }
}

#[test]
fn each_kind_of_bad_json_has_an_error() {
    #[rustfmt::skip]
    let rows: [(&[u8], RequestError); 38] = [
        (b"{\"action\":\"chat\xFF\"}", RequestError::NotUtf8),
        (b"\xC3", RequestError::NotUtf8),
        // UTF-16, with and without a byte order mark.
        (b"\xFF\xFE{\0}\0", RequestError::NotUtf8),
        (b"{\0}\0", not_json(2)),
        // An encoded surrogate.
        (b"{\"a\":\"\xED\xA0\xBD\"}", RequestError::NotUtf8),
        ("\u{feff}{\"action\":\"ping\"}".as_bytes(), RequestError::ByteOrderMark),
        ("\u{feff}".as_bytes(), RequestError::ByteOrderMark),
        (b"{", RequestError::SeveralLines),
        (b"{ ", RequestError::SeveralLines),
        (b"{\"action", RequestError::SeveralLines),
        (b"{\"action\"", RequestError::SeveralLines),
        (b"{\"action\": \"chat\", \"room\":", RequestError::SeveralLines),
        (b"{\"action\":\"ping\",", RequestError::SeveralLines),
        (b"{\"action\":\"ping\"", RequestError::SeveralLines),
        (b"{\"to\":[\"a\",", RequestError::SeveralLines),
        (b"{\"on\":tru", RequestError::SeveralLines),
        (b"{\"message\":\"hi\\", RequestError::SeveralLines),
        (b"{} {}", RequestError::SeveralObjects),
        (b"{}{}", RequestError::SeveralObjects),
        (b"{\"action\":\"ping\"},", RequestError::SeveralObjects),
        (b"{\"action\":\"ping\"}}", RequestError::SeveralObjects),
        (b"{} // comment", RequestError::SeveralObjects),
        (b"[1]", RequestError::NotAnObject),
        (b" \"x\"", RequestError::NotAnObject),
        (b"3", RequestError::NotAnObject),
        (b"null", RequestError::NotAnObject),
        (b"[{\"action\":\"ping\"}]", RequestError::NotAnObject),
        (b"hello", not_json(1)),
        (b"12:30", not_json(3)),
        (b"[1,", not_json(3)),
        (b"}", not_json(1)),
        (b"  \"action\": \"ping\",", not_json(11)),
        (b"{action:1}", not_json(2)),
        (b"{'action':1}", not_json(2)),
        (b"{\"a\":1,}", not_json(8)),
        (b"{\"a\":01}", not_json(7)),
        (b"{\"a\":\"\t\"}", not_json(6)),
        (b"{\"a\":NaN}", not_json(6)),
    ];
    for (line, reason) in rows {
        check_json(line, &[malformed(reason)]);
    }
}

/// There are no batches: one error, whatever is in it.
#[test]
fn an_array_of_requests_is_one_error() {
    let array = |count: usize| format!("[{}]", vec![r#"{"action":"ping"}"#; count].join(","));
    let after = "\n{\"action\":\"ping\"}\n";
    for count in [1, 2, 900] {
        let line = array(count) + after;
        check_json(line, &[malformed(RequestError::NotAnObject), request(Request::Ping)]);
    }
    // More of them are too long for a line, and 10,000 for a line that never ends.
    check_json(array(1_000) + after, &[Input::LineTooLong, request(Request::Ping)]);
    check_json(array(10_000) + after, &[Input::LineTooLong, Input::LineEndless]);
}

#[test]
fn a_bad_request_has_an_error_with_its_id() {
    let unknown = |action: &str, near: Option<&'static str>| RequestError::UnknownAction {
        action: action.into(),
        near: near.map(Into::into),
    };
    let doubled = |key: &str| RequestError::DuplicateField(key.into());
    #[rustfmt::skip]
    let table = [
        ("", RequestError::MissingAction),
        (r#","action":null"#, RequestError::MissingAction),
        (r#","message":"x""#, RequestError::MissingAction),
        (r#","action":"ping","a":1,"a":1"#, doubled("a")),
        (r#","action":"ping","action":"ping""#, doubled("action")),
        (r#","action":"ping","\u0061ction":"quit""#, doubled("action")),
        (r#","x\u001b[2J":1,"x\u001b[2J":1"#, doubled("x")),
        (r#","action":"ping","id":8"#, doubled("id")),
        (r#","action":"dance""#, unknown("dance", None)),
        (r#","action":"""#, unknown("", None)),
        (r#","action":"Chat""#, unknown("Chat", Some("chat"))),
        (r#","action":"join""#, unknown("join", Some("joinroom"))),
        (r#","action":"leave""#, unknown("leave", Some("leaveroom"))),
        (r#","action":"shutdwon""#, unknown("shutdwon", Some("shutdown"))),
        (r#","action":"message""#, unknown("message", None)),
        (r#","action":"\u001b[2J\nxyz""#, unknown(&clean("\u{1b}[2J\nxyz"), None)),
        (r#","action":"chat""#, RequestError::MissingField("message".into())),
    ];
    for (fields, reason) in table {
        let line = format!(r#"{{"id":7{fields}}}"#);
        check_json(&line, &[Input::BadRequest { reason, tag: tag("7") }]);
    }
    // Only the beginning is quoted.
    let long = format!(r#"{{"action":"{}"}}"#, "é".repeat(8000));
    assert_eq!(asked(&long), Err(unknown(&"é".repeat(32), None)));
}

fn clean(text: &str) -> String {
    chatserv::protocol::clean(text.as_bytes()).text
}

#[test]
fn a_wrong_field_is_named() {
    #[rustfmt::skip]
    let table = [
        (r#"{"action":1}"#, "action"),
        (r#"{"action":["ping"]}"#, "action"),
        (r#"{"action":"\ud83d"}"#, "action"),
        (r#"{"action":"connect","username":1}"#, "username"),
        (r#"{"action":"connect","username":"\udc00"}"#, "username"),
        (r#"{"action":"joinroom","room":["dev"]}"#, "room"),
        (r#"{"action":"joinroom","room":"dev","history":-1}"#, "history"),
        (r#"{"action":"joinroom","room":"dev","history":1.5}"#, "history"),
        (r#"{"action":"joinroom","room":"dev","history":"5"}"#, "history"),
        (r#"{"action":"joinroom","room":"dev","history":1e999}"#, "history"),
        (r#"{"action":"leaveroom","room":""}"#, "room"),
        (r#"{"action":"chat","message":""}"#, "message"),
        (r#"{"action":"chat","message":" \u0007\t"}"#, "message"),
        (r#"{"action":"chat","message":1e999}"#, "message"),
        (r#"{"action":"chat","message":"a\ud83d"}"#, "message"),
        (r#"{"action":"chat","room":"","message":"x"}"#, "room"),
        (r#"{"action":"chat","to":[],"message":"x"}"#, "to"),
        (r#"{"action":"chat","to":[" "],"message":"x"}"#, "to"),
        (r#"{"action":"chat","to":["a",1],"message":"x"}"#, "to"),
        (r#"{"action":"chat","to":{"a":1},"message":"x"}"#, "to"),
        (r#"{"action":"msg","to":"","message":"x"}"#, "to"),
        (r#"{"action":"chat","message":"x","sent_at":"yesterday"}"#, "sent_at"),
        (r#"{"action":"chat","message":"x","sent_at":1}"#, "sent_at"),
        (r#"{"action":"history","room":"dev","before":1,"after":1}"#, "before"),
        (r#"{"action":"history","room":"dev","limit":18446744073709551616}"#, "limit"),
        (r#"{"action":"history","room":"dev","before":"soon"}"#, "before"),
        (r#"{"action":"search","words":" "}"#, "words"),
        (r#"{"action":"search","words":"x","before":7}"#, "before"),
        (r#"{"action":"search","words":"x","cursor":-1}"#, "cursor"),
        (r#"{"action":"quiet","on":"yes"}"#, "on"),
        (r#"{"action":"whois","username":" "}"#, "username"),
        (r#"{"action":"ban","username":"a","address":"::1"}"#, "address"),
        (r#"{"action":"ban","address":"ann"}"#, "address"),
        (r#"{"action":"ban","username":"a","duration":30}"#, "duration"),
        (r#"{"action":"ban","username":"a","duration":"30"}"#, "duration"),
        (r#"{"action":"ban","username":"a","duration":"0s"}"#, "duration"),
        (r#"{"action":"ban","username":"a","duration":"-5m"}"#, "duration"),
        (r#"{"action":"shutdown","cancel":1}"#, "cancel"),
        (r#"{"action":"op","password":5}"#, "password"),
    ];
    for (line, field) in table {
        let refused = asked(line);
        let is_told =
            matches!(&refused, Err(RequestError::WrongField { field: told, .. }) if told == field);
        assert!(is_told, "{line}: {refused:?}");
    }
}

/// A ping with this many levels of nesting, counting the object itself.
fn nested(levels: usize) -> String {
    let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
    format!(r#"{{"action":"ping","x":{open}{close}}}"#)
}

#[test]
#[rustfmt::skip]
fn nesting_is_limited() {
    check_json(nested(LEVELS_MAX), &[request(Request::Ping)]);
    check_json(nested(LEVELS_MAX + 1), &[malformed(RequestError::TooDeep)]);
    check_json(nested(1000), &[malformed(RequestError::TooDeep)]);
    // The depth is checked first.
    let deep = "[".repeat(LEVELS_MAX + 1);
    for line in [deep.clone(), format!("{deep}\u{1}"), format!("{{}} {deep}")] {
        check_json(line, &[malformed(RequestError::TooDeep)]);
    }
    check_json([deep.as_bytes(), b"\xFF"].concat(), &[malformed(RequestError::TooDeep)]);
    check_json("{".repeat(LEVELS_MAX), &[malformed(not_json(2))]);
    // Closed levels and brackets in texts do not count.
    let wide = vec![r#"[{"a":[]}]"#; 100].join(",");
    check_json(format!(r#"{{"action":"ping","x":[{wide}]}}"#), &[request(Request::Ping)]);
    let text = r#"\"[[\\\"{{"#.repeat(100);
    check_json(format!(r#"{{"action":"ping","x":"{text}"}}"#), &[request(Request::Ping)]);
    let key = r#"{"action":"ping","[[[[[[[[[[[[[[[[[":1}"#;
    check_json(key, &[request(Request::Ping)]);
}

#[test]
fn the_deepest_nesting_fits_a_readers_stack() {
    let bytes = if cfg!(debug_assertions) { 512 } else { 256 } * 1024;
    let reader = thread::Builder::new().stack_size(bytes).spawn(|| {
        // In an unknown field, in known ones, and as the `id`.
        assert_eq!(asked(&nested(LEVELS_MAX)), Ok(Request::Ping));
        for field in ["to", "message", "id"] {
            let line = nested(LEVELS_MAX).replace("\"x\"", &format!("\"{field}\""));
            let chat = line.replace("ping", "chat");
            assert!(asked(&chat).is_err(), "{chat}");
        }
        assert_eq!(asked(&nested(LEVELS_MAX + 1)), Err(RequestError::TooDeep));
        assert_eq!(asked(&nested(8000)), Err(RequestError::TooDeep));
    });
    reader.unwrap().join().unwrap();
}

#[test]
fn every_error_explains_itself() {
    let field = "message";
    let expected = "a text that is not empty";
    let action = "dance".to_owned();
    #[rustfmt::skip]
    let table = [
        (RequestError::NotUtf8, "UTF-8"),
        (RequestError::ByteOrderMark, "byte order mark"),
        (RequestError::TooDeep, "more than 16 levels"),
        (RequestError::SeveralLines, "one object on one line"),
        (RequestError::SeveralObjects, "one object on one line"),
        (RequestError::NotAnObject, "not an object"),
        (not_json(9), "byte 9"),
        (RequestError::DuplicateField("a".into()), "`a` is there twice"),
        (RequestError::MissingAction, "`action`"),
        (RequestError::UnknownAction { action: action.clone(), near: None }, "`dance`"),
        (RequestError::UnknownAction { action, near: Some("away".into()) }, "`away`?"),
        (RequestError::UnknownField("in".into()), "`in`"),
        (RequestError::MissingField(field.into()), "`message`"),
        (RequestError::WrongField { field: field.into(), expected: expected.into() }, "a text that is not empty"),
    ];
    for (reason, told) in table {
        let sentence = reason.to_string();
        assert!(sentence.contains(told), "{sentence}");
        assert!(sentence.ends_with(['.', '?']), "{sentence}");
    }
}
