//! Fields of requests: required, unknown, `id` and texts.

use chatserv::chat::{Input, Request, RequestError, Target};
use chatserv::protocol::clean;
use chatserv::protocol::json::{ID_BYTES_MAX, actions};

use super::json_requests::table;
use super::{asked, check_json, decode, json, malformed, request, tag};

#[test]
fn every_action_is_a_request() {
    let mut missing: Vec<_> = actions().map(|action| action.name).collect();
    for (line, expected) in table() {
        assert_eq!(asked(line).as_ref(), Ok(&expected), "{line}");
        let action = format!(r#"{{"action":"{}""#, name_of(line));
        assert!(line.starts_with(&action), "{line}");
        missing.retain(|&name| name != name_of(line));
    }
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

/// The action of a row.
fn name_of(line: &str) -> &str {
    line.split('"').nth(3).unwrap_or_default()
}

#[test]
fn a_missing_field_is_an_error() {
    for (line, _) in table() {
        let Some(action) = actions().find(|action| action.name == name_of(line)) else {
            panic!("{line}");
        };
        for field in action.required {
            // With another key, the value belongs to an unknown field.
            let without = line.replace(&format!("\"{field}\":"), "\"x\":");
            assert_ne!(without, line, "{field}");
            assert_eq!(
                asked(&without),
                Err(RequestError::MissingField((*field).into())),
                "{without}"
            );
        }
    }
    for (line, field) in [
        (r#"{"action":"chat","message":null}"#, "message"),
        (r#"{"action":"ban"}"#, "username"),
        (r#"{"action":"unban","reason":"x"}"#, "username"),
    ] {
        assert_eq!(asked(line), Err(RequestError::MissingField(field.into())), "{line}");
    }
}

#[test]
#[rustfmt::skip]
fn unknown_fields_are_ignored() {
    for unknown in ["1e999", "-0.0e-9999", r#""\ud83d""#, r#"{"a":1,"a":[{}]}"#] {
        let line =
            format!(r#"{{"x":{unknown},"action":"ping","id":{unknown},"message":{unknown}}}"#);
        check_json(&line, &[Input::Request { request: Request::Ping, tag: tag(unknown) }]);
    }
    // A key may contain half a surrogate pair.
    check_json(r#"{"\ud83d":1,"action":"ping"}"#, &[request(Request::Ping)]);
    // Escapes in keys count.
    check_json(r#"{"\u0061ction":"pin\u0067"}"#, &[request(Request::Ping)]);
}

#[test]
#[rustfmt::skip]
fn an_id_comes_back_as_it_was_written() {
    let with_tag = |id: &str| {
        [Input::Request {
            request: Request::Ping,
            tag: tag(id),
        }]
    };
    for id in [
        "7",
        "-1.50E+2",
        "\"a\\u0062\"",
        "\"null\"",
        "false",
        "[1, {\"a\": []}]",
        "\"é\"",
        "18446744073709551616",
    ] {
        check_json(format!(r#"{{"id":{id},"action":"ping"}}"#), &with_tag(id));
        check_json(format!("{{\"action\":\"ping\",\"id\" : \t{id} }}"), &with_tag(id));
    }
    // Control characters are replaced, since no sent line may contain them.
    check_json("{\"id\":[1,\r\t2],\"action\":\"ping\"}", &with_tag("[1,  2]"));
    check_json("{\"id\":\"a\u{7f}\u{9b}b\",\"action\":\"ping\"}", &with_tag(r#""a\u007f\u009bb""#));
}

#[test]
fn a_null_id_is_no_id() {
    check_json(r#"{"id":null,"action":"ping"}"#, &[request(Request::Ping)]);
    check_json(r#"{"id": null }"#, &[malformed(RequestError::MissingAction)]);
}

#[test]
#[rustfmt::skip]
fn the_length_of_an_id_is_limited() {
    let ping = |id: &str| format!(r#"{{"action":"ping","id":{id}}}"#);
    let longest = format!("\"{}\"", "i".repeat(ID_BYTES_MAX - 2));
    check_json(ping(&longest), &[Input::Request { request: Request::Ping, tag: tag(&longest) }]);
    // The limit holds for the answer, where DEL takes six bytes.
    let grows = format!("\"{}\"", "\u{7f}".repeat(ID_BYTES_MAX / 6 + 1));
    let one_more = "7".repeat(ID_BYTES_MAX + 1);
    for id in [one_more, grows, format!("[{longest}]")] {
        let inputs = decode(json(), [ping(&id).as_bytes()]).inputs;
        // The id does not come back, and nothing is done.
        let [Input::BadRequest { reason, tag: None }] = inputs.as_slice() else {
            panic!("{id}: {inputs:?}");
        };
        let field = "id";
        assert!(
            matches!(reason, RequestError::WrongField { field: told, .. } if *told == field),
            "{reason:?}"
        );
    }
}

#[test]
fn shutdown_accepts_no_unknown_field() {
    for (fields, unknown) in [
        (r#""in":"5m""#, "in"),
        (r#""duration":"5m","Reason":"x""#, "Reason"),
        (r#""id":1,"cancle":true"#, "cancle"),
        (r#""username":"bob""#, "username"),
        (r#""\u0069n":"5m""#, "in"),
    ] {
        let line = format!(r#"{{"action":"shutdown",{fields}}}"#);
        let reason = RequestError::UnknownField(unknown.into());
        assert_eq!(asked(&line), Err(reason), "{line}");
    }
    // A field that is `null` does not count.
    let line = r#"{"id":1,"action":"shutdown","in":null,"duration":null,"cancel":false}"#;
    let (after, reason) = (None, None);
    assert_eq!(asked(line), Ok(Request::Shutdown { after, reason }));
}

#[test]
fn texts_are_cleaned_after_decoding() {
    for written in [
        r#"\u001b[2Jhi"#,
        r#"one\nserver: two"#,
        r#"one\r\ntwo"#,
        r#"a\u2028b\u2029c"#,
        r#"\u202ehi\u0007\u0000"#,
        r#"\u009b31mred"#,
        "raw \u{9b}31m and \u{202e}",
    ] {
        let decoded: String = serde_json::from_str(&format!("\"{written}\"")).unwrap();
        let cleaned = clean(decoded.as_bytes());
        assert!(cleaned.altered, "{written}");
        assert!(!cleaned.text.contains(|c: char| c.is_control() || c == '\u{2028}'));

        let said = asked(&format!(r#"{{"action":"reply","message":"{written}"}}"#));
        let text = cleaned.text.clone();
        assert_eq!(said, Ok(Request::Reply { text }), "{written}");
        let named = asked(&format!(r#"{{"action":"nick","username":"{written}"}}"#));
        assert_eq!(named, Ok(Request::Nick { name: cleaned.clone() }), "{written}");
        let to = asked(&format!(r#"{{"action":"chat","to":["{written}"],"message":"x"}}"#));
        let Ok(Request::Chat { target, .. }) = to else {
            panic!("{written}: {to:?}");
        };
        assert_eq!(target, Target::People(vec![cleaned.text]), "{written}");
    }
}

/// The upper limit is a rule of the Hub.
#[test]
fn a_list_of_names_has_at_least_one() {
    let msg = |count| {
        let names = vec!["\"ann\""; count].join(",");
        asked(&format!(r#"{{"action":"msg","to":[{names}],"message":"x"}}"#))
    };
    for count in [1, 100, 101] {
        assert!(msg(count).is_ok(), "{count}");
    }
    let refused = msg(0);
    let is_refused =
        matches!(&refused, Err(RequestError::WrongField { field, .. }) if field == "to");
    assert!(is_refused, "{refused:?}");
}

#[test]
fn a_shutdown_is_either_scheduled_or_cancelled() {
    for beside in [r#""duration":"5m""#, r#""reason":"x""#] {
        let asked = asked(&format!(r#"{{"action":"shutdown","cancel":true,{beside}}}"#));
        let is_refused =
            matches!(&asked, Err(RequestError::WrongField { field, .. }) if field == "cancel");
        assert!(is_refused, "{beside}: {asked:?}");
    }
}

#[test]
fn a_capital_m_is_no_unit() {
    let ban = |duration: &str| {
        asked(&format!(r#"{{"action":"ban","username":"bob","duration":"{duration}"}}"#))
    };
    assert!(ban("30m").is_ok());
    let refused = ban("30M");
    let is_refused =
        matches!(&refused, Err(RequestError::WrongField { field, .. }) if field == "duration");
    assert!(is_refused, "{refused:?}");
}
