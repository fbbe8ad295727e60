//! Properties of the JSON codec for random bytes and texts.

use std::sync::Arc;

use chatserv::chat::{Audience, ChatMessage, Input, Manner, Message, Request, Target};
use chatserv::protocol::JSON_LINE_BYTES_MAX;
use chatserv::protocol::json::actions;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::json_encoder::lines;
use super::json_samples::{name, noon};
use super::{asked, decode, json, may_switch};

/// Random bytes with many special ones next to each other, and whole requests.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let special = prop::sample::select(&b"{}[]:,\"\\ \r\n\t\x08\x7F\x16\x03\xFF0e"[..]);
    let piece = prop_oneof![
        4 => special.prop_map(|byte| vec![byte]),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
        1 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        2 => prop::sample::select(&["\r\n", "\"id\":", "\"action\":\"ping\"", "\\ud83d", "GET / HTTP/1.1"][..])
            .prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::sample::select(&["{\"action\":\"ping\"}\n", "{\"id\":1,\"action\":\"back\"}\r\n"][..])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => (JSON_LINE_BYTES_MAX - 40..JSON_LINE_BYTES_MAX + 2).prop_map(|length| vec![b'x'; length]),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// An object with a known action and values that are often right.
fn any_request() -> impl Strategy<Value = String> {
    let names: Vec<_> = actions().map(|action| action.name).collect();
    let fields: Vec<_> = actions()
        .flat_map(|action| action.required.iter().chain(action.optional))
        .copied()
        .collect();
    let value = prop_oneof![
        any_text().prop_map(|text| Value::from(text).to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        prop::sample::select(
            &["true", "null", "[\"a\"]", "[]", "{}", "\"30m\"", "\"\\ud83d\"", "1e999"][..]
        )
        .prop_map(str::to_owned),
    ];
    let field = (prop::sample::select(fields), value);
    (prop::sample::select(names), vec(field, 0..5)).prop_map(|(action, fields)| {
        let fields = fields.iter().map(|(key, value)| format!(",\"{key}\":{value}"));
        format!("{{\"action\":\"{action}\"{}}}", fields.collect::<String>())
    })
}

/// Characters that control a terminal or break a line.
fn is_forbidden(c: char) -> bool {
    matches!(u32::from(c), 0..=0x1F | 0x7F..=0x9F | 0x2028..=0x202E | 0x2066..=0x2069)
}

/// Random texts with many special characters.
fn any_text() -> impl Strategy<Value = String> {
    let special =
        "\"\\/{}\0\n\r\t\u{8}\u{1b}[]\u{7f}\u{85}\u{9b}\u{2028}\u{202e}\u{2066}\u{301}\u{feff}";
    let special = prop::sample::select(Vec::from_iter(special.chars()));
    vec(prop_oneof![any::<char>(), special], 0..20).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn every_split_has_the_same_result(bytes in any_bytes(), mut cuts in vec(any::<prop::sample::Index>(), 0..12)) {
        cuts.sort_by_key(|cut| cut.index(bytes.len() + 1));
        for decoder in [json, may_switch] {
            let whole = decode(decoder(), [&bytes[..]]);
            prop_assert_eq!(&decode(decoder(), bytes.chunks(1)), &whole);
            let ends = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([bytes.len()]);
            let pieces = ends.scan(0, |begin, end| Some(&bytes[std::mem::replace(begin, end)..end]));
            prop_assert_eq!(&decode(decoder(), pieces), &whole);
        }
    }

    #[test]
    fn an_object_is_one_input(line in any_request()) {
        let inputs = decode(json(), [line.as_bytes()]).inputs;
        let is_one = matches!(inputs[..], [Input::Request { .. } | Input::BadRequest { .. }]);
        prop_assert!(is_one, "{:?}", inputs);
    }

    #[test]
    fn every_text_survives_encoding(text in any_text(), from in any_text(), to in vec(any_text(), 1..4)) {
        let said = ChatMessage {
            from: name(&from),
            to: Audience::People(to.iter().map(|to| name(to)).collect()),
            manner: Manner::Chat,
            text: text.clone(),
            sent_at: None,
            received_at: noon(),
        };
        let lines = lines(&Message::Chat(Arc::new(said)), None);
        prop_assert_eq!(lines.len(), 1);
        let line = &lines[0];
        prop_assert!(!line.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')), "{}", line);
        let value: Value = serde_json::from_str(line).unwrap();
        prop_assert_eq!(&value["message"], &Value::from(text));
        prop_assert_eq!(&value["from"], &Value::from(from));
        prop_assert_eq!(&value["to"], &Value::from(to));
    }

    #[test]
    fn every_id_comes_back_on_one_line(id in any_text(), blank in "[ \t\r]{0,3}") {
        let id = Value::from(vec![Value::from(id)]);
        let line = format!("{{\"action\":\"ping\",\"id\":{blank}[{blank}{}{blank}]{blank}}}", id[0]);
        let inputs = decode(json(), [line.as_bytes()]).inputs;
        let [Input::Request { tag, .. }] = &inputs[..] else {
            return Err(TestCaseError::fail(format!("{inputs:?}")));
        };
        let pong = lines(&Message::Pong, tag.as_ref());
        prop_assert!(!pong[0].contains(char::is_control), "{}", pong[0]);
        let value: Value = serde_json::from_str(&pong[0]).unwrap();
        prop_assert_eq!(&value["id"], &id);
    }

    #[test]
    fn no_decoded_text_has_control_characters(text in any_text()) {
        let text = Value::from(text);
        let line = format!("{{\"action\":\"chat\",\"to\":[{text},\"a\"],\"message\":{text}}}");
        if let Ok(Request::Chat { target, text, .. }) = asked(&line) {
            let Target::People(names) = target else {
                return Err(TestCaseError::fail(format!("{target:?}")));
            };
            prop_assert!(!text.contains(is_forbidden), "{:?}", text);
            prop_assert!(!names[0].contains(is_forbidden), "{:?}", names);
        }
    }
}
