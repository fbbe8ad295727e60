//! Private messages, replies, and ignored people.

use super::{Chat, SETTINGS};

#[test]
fn a_private_message_reaches_only_the_named() {
    play! {Chat::with("abcd", SETTINGS), "
        a> /msg b,C a secret
        bc< A -> B, C : a secret
        d<
        a< server: Delivered to B, C.
        a> /msg dad hello
        a<~ dad
        # A private message never goes to the room instead.
        bcd<
        a> /msg a hello me
        a<# 1
    "}
}

#[test]
fn a_reply_goes_to_the_last_sender() {
    play! {Chat::with("abc", SETTINGS), "
        a> /reply hello?
        a<# 1
        b> /msg a one
        c> come @a
        forget
        a> /reply yes
        c< A -> C : yes
        b<
        # It follows a new name, but not a new owner of the name.
        c> /nick Cid
        forget
        a> /reply again
        c< A -> Cid : again
        c: leave
        x: connect
        x> Cid
        forget
        a> /reply are you there?
        x<
        a<~ Cid
    "}
}

#[test]
fn an_ignored_client_is_not_heard_in_any_way() {
    let mut chat = Chat::with("abc", SETTINGS);
    play! {chat, "
        b> before
        a> /ignore b
        forget
        b> in the room
        b> /me waves
        b> /msg a in private
        b> mentioned @a
        a<
    "}
    chat.play("b< server: Delivered to A.\nb< server: Delivered to A.");
    play! {chat, "
        c< B : in the room
        c< * B waves
        c> but me
        forget
        a> /history
        a<~ but me
        a<!~ B
        # A new name does not help, and lines under the old one stay hidden.
        b> /nick Bobby
        forget
        b> it is me
        a<
        a> /history
        a<!~ before
        # The new owner of the old name is somebody else.
        x: connect
        x> B
        forget
        x> I am new here
        a< B : I am new here
        x: leave
        # Coming back with the old name does not help either.
        b: leave
        b: join
        forget
        b> again
        b> /topic mine
        a<
        # Earlier lines stay hidden, whatever the name was.
        a> /history
        a<!~ it is me
        b> /nick Bobby
        # By the current name.
        a> /ignore
        a<~ You ignore Bobby.
        a> /unignore bobby
        a<~ You no longer ignore Bobby.
        forget
        b> at last
        a< Bobby : at last
    "}
}

#[test]
fn the_list_of_ignored_people_shows_their_names_of_today() {
    let mut chat = Chat::with("abc", SETTINGS);
    play! {chat, "
        j: join json
        a> /ignore b
        j> {\"action\":\"ignore\",\"username\":\"B\"}
        b> /nick Bobby
        c> /nick B
        forget
        a> /ignore
        a< server: You ignore Bobby.
        j> {\"action\":\"ignore\"}
        j<j {\"action\":\"ignore\",\"usernames\":[\"Bobby\"]}
        # The old name, which somebody else has now, still takes it back.
        a> /unignore b
        a< server: You no longer ignore Bobby.
        # Who has left is known by the name that was ignored.
        a> /ignore bobby
        b> /nick Robert
        b: leave
        forget
        a> /ignore
        a< server: You ignore Bobby.
    "}
}

#[test]
fn whoever_takes_a_second_ignored_name_is_on_the_list_once() {
    let mut chat = Chat::with("abc", SETTINGS);
    play! {chat, "
        a> /ignore b
        a> /ignore c
        c> in the past
        c: leave
        b> /nick C
        forget
        a> /ignore
        a< server: You ignore C.
        b> unheard
        a<
        a> /unignore c
        a< server: You no longer ignore C.
        b> heard
        a< C : heard
        forget
        a> /ignore
        a<~ You ignore nobody
    "}
}

#[test]
fn new_names_of_an_ignored_client_use_up_nothing() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.play("a> /ignore b");
    for number in 0..300 {
        chat.say('b', &format!("/nick b{number}"));
    }
    play! {chat, "
        forget
        a> /ignore
        a< server: You ignore b299.
        a> /ignore c
        d: connect
        d> b7
        forget
        d> hello
        b> hello
        c> hello
        a< b7 : hello
    "}
}

#[test]
fn wrong_uses_of_ignore() {
    let mut chat = Chat::with("ab", SETTINGS);
    for (line, about) in [("/ignore dad", "dad"), ("/ignore a", "yourself"), ("/unignore b", "b")] {
        chat.say('a', line);
        chat.play(&format!("a<~ {about}\na<# 1"));
    }
}

#[test]
fn json_private_messages() {
    play! {Chat::with("a", SETTINGS), r#"
        j: join json
        k: join json
        forget
        j> {"action":"msg","to":["a","k"],"message":"hi","id":1}
        a< j -> A, k : hi
        k<j {"action":"msg","from":"j","to":["A","k"],"message":"hi"}
        j<j {"action":"ack","id":1,"to":["A","k"]}
        j> {"action":"chat","to":["a"],"message":"psst"}
        a< j : psst
        k<
        j> {"action":"chat","to":["dad"],"message":"psst","id":"x"}
        j<j {"action":"error","id":"x"}
    "#}
}
