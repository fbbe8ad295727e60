//! A chat without sockets can be tried without any.

use super::*;

/// A chat with these people in it, who have read all that came so far.
fn chat_of<const N: usize>(names: [&str; N]) -> (Chat, [ClientId; N]) {
    let mut chat = Chat::new();
    let clients = names.map(|name| {
        let client = chat.connected(SocketAddr::from(([127, 0, 0, 1], 40_000)));
        chat.received(client, format!("{name}\r\n").as_bytes());
        client
    });
    for client in chat.take_touched() {
        chat.outbox(client).unwrap().clear();
    }
    (chat, clients)
}

fn said(chat: &mut Chat, to: ClientId) -> String {
    let out = chat.outbox(to).map(mem::take).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_line_reaches_the_others_however_it_comes() {
    let (mut chat, [ann, bob, cid]) = chat_of(["ann", "bob", "cid"]);
    chat.received(ann, b"hel");
    assert!(chat.take_touched().is_empty());
    chat.received(ann, b"lo\r\nand on");
    assert_eq!(chat.take_touched(), [bob, cid]);
    assert_eq!(said(&mut chat, bob), "ann : hello\r\n");
    assert_eq!(said(&mut chat, ann), "");
    // The last line counts without its end, and whoever has said it is to be closed.
    chat.ended(ann);
    assert_eq!(
        said(&mut chat, bob),
        "ann : and on\r\nserver: ann has left the chat\r\n"
    );
    assert!(chat.is_ending(ann) && !chat.is_ending(bob));
    assert!(chat.take_touched().contains(&ann));
    chat.forget(ann);
    assert!(chat.outbox(ann).is_none());
}

#[test]
fn a_line_that_breaks_off_was_never_said() {
    let (mut chat, [ann, bob]) = chat_of(["ann", "bob"]);
    chat.received(ann, b"half a li");
    chat.broke(ann);
    assert_eq!(said(&mut chat, bob), "server: ann has left the chat\r\n");
    assert!(chat.is_ending(ann));
}

#[test]
fn a_planned_end_has_a_deadline_and_too_early_is_no_deadline() {
    let (mut chat, [ann, bob]) = chat_of(["ann", "bob"]);
    assert_eq!(chat.deadline(), None);
    chat.received(ann, b"/shutdown in 1h\r\n");
    assert!(chat.time_left().unwrap() > Duration::from_secs(60));
    chat.deadline_reached();
    assert!(!chat.is_over());
    chat.received(ann, b"SHUTDOWN\r\n");
    assert!(chat.is_over() && chat.is_ending(ann) && chat.is_ending(bob));
    assert!(said(&mut chat, bob).ends_with("server: The chat has been shut down\r\n"));
}
