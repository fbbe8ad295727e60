//! `@names` at the end of a message.

use super::{Chat, SETTINGS, anonymous};

#[test]
fn a_mention_reaches_the_named_in_every_room() {
    play! {Chat::with("abcd", SETTINGS), "
        b> /join dev
        forget
        a> how are you? @b, @C!
        bc< A : how are you? @b, @C!
        d<
        a< server: Delivered to B, C.
    "}
}

#[test]
fn the_sender_hears_which_names_are_absent() {
    play! {Chat::with("abc", SETTINGS), "
        a> and you? @b @dad
        b< A : and you? @b @dad
        c<
        a< server: Delivered to B. Not here: dad.
        a> anybody? @dad @uncle
        bc< A : anybody? @dad @uncle
        a<~ dad
        a<~ uncle
        a<~ lobby
    "}
}

#[test]
fn own_and_repeated_names_do_not_count() {
    play! {Chat::with("abc", SETTINGS), "
        a> note to @a
        b< A : note to @a
        a<
        a> @b @B @a
        b< A : @b @B @a
        a< server: Delivered to B.
    "}
}

#[test]
fn mentions_of_and_by_json_clients() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, r#"
        j: join json lobby
        forget
        a> psst @j
        b<
    "#}
    let told = chat.heard('j');
    chat.play("forget");
    assert!(told[0].contains(r#""to":["j"]"#) && !told[0].contains("message_id"), "{told:?}");
    play! {chat, r#"
        j> {"action":"chat","room":"lobby","message":"hello @a @dad","id":"x"}
        a< j : hello @a @dad
        b<
        j<j {"action":"ack","id":"x","to":["A"],"absent":["dad"]}
        # Without an id there is no ack, but absent names are reported.
        j> {"action":"chat","message":"hello @a"}
        j<
        j> {"action":"chat","message":"hello @a @dad"}
        j<j {"action":"notice","code":"not_here"}
        # Neither a name nor a room.
        j> {"action":"chat","message":"hello"}
        j<j {"action":"error","code":"missing_field"}
    "#}
}

#[test]
fn me_goes_to_the_whole_room() {
    play! {Chat::with("abc", SETTINGS), "
        a> /me hugs @b
        bc< * A hugs @b
        a<
    "}
}

#[test]
fn anonymous_clients_are_mentioned_by_address() {
    play! {Chat::with("abc", anonymous()), "
        a> you there @127.0.0.1:40002
        b<# 1
        c<
    "}
}

#[test]
fn at_most_100_names_are_mentioned() {
    let mut chat = Chat::with("ab", SETTINGS);
    let run = |count| " @b".repeat(count);
    chat.say('a', &format!("hello{}", run(100)));
    play! {chat, "
        b<# 1
        forget
    "}
    for line in [format!("hello{}", run(101)), format!("/msg {} hello", vec!["b"; 101].join(","))] {
        chat.say('a', &line);
        chat.play("a<~ at most 100\nb<");
    }
}
