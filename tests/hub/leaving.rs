//! Leaving, and the end of the chat.

use chatserv::chat::{DisconnectReason, Event, Input, LogEvent, ShutdownCause};

use super::{Chat, SETTINGS};

#[test]
fn the_others_hear_of_a_leave_once() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.leave('c', DisconnectReason::ReadError);
    chat.play("ab< server: C has left the chat");
    // A second report of the same end, by another thread, is normal and does nothing.
    chat.leave('c', DisconnectReason::SlowReader);
    chat.play("a<");
    assert!(matches!(
        chat.log.as_slice(),
        [LogEvent::Left { reason: DisconnectReason::ReadError, .. }]
    ));
}

/// A health check connects, reads the prompt and goes, every half a minute. On a JSON port it sends a ping.
#[test]
fn only_who_says_something_has_an_arrival_in_the_log() {
    let address = "127.0.0.1:40009".parse().unwrap();
    let logged = |script: &str| {
        let mut chat = Chat::with("a", SETTINGS);
        chat.play(script);
        let client = chat.ids[&'b'];
        let arrivals =
            chat.log.iter().filter(|event| **event == LogEvent::Arrived { client, address });
        let silent =
            |event: &&LogEvent| matches!(event, LogEvent::LeftUnnamed { was_silent: true, .. });
        (arrivals.count(), chat.log.iter().filter(silent).count())
    };
    assert_eq!(logged("b: connect 127.0.0.1:40009\nb: leave"), (0, 1));
    let ping = "b> {\"action\":\"ping\"}";
    assert_eq!(logged(&format!("b: connect json 127.0.0.1:40009\n{ping}\nb: leave")), (0, 1));
    for script in [
        "b: connect 127.0.0.1:40009\nb> two words\nb> B\nb: leave",
        "b: connect 127.0.0.1:40009\nb> GET / HTTP/1.1\nb: leave",
        "b: connect json 127.0.0.1:40009\nb> {\nb: leave",
    ] {
        assert_eq!(logged(script), (1, 0), "{script}");
    }
    // A connection that the server ends is one that the log explains.
    let mut chat = Chat::new(SETTINGS);
    chat.connect_from('b', "127.0.0.1:40009");
    chat.step(Event::LoginTimedOut { client: chat.ids[&'b'] });
    let client = chat.ids[&'b'];
    assert_eq!(chat.log[0], LogEvent::Arrived { client, address });
    let mut anonymous = Chat::new(super::anonymous());
    anonymous.connect_from('b', "127.0.0.1:40009");
    assert_eq!(anonymous.log[0], LogEvent::Arrived { client: anonymous.ids[&'b'], address });
}

#[test]
fn quit_says_goodbye() {
    for how in ["/quit", "/exit", "/bye", "/QUIT"] {
        let mut chat = Chat::with("ab", SETTINGS);
        chat.say('a', how);
        chat.play("a< server: Bye!\nb< server: A has left the chat\na: gone Quit");
    }
    let mut chat = Chat::with("ab", SETTINGS);
    chat.input('a', Input::EndOfTransmission);
    play! {chat, "
        a< server: Bye!
        b< server: A has left the chat
    "}
}

#[test]
fn a_line_after_quit_is_not_said() {
    play! {Chat::with("ab", SETTINGS), "
        a> /quit
        a> and another thing
        b< server: A has left the chat
    "}
}

#[test]
fn an_endless_line_ends_the_connection() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.input('a', Input::LineEndless);
    play! {chat, "
        a< server: That line is too long: 65536 bytes without an end. Goodbye.
        a: gone EndlessLine
        b< server: A has left the chat
    "}
}

#[test]
fn the_farewell_reaches_clients_in_every_state() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, "
        c: connect
        forget
    "}
    chat.step(Event::ShutdownRequested { cause: ShutdownCause::Signal("SIGTERM".into()) });
    play! {chat, "
        abc< server: The chat has been shut down
        a: gone ServerShutdown
        b: gone ServerShutdown
        c: gone ServerShutdown
    "}
    assert!(chat.shut_down);
    assert_eq!(
        chat.log,
        [LogEvent::ShuttingDown { cause: ShutdownCause::Signal("SIGTERM".into()), joined: 2 }]
    );
    // Nothing happens twice, and nobody hears of the other ends.
    chat.step(Event::ShutdownRequested { cause: ShutdownCause::Program });
    play! {chat, "
        a: leave
        b> too late
    "}
    assert!(chat.heard.is_empty());
    play! {chat, "
        # A client that was accepted meanwhile hears the farewell too.
        d: connect
        d< server: The chat has been shut down
    "}
}

#[test]
fn the_log_says_who_ended_the_chat() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.play("a> SHUTDOWN");
    let cause = ShutdownCause::Operator("A".into());
    let ending = LogEvent::ShuttingDown { cause, joined: 2 };
    assert_eq!(chat.log.last(), Some(&ending));
}

#[test]
fn reports_about_unknown_clients_do_nothing() {
    let mut chat = Chat::with("a", SETTINGS);
    let client = chatserv::chat::ClientId(99);
    chat.step(Event::Disconnected { client, reason: DisconnectReason::ReadError });
    chat.step(Event::LoginTimedOut { client });
    chat.step(Event::Received { client, input: Input::EndOfTransmission });
    chat.step(Event::DeadlineReached);
    assert!(chat.heard.is_empty() && chat.log.is_empty() && chat.disconnected.is_empty());
}
