//! `@names` at the end of a message.

use crate::{Chat, SETTINGS, heard, heard_json};

#[test]
fn those_who_are_named_get_it_wherever_they_are() {
    let mut chat = Chat::with("abcd", SETTINGS);
    chat.say('b', "/join dev");
    chat.forget();
    chat.say('a', "how are you? @b, @C!");
    heard(&mut chat, 'b', &["A : how are you? @b, @C!"]);
    heard(&mut chat, 'c', &["A : how are you? @b, @C!"]);
    heard(&mut chat, 'd', &[]);
    heard(&mut chat, 'a', &["server: Delivered to B, C."]);
}

#[test]
fn the_sender_hears_who_is_not_here() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "and you? @b @dad");
    heard(&mut chat, 'b', &["A : and you? @b @dad"]);
    heard(&mut chat, 'c', &[]);
    heard(&mut chat, 'a', &["server: Delivered to B. Not here: dad."]);
    chat.say('a', "anybody? @dad @uncle");
    heard(&mut chat, 'b', &["A : anybody? @dad @uncle"]);
    heard(&mut chat, 'c', &["A : anybody? @dad @uncle"]);
    let told = chat.heard('a');
    assert!(
        told[0].contains("dad") && told[0].contains("uncle") && told[0].contains("lobby"),
        "{told:?}"
    );
}

#[test]
fn oneself_does_not_count_and_twice_is_once() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "note to @a");
    heard(&mut chat, 'b', &["A : note to @a"]);
    heard(&mut chat, 'a', &[]);
    chat.say('a', "@b @B @a");
    heard(&mut chat, 'b', &["A : @b @B @a"]);
    heard(&mut chat, 'a', &["server: Delivered to B."]);
}

#[test]
fn mentions_of_json_clients_and_by_them() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.json_in_lobby('j');
    chat.say('a', "psst @j");
    heard(&mut chat, 'b', &[]);
    let told = chat.heard('j');
    chat.forget();
    assert!(
        told[0].contains(r#""to":["j"]"#) && !told[0].contains("message_id"),
        "{told:?}"
    );
    chat.ask(
        'j',
        r#"{"action":"chat","room":"lobby","message":"hello @a @dad","id":"x"}"#,
    );
    heard(&mut chat, 'a', &["j : hello @a @dad"]);
    heard(&mut chat, 'b', &[]);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"ack","id":"x","to":["A"],"absent":["dad"]}"#],
    );
    // Without an id there is no ack, but who is not here is told.
    chat.ask('j', r#"{"action":"chat","message":"hello @a"}"#);
    heard_json(&mut chat, 'j', &[]);
    chat.ask('j', r#"{"action":"chat","message":"hello @a @dad"}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"notice","code":"not_here"}"#],
    );
    // Named nobody and no room: there is nowhere to say it.
    chat.ask('j', r#"{"action":"chat","message":"hello"}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"missing_field"}"#],
    );
}

#[test]
fn what_one_does_one_does_before_all() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "/me hugs @b");
    heard(&mut chat, 'b', &["* A hugs @b"]);
    heard(&mut chat, 'c', &["* A hugs @b"]);
    heard(&mut chat, 'a', &[]);
}

#[test]
fn in_an_anonymous_chat_people_are_mentioned_by_address() {
    let mut chat = Chat::with(
        "abc",
        crate::HubSettings {
            anonymous: true,
            ..SETTINGS
        },
    );
    chat.say('a', "you there @127.0.0.1:40002");
    assert_eq!(chat.heard('b').len(), 1);
    heard(&mut chat, 'c', &[]);
}

#[test]
fn nobody_can_name_everybody() {
    let mut chat = Chat::with("ab", SETTINGS);
    let run = |count| " @b".repeat(count);
    chat.say('a', &format!("hello{}", run(100)));
    assert_eq!(chat.heard('b').len(), 1);
    chat.forget();
    for line in [
        format!("hello{}", run(101)),
        format!("/msg {} hello", vec!["b"; 101].join(",")),
    ] {
        chat.say('a', &line);
        let told = chat.heard('a');
        assert!(told[0].contains("at most 100"), "{told:?}");
        heard(&mut chat, 'b', &[]);
    }
}
