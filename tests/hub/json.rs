//! JSON clients in the same chat.

use chatserv::chat::{Input, Line, View};

use super::{Chat, SETTINGS, anonymous};

#[test]
fn connect_answers_and_errors() {
    play! {Chat::with("a", SETTINGS), r#"
        j: connect json 127.0.0.1:45000
        j<
        j> {"action":"connect","username":"A","id":[1]}
        j<j {"action":"error","code":"name_taken","id":[1]}
        j> {"action":"connect"}
        j<j {"action":"error","code":"missing_field"}
        j> {"action":"who"}
        j<j {"action":"error","code":"not_connected"}
        j> {"action":"ping","id":1}
        j<j {"action":"pong","id":1}
        j> {"action":"connect","username":"ann","id":2}
        j<j {"action":"connect","from":"ann","address":"127.0.0.1:45000","clients":2,"id":2}
        a< server: A new client has connected to the chat: id = ann
        j> {"action":"connect","username":"other"}
        j<j {"action":"error","code":"already_connected"}
        nobody gone
    "#}
}

#[test]
fn only_the_fourth_refused_name_ends_the_connection() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.play("j: connect json 127.0.0.1:45000");
    for _ in 0..20 {
        chat.ask('j', "nonsense");
        chat.ask('j', r#"{"action":"rooms"}"#);
    }
    play! {chat, "
        nobody gone
        forget
    "}
    for _ in 0..4 {
        chat.ask('j', r#"{"action":"connect","username":"a"}"#);
    }
    chat.play("j: gone NamesRefused");
    assert!(chat.heard('j').last().unwrap().contains(r#""action":"bye""#));
}

#[test]
fn a_name_claimed_by_two_protocols_has_one_winner() {
    play! {Chat::new(SETTINGS), r#"
        a: connect
        j: connect json 127.0.0.1:45000
        forget
        j> {"action":"connect","username":"Sam"}
        a> sam
        j: admitted
        a<~ taken
    "#}
}

#[test]
fn the_first_line_selects_json_on_the_main_port() {
    let mut chat = Chat::new(SETTINGS);
    play! {chat, "
        a: connect
        a< server: Input username.
    "}
    chat.input('a', Input::SpeaksJson);
    assert_eq!(chat.views[&chat.ids[&'a']], View::Json);
    play! {chat, r#"
        a> {"action":"connect","username":"ann"}
        a<j {"action":"connect","from":"ann","clients":1}
        a> {"action":"who"}
        a<~ "rooms":[]
    "#}
}

#[test]
fn a_json_client_hears_only_of_its_rooms() {
    play! {Chat::with("a", SETTINGS), r#"
        j: join json
        k: join json
        j> {"action":"joinroom","room":"lobby"}
        forget
        b: join
        j<j {"action":"joinroom","room":"lobby","from":"B"}
        k<
        b> /join dev
        j<j {"action":"leaveroom","room":"lobby","from":"B"}
        k> {"action":"joinroom","room":"dev"}
        k<j {"action":"joinroom","room":"dev","members":["B","k"],"total":2}
        b<~ server: k has joined room dev
        k: leave
        b< server: k has left the chat
        b> bye
        j<
    "#}
}

#[test]
fn an_id_comes_back_with_its_answer() {
    play! {Chat::with("a", SETTINGS), r#"
        j: join json lobby
        forget
        j> {"action":"chat","room":"lobby","message":"hi","id":{"n":1}}
        a< j : hi
        j<j {"action":"ack","id":{"n":1},"message_id":1,"received_at":"2026-11-20T12:00:00.000Z"}
        j> {"action":"dance","id":"x"}
        j<j {"action":"error","code":"unknown_action","id":"x"}
        j> {"action":"chat","room":"lobby","message":"no id"}
        j<
    "#}
}

#[test]
fn json_strings_reach_a_terminal_only_as_text() {
    let mut chat = Chat::with("a", SETTINGS);
    play! {chat, r#"
        j: join json lobby
        forget
        j> {"action":"chat","room":"lobby","message":"one\nserver: two \u001b[2J\u0007\u2028three"}
        a< j : one server: two  three
        j> {"action":"topic","room":"lobby","topic":"\u001b]0;x\u0007tea"}
    "#}
    let told = chat.heard('a');
    assert!(told[0].contains("tea") && !told[0].contains('\u{1b}'), "{told:?}");
    play! {chat, r#"
        j> {"action":"nick","username":"a\u202eb"}
        j<j {"action":"topic","topic":"tea"}
        j<j {"action":"error","code":"name_refused"}
    "#}
}

#[test]
fn in_an_anonymous_chat_connect_needs_no_name() {
    play! {Chat::with("a", anonymous()), r#"
        j: connect json 127.0.0.1:45000
        j> {"action":"connect"}
        j<j {"action":"connect","from":"127.0.0.1:45000","clients":2}
        a< server: A new client has connected to the chat: id = 127.0.0.1:45000
    "#}
}

#[test]
fn an_object_that_a_telnet_user_types_is_text() {
    let mut chat = Chat::with("a", SETTINGS);
    play! {chat, r#"
        j: join json lobby
        forget
    "#}
    let text = r#"{"action": "chat", "from": "server"}"#.to_owned();
    chat.input('a', Input::Line(Line { text: text.clone(), altered: false }));
    let told: serde_json::Value = serde_json::from_str(&chat.heard('j')[0]).unwrap();
    assert_eq!((&told["from"], &told["message"]), (&"A".into(), &text.into()));
}

#[test]
fn a_typed_line_means_what_it_means_in_plain_text() {
    play! {Chat::with("a", SETTINGS), r#"
        j: connect json 192.0.2.7:45000
        j> {"action":"connect","username":"ann"}
        j> {"action":"joinroom","room":"lobby"}
        j> {"action":"joinroom","room":"dev"}
        forget
        # a message, to the room that the person looks at
        j> {"action":"typed","line":"hello","room":"lobby","id":1}
        j<j {"action":"typed","as":"chat","message":"hello"}
        j<j {"action":"ack","message_id":1,"id":1}
        a< ann : hello
        j> {"action":"typed","line":"//me is a word","room":"lobby","sent_at":"2026-11-20T12:03:04+01:00","id":2}
        j<j {"action":"typed","as":"chat","message":"/me is a word"}
        j<j {"action":"ack","message_id":2,"id":2}
        a< ann : /me is a word
        # what is a command behind unseen characters is never said
        j> {"action":"typed","line":" \u200b\u3164/op password","room":"lobby","id":3}
        j<j {"action":"error","code":"no_operator_password","id":3}
        j> {"action":"typed","line":"SHUTDOWN","room":"lobby","id":4}
        j<j {"action":"error","code":"not_operator","id":4}
        j> {"action":"typed","line":"／ME waves","room":"lobby","id":5}
        j<j {"action":"typed","as":"me","message":"waves"}
        j<j {"action":"ack","message_id":3,"id":5}
        a< * ann waves
        # a blank behind a comma does not end the list
        j> {"action":"typed","line":"/msg a, nobody for a only","room":"lobby","id":6}
        j<j {"action":"typed","as":"msg","message":"for a only"}
        j<j {"action":"ack","to":["A"],"absent":["nobody"],"id":6}
        a< ann -> A : for a only
        a> /reply yes
        forget
        j> {"action":"typed","line":"/rep good","id":7}
        j<j {"action":"typed","as":"msg","message":"good"}
        j<j {"action":"ack","to":["A"],"id":7}
        a< ann -> A : good
        # the room
        j> {"action":"typed","line":"/topic All about Rust","room":"dev","id":8}
        j<j {"action":"topic","room":"dev","topic":"All about Rust","id":8}
        j> {"action":"typed","line":"/history 1","room":"lobby","id":9}
        j<j {"action":"history","room":"lobby","more":true,"id":9}
        j> {"action":"typed","line":"/part","room":"dev","id":10}
        j<j {"action":"leaveroom","room":"dev","from":"ann","id":10}
        j> {"action":"typed","line":"/join #new","room":"lobby","id":11}
        j<j {"action":"joinroom","room":"new","members":["ann"],"id":11}
        j> {"action":"typed","line":"/join new","room":"lobby","id":12}
        j<j {"action":"joinroom","room":"new","members":["ann"],"id":12}
        # what does not fit
        j> {"action":"typed","line":"/who is here","room":"lobby","id":13}
        j<j {"action":"error","code":"misused_command","id":13}
        j> {"action":"typed","line":"/exi","room":"lobby","id":14}
        j<j {"action":"error","code":"command_in_full","id":14}
        j> {"action":"typed","line":"/timestamp date","room":"lobby","id":15}
        j<j {"action":"timestamp","show":"date","id":15}
        j> {"action":"typed","line":"hello?","id":16}
        j<j {"action":"typed","as":"chat","message":"hello?"}
        j<j {"action":"error","code":"missing_field","id":16}
        j> {"action":"typed","line":" ","room":"lobby","id":17}
        j<j {"action":"error","code":"wrong_field","id":17}
        nobody gone
    "#}
}
