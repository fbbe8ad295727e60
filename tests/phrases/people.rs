//! Joining, leaving and other news about people.

use core::net::SocketAddr;
use std::time::Duration;

use chatserv::chat::{ChatError, Message, NameError};

use crate::phrases::operators::removal;
use crate::phrases::{Row, name, row};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    use Message::*;
    let taken = |wanted| {
        Error(ChatError::NameTaken {
            wanted: name(wanted),
            by: name("Ann"),
        })
    };
    let left = |removed| Left {
        name: name("Bob"),
        removed,
    };
    let went = |removed| WentFromRoom {
        room: name("dev"),
        from: name("ann"),
        removed,
    };
    let changed = |room: Option<&str>, arrived, left| MembershipChanged {
        room: room.map(name),
        arrived,
        left,
        present: 10_000,
    };
    let connected = Connected {
        name: name("ann"),
        address: SocketAddr::from(([127, 0, 0, 1], 40_000)),
        clients: 3,
        word: None,
        rooms: None,
    };
    let word = chatserv::chat::ReclaimWord::new(*b"chatserv chatser");
    let came = CameToRoom {
        room: name("lobby"),
        from: name("ann"),
    };
    let renamed = Renamed {
        from: name("Bob"),
        to: name("Robert"),
    };
    let away = |reason: Option<&str>| NowAway {
        from: name("ann"),
        reason: reason.map(name),
    };
    let is_away = |reason: Option<&str>| IsAway {
        name: name("ann"),
        reason: reason.map(name),
    };
    vec![
        row(InputUsername, "Input username."),
        row(YourNameIs(name("Bob")), "Your username is Bob."),
        row(Congratulations, "Congratulations! You've successfully joined the chat server."),
        row(connected, "You have joined the chat as ann."),
        row(Message::ReclaimWord { name: name("ann"), word },
            "If you lose the connection, connect again and give this as your name:\nann 63686174736572762063686174736572"),
        row(Restart { back: Some((name("ann"), word)) },
            "This server restarts. Connect again and give this as your name:\nann 63686174736572762063686174736572"),
        row(WelcomeBack { name: name("ann"), rooms: vec![name("dev")] }, "You are ann again, in room dev."),
        row(TakenBack, "You took your name back with another connection. Bye!"),
        row(TelnetHint, "In telnet, some letters open its own prompt, unless you start telnet -E."),
        row(YourId(name("[::1]:36832")), "Your id is: '[::1]:36832'."),
        row(ClientCount(3), "There are 3 client(s) connected to this server."),
        row(Error(ChatError::Name(NameError::Empty)),
            "Invalid username: a name has at least one letter. Type one."),
        row(taken("Ann"),
            "Ann is taken. Choose another name.\nIf you are Ann, type Ann and the word that /reclaim showed."),
        row(Error(ChatError::NameHeld { name: name("Ann"), left: Duration::from_secs(60) }),
            "Ann has lost the connection: the name is held for 60 s. Choose another.\nIf you are Ann, type Ann and the word that /reclaim showed."),
        row(Error(ChatError::WrongReclaimWord { tries_left: 2 }),
            "That word does not belong to this name. You have 2 more tries."),
        row(Error(ChatError::WrongReclaimWord { tries_left: 1 }),
            "That word does not belong to this name. You have 1 more try."),
        row(Error(ChatError::WrongReclaimWord { tries_left: 0 }),
            "That word does not belong to this name, and that was the last attempt."),
        row(Error(ChatError::ReclaimWordSaid),
            "Not said: nobody else may see that word. Connect again, and type it."),
        row(Error(ChatError::NoReclaimTriesLeft),
            "Too many wrong words. Choose another name, or try again in an hour."),
        row(taken("ANN"), "ANN is taken: it looks like Ann, who is here. Choose another name."),
        row(TooManyNames, "Too many attempts. Connect again with another name."),
        row(LoginTimedOut, "You entered no username in time. Connect again to retry."),
        row(Arrived(name("Bob")), "A new client has connected to the chat: id = Bob"),
        row(left(None), "Bob has left the chat"),
        row(left(Some(removal(false, Some("spam")))), "Bob has left the chat: kicked by Alice (spam)"),
        row(left(Some(removal(true, None))), "Bob has left the chat: banned by Alice"),
        row(changed(None, 214, 3), "214 clients have connected and 3 have left; 10000 are here."),
        row(changed(None, 1, 1), "1 client has connected and 1 has left; 10000 are here."),
        row(changed(Some("dev"), 2, 0), "2 clients have joined room dev and 0 have left; 10000 are in it."),
        row(came, "ann has joined room lobby"),
        row(went(None), "ann has left room dev"),
        row(went(Some(removal(false, None))), "ann has left room dev: kicked by Alice"),
        row(renamed, "Bob is now known as Robert"),
        row(away(None), "You are marked as away. Type /back when you are here again."),
        row(away(Some("lunch")), "You are marked as away (lunch). Type /back when you are here again."),
        row(NowBack { from: name("ann") }, "You are no longer marked as away."),
        row(is_away(None), "ann is away."),
        row(is_away(Some("lunch")), "ann is away (lunch)."),
    ]
}
