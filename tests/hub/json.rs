//! JSON clients among the others: the same chat, in other words.

use chatserv::chat::{DisconnectReason, Input, Line, Protocol, View};

use crate::{Chat, SETTINGS, heard, heard_json};

#[test]
fn connecting() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.connect_with('j', "127.0.0.1:45000", Protocol::Json);
    heard_json(&mut chat, 'j', &[]);
    chat.ask('j', r#"{"action":"connect","username":"A","id":[1]}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"name_taken","id":[1]}"#],
    );
    chat.ask('j', r#"{"action":"connect"}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"missing_field"}"#],
    );
    chat.ask('j', r#"{"action":"who"}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"not_connected"}"#],
    );
    chat.ask('j', r#"{"action":"ping","id":1}"#);
    heard_json(&mut chat, 'j', &[r#"{"action":"pong","id":1}"#]);
    chat.ask('j', r#"{"action":"connect","username":"ann","id":2}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"connect","from":"ann","address":"127.0.0.1:45000","clients":2,"id":2}"#],
    );
    heard(
        &mut chat,
        'a',
        &["server: A new client has connected to the chat: id = ann"],
    );
    chat.ask('j', r#"{"action":"connect","username":"other"}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"already_connected"}"#],
    );
    assert!(chat.disconnected.is_empty());
}

#[test]
fn the_fourth_refused_name_closes_and_other_errors_do_not() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.connect_with('j', "127.0.0.1:45000", Protocol::Json);
    for _ in 0..20 {
        chat.ask('j', "nonsense");
        chat.ask('j', r#"{"action":"rooms"}"#);
    }
    assert!(chat.disconnected.is_empty());
    chat.forget();
    for _ in 0..4 {
        chat.ask('j', r#"{"action":"connect","username":"a"}"#);
    }
    assert_eq!(chat.disconnected, [('j', DisconnectReason::NamesRefused)]);
    assert!(
        chat.heard('j')
            .last()
            .unwrap()
            .contains(r#""action":"bye""#)
    );
}

#[test]
fn a_name_claimed_by_two_protocols_has_one_winner() {
    let mut chat = Chat::new(SETTINGS);
    chat.connect('a');
    chat.connect_with('j', "127.0.0.1:45000", Protocol::Json);
    chat.forget();
    chat.ask('j', r#"{"action":"connect","username":"Sam"}"#);
    chat.say('a', "sam");
    assert_eq!(chat.admitted, ['j']);
    assert!(chat.heard('a')[0].contains("taken"));
}

#[test]
fn the_main_port_learns_the_language_from_the_first_line() {
    let mut chat = Chat::new(SETTINGS);
    chat.connect('a');
    heard(&mut chat, 'a', &["server: Input username."]);
    chat.input('a', Input::SpeaksJson);
    assert_eq!(chat.views[&chat.ids[&'a']], View::Json);
    chat.ask('a', r#"{"action":"connect","username":"ann"}"#);
    heard_json(
        &mut chat,
        'a',
        &[r#"{"action":"connect","from":"ann","clients":1}"#],
    );
    chat.ask('a', r#"{"action":"who"}"#);
    assert!(chat.heard('a')[0].contains(r#""rooms":[]"#));
}

#[test]
fn a_json_client_hears_of_its_rooms_and_of_nothing_else() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.connect_json('j');
    chat.connect_json('k');
    chat.ask('j', r#"{"action":"joinroom","room":"lobby"}"#);
    chat.forget();
    chat.connect('b');
    chat.say('b', "B");
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"joinroom","room":"lobby","from":"B"}"#],
    );
    heard_json(&mut chat, 'k', &[]);
    chat.say('b', "/join dev");
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"leaveroom","room":"lobby","from":"B"}"#],
    );
    chat.ask('k', r#"{"action":"joinroom","room":"dev"}"#);
    heard_json(
        &mut chat,
        'k',
        &[r#"{"action":"joinroom","room":"dev","members":["B","k"],"total":2}"#],
    );
    assert_eq!(
        chat.heard('b').last().unwrap(),
        "server: k has joined room dev"
    );
    chat.leave('k', DisconnectReason::EndOfInput);
    assert_eq!(chat.heard('b'), ["server: k has left the chat"]);
    chat.say('b', "bye");
    heard_json(&mut chat, 'j', &[]);
}

#[test]
fn an_id_comes_back_with_the_one_answer() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.json_in_lobby('j');
    chat.ask(
        'j',
        r#"{"action":"chat","room":"lobby","message":"hi","id":{"n":1}}"#,
    );
    heard(&mut chat, 'a', &["j : hi"]);
    heard_json(
        &mut chat,
        'j',
        &[
            r#"{"action":"ack","id":{"n":1},"message_id":1,"received_at":"2026-11-20T12:00:00.000Z"}"#,
        ],
    );
    chat.ask('j', r#"{"action":"dance","id":"x"}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"unknown_action","id":"x"}"#],
    );
    chat.ask('j', r#"{"action":"chat","room":"lobby","message":"no id"}"#);
    heard_json(&mut chat, 'j', &[]);
}

#[test]
fn no_json_string_reaches_a_terminal_as_anything_but_text() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.json_in_lobby('j');
    chat.ask(
        'j',
        r#"{"action":"chat","room":"lobby","message":"one\nserver: two \u001b[2J\u0007\u2028three"}"#,
    );
    heard(&mut chat, 'a', &["j : one server: two  three"]);
    chat.ask(
        'j',
        r#"{"action":"topic","room":"lobby","topic":"\u001b]0;x\u0007tea"}"#,
    );
    let told = chat.heard('a');
    assert!(
        told[0].contains("tea") && !told[0].contains('\u{1b}'),
        "{told:?}"
    );
    chat.ask('j', r#"{"action":"nick","username":"a\u202eb"}"#);
    heard_json(
        &mut chat,
        'j',
        &[
            r#"{"action":"topic","topic":"tea"}"#,
            r#"{"action":"error","code":"name_refused"}"#,
        ],
    );
}

#[test]
fn in_an_anonymous_chat_connect_needs_no_name() {
    let mut chat = Chat::with(
        "a",
        crate::HubSettings {
            anonymous: true,
            ..SETTINGS
        },
    );
    chat.connect_with('j', "127.0.0.1:45000", Protocol::Json);
    chat.ask('j', r#"{"action":"connect"}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"connect","from":"127.0.0.1:45000","clients":2}"#],
    );
    heard(
        &mut chat,
        'a',
        &["server: A new client has connected to the chat: id = 127.0.0.1:45000"],
    );
}

#[test]
fn what_a_telnet_user_types_is_text_whatever_it_looks_like() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.json_in_lobby('j');
    let text = r#"{"action": "chat", "from": "server"}"#.to_owned();
    chat.input(
        'a',
        Input::Line(Line {
            text: text.clone(),
            altered: false,
        }),
    );
    let told: serde_json::Value = serde_json::from_str(&chat.heard('j')[0]).unwrap();
    assert_eq!(
        (&told["from"], &told["message"]),
        (&"A".into(), &text.into())
    );
}
