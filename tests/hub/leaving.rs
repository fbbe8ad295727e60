//! How people go, and how the chat ends.

use chatserv::chat::{DisconnectReason, Event, Input, LogEvent, ShutdownCause};

use crate::{Chat, SETTINGS, heard};

#[test]
fn the_others_hear_of_it_once() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.leave('c', DisconnectReason::ReadError);
    heard(&mut chat, 'a', &["server: C has left the chat"]);
    heard(&mut chat, 'b', &["server: C has left the chat"]);
    // A second report of the same end, from another thread, is normal and does nothing.
    chat.leave('c', DisconnectReason::SlowReader);
    heard(&mut chat, 'a', &[]);
    assert!(matches!(
        chat.log.as_slice(),
        [LogEvent::Left {
            reason: DisconnectReason::ReadError,
            ..
        }]
    ));
}

#[test]
fn quit_says_goodbye() {
    for how in ["/quit", "/exit", "/bye", "/QUIT"] {
        let mut chat = Chat::with("ab", SETTINGS);
        chat.say('a', how);
        heard(&mut chat, 'a', &["server: Bye!"]);
        heard(&mut chat, 'b', &["server: A has left the chat"]);
        assert_eq!(chat.disconnected, [('a', DisconnectReason::Quit)]);
    }
    let mut chat = Chat::with("ab", SETTINGS);
    chat.input('a', Input::EndOfTransmission);
    heard(&mut chat, 'a', &["server: Bye!"]);
    heard(&mut chat, 'b', &["server: A has left the chat"]);
}

#[test]
fn a_line_behind_the_quit_in_the_same_packet_is_not_said() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.say('a', "/quit");
    chat.say('a', "and another thing");
    heard(&mut chat, 'b', &["server: A has left the chat"]);
}

#[test]
fn a_line_without_end_is_told_and_cut() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.input('a', Input::LineEndless);
    heard(
        &mut chat,
        'a',
        &["server: That line is too long: 65536 bytes without an end. Goodbye."],
    );
    assert_eq!(chat.disconnected, [('a', DisconnectReason::EndlessLine)]);
    heard(&mut chat, 'b', &["server: A has left the chat"]);
}

#[test]
fn the_farewell_reaches_everybody_whatever_their_state() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.connect('c');
    chat.forget();
    chat.step(Event::ShutdownRequested {
        cause: ShutdownCause::Signal("SIGTERM"),
    });
    for who in ['a', 'b', 'c'] {
        heard(&mut chat, who, &["server: The chat has been shut down"]);
    }
    let reason = DisconnectReason::ServerShutdown;
    assert_eq!(
        chat.disconnected,
        [('a', reason), ('b', reason), ('c', reason)]
    );
    assert!(chat.shut_down);
    assert_eq!(
        chat.log,
        [LogEvent::ShuttingDown {
            cause: ShutdownCause::Signal("SIGTERM"),
            joined: 2
        }]
    );
    // Nothing happens a second time, and nobody hears of the others' ends.
    chat.step(Event::ShutdownRequested {
        cause: ShutdownCause::Program,
    });
    chat.leave('a', DisconnectReason::EndOfInput);
    chat.say('b', "too late");
    assert!(chat.heard.is_empty());
    // Who was accepted in the same moment hears the farewell too.
    chat.connect('d');
    heard(&mut chat, 'd', &["server: The chat has been shut down"]);
}

#[test]
fn the_log_says_who_ended_the_chat() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.say('a', "SHUTDOWN");
    let cause = ShutdownCause::Operator("A".into());
    let ending = LogEvent::ShuttingDown { cause, joined: 2 };
    assert_eq!(chat.log.last(), Some(&ending));
}

#[test]
fn reports_about_nobody_do_nothing() {
    let mut chat = Chat::with("a", SETTINGS);
    let client = chatserv::chat::ClientId(99);
    chat.step(Event::Disconnected {
        client,
        reason: DisconnectReason::ReadError,
    });
    chat.step(Event::LoginTimedOut { client });
    chat.step(Event::Received {
        client,
        input: Input::EndOfTransmission,
    });
    chat.step(Event::DeadlineReached);
    assert!(chat.heard.is_empty() && chat.log.is_empty() && chat.disconnected.is_empty());
}
