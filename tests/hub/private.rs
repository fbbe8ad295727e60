//! Private lines, replies, and who reads nothing of whom.

use chatserv::chat::DisconnectReason;

use crate::{Chat, SETTINGS, heard, heard_json};

#[test]
fn a_private_line_reaches_those_named_and_nobody_else() {
    let mut chat = Chat::with("abcd", SETTINGS);
    chat.say('a', "/msg b,C a secret");
    heard(&mut chat, 'b', &["A -> B, C : a secret"]);
    heard(&mut chat, 'c', &["A -> B, C : a secret"]);
    heard(&mut chat, 'd', &[]);
    heard(&mut chat, 'a', &["server: Delivered to B, C."]);
    chat.say('a', "/msg dad hello");
    let told = chat.heard('a');
    assert!(told[0].contains("dad"), "{told:?}");
    // A private line never falls back to the room.
    for who in ['b', 'c', 'd'] {
        heard(&mut chat, who, &[]);
    }
    chat.say('a', "/msg a hello me");
    assert_eq!(chat.heard('a').len(), 1);
}

#[test]
fn a_reply_goes_to_whoever_wrote_last() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "/reply hello?");
    assert_eq!(chat.heard('a').len(), 1);
    chat.say('b', "/msg a one");
    chat.say('c', "come @a");
    chat.forget();
    chat.say('a', "/reply yes");
    heard(&mut chat, 'c', &["A -> C : yes"]);
    heard(&mut chat, 'b', &[]);
    // Under a new name they are still the same; gone they are gone, and nobody with their name is meant.
    chat.say('c', "/nick Cid");
    chat.forget();
    chat.say('a', "/reply again");
    heard(&mut chat, 'c', &["A -> Cid : again"]);
    chat.leave('c', DisconnectReason::EndOfInput);
    chat.connect('x');
    chat.say('x', "Cid");
    chat.forget();
    chat.say('a', "/reply are you there?");
    heard(&mut chat, 'x', &[]);
    assert!(chat.heard('a')[0].contains("Cid"));
}

#[test]
fn who_is_ignored_is_not_read_in_any_way() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('b', "before");
    chat.say('a', "/ignore b");
    chat.forget();
    chat.say('b', "in the room");
    chat.say('b', "/me waves");
    chat.say('b', "/msg a in private");
    chat.say('b', "mentioned @a");
    heard(&mut chat, 'a', &[]);
    // Whoever is ignored does not learn it.
    let told = chat.heard('b');
    assert_eq!(told, ["server: Delivered to A.", "server: Delivered to A."]);
    heard(&mut chat, 'c', &["B : in the room", "* B waves"]);
    chat.say('c', "but me");
    chat.forget();
    chat.say('a', "/history");
    let past = chat.heard('a').join("\n");
    assert!(past.contains("but me") && !past.contains("B"), "{past}");
    // A new name is no way around it, and what was said under the old one stays hidden.
    chat.say('b', "/nick Bobby");
    chat.forget();
    chat.say('b', "it is me");
    heard(&mut chat, 'a', &[]);
    chat.say('a', "/history");
    assert!(!chat.heard('a').join("\n").contains("before"));
    // The name that was given up is anybody's: who has it now is somebody else.
    chat.connect('x');
    chat.say('x', "B");
    chat.forget();
    chat.say('x', "I am new here");
    heard(&mut chat, 'a', &["B : I am new here"]);
    chat.leave('x', DisconnectReason::EndOfInput);
    // Coming back by the name they had is no way around it either.
    chat.leave('b', DisconnectReason::EndOfInput);
    chat.connect('b');
    chat.say('b', "B");
    chat.forget();
    chat.say('b', "again");
    chat.say('b', "/topic mine");
    heard(&mut chat, 'a', &[]);
    // What they said before they left stays hidden as well, by whatever name they said it.
    chat.say('a', "/history");
    let past = chat.heard('a').join("\n");
    assert!(!past.contains("it is me"), "{past}");
    chat.say('b', "/nick Bobby");
    chat.say('a', "/ignore");
    assert!(chat.heard('a').join(" ").contains("You ignore B"));
    // By the name they have now.
    chat.say('a', "/unignore bobby");
    chat.forget();
    chat.say('b', "at last");
    heard(&mut chat, 'a', &["Bobby : at last"]);
}

#[test]
fn whoever_is_ignored_can_use_up_nothing_by_new_names() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "/ignore b");
    for number in 0..300 {
        chat.say('b', &format!("/nick b{number}"));
    }
    chat.forget();
    chat.say('a', "/ignore");
    heard(&mut chat, 'a', &["server: You ignore B."]);
    chat.say('a', "/ignore c");
    chat.connect('d');
    chat.say('d', "b7");
    chat.forget();
    chat.say('d', "hello");
    chat.say('b', "hello");
    chat.say('c', "hello");
    heard(&mut chat, 'a', &["b7 : hello"]);
}

#[test]
fn ignoring_has_its_limits() {
    let mut chat = Chat::with("ab", SETTINGS);
    for (line, about) in [
        ("/ignore dad", "dad"),
        ("/ignore a", "yourself"),
        ("/unignore b", "b"),
    ] {
        chat.say('a', line);
        let told = chat.heard('a');
        assert!(
            told.len() == 1 && told[0].contains(about),
            "{line}: {told:?}"
        );
    }
}

#[test]
fn json_private_lines() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.connect_json('j');
    chat.connect_json('k');
    chat.forget();
    chat.ask(
        'j',
        r#"{"action":"msg","to":["a","k"],"message":"hi","id":1}"#,
    );
    heard(&mut chat, 'a', &["j -> A, k : hi"]);
    heard_json(
        &mut chat,
        'k',
        &[r#"{"action":"msg","from":"j","to":["A","k"],"message":"hi"}"#],
    );
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"ack","id":1,"to":["A","k"]}"#],
    );
    chat.ask('j', r#"{"action":"chat","to":["a"],"message":"psst"}"#);
    heard(&mut chat, 'a', &["j : psst"]);
    heard_json(&mut chat, 'k', &[]);
    chat.ask(
        'j',
        r#"{"action":"chat","to":["dad"],"message":"psst","id":"x"}"#,
    );
    heard_json(&mut chat, 'j', &[r#"{"action":"error","id":"x"}"#]);
}
