//! Several addresses, and a server that sends its users to the next one.

use super::*;

const BYE: &str =
    r#"{"action":"bye","reason":"restart","message":"This server restarts. Connect again."}"#;

fn several(settings: Settings) -> Settings {
    Settings { servers: vec!["a:1337".into(), "b:1337".into(), "c:1337".into()], ..settings }
}

/// The addresses to which the client has connected since the last `forget`, by their places.
fn tried(script: &Script) -> Vec<usize> {
    let places = script.effects.iter().filter_map(|effect| match effect {
        Effect::Connect(place) => Some(*place),
        _ => None,
    });
    places.collect()
}

#[test]
fn the_first_address_that_answers_is_taken() {
    let mut luca = Script::new(several(person()));
    luca.happens(Event::NotConnected("Nobody listens at a.".into()));
    luca.happens(Event::Connected);
    luca.hears("server: The chat server is full. Try again later.");
    luca.happens(Event::Disconnected(None));
    assert_eq!(tried(&luca), [0, 1, 2]);
    assert_eq!(
        luca.screen()[1..5],
        [
            "-- Nobody listens at a.",
            "Connecting to server ...",
            "Connection to server established. Sending intro message...",
            "-- The chat server is full. Try again later."
        ]
    );
    luca.connects(0);
    assert_eq!(luca.ended(), None);
    // All of them have refused: nobody hears of it by waiting.
    let mut luca = Script::new(several(person()));
    for _ in 0..3 {
        luca.happens(Event::NotConnected("Nobody listens.".into()));
    }
    assert_eq!(luca.ended(), Some(Ending::Refused));
}

#[test]
fn a_lost_connection_is_tried_again_elsewhere_and_a_round_has_one_pause() {
    let mut luca = Script::joined(several(person()), 0);
    luca.happens(Event::Disconnected(None));
    assert_eq!(tried(&luca), [0; 0]);
    luca.waits();
    luca.happens(Event::NotConnected("Nobody listens.".into()));
    luca.happens(Event::NotConnected("Nobody listens.".into()));
    assert_eq!(tried(&luca), [1, 2, 0]);
    luca.happens(Event::NotConnected("Nobody listens.".into()));
    assert_eq!(tried(&luca), [1, 2, 0]);
    luca.waits();
    assert_eq!(tried(&luca), [1, 2, 0, 1]);
    luca.forget();
    luca.connects(0);
    assert_eq!(luca.screen()[0], "-- Reconnected, to b:1337.");
}

#[test]
fn a_server_that_restarts_is_left_at_once_and_every_line_is_said_once() {
    let mut luca = Script::joined(several(person()), 0);
    luca.somebody_says(1, "before");
    luca.types("acknowledged");
    luca.answers_by("chat", "ack", r#""received_at":"2025-11-20T11:03:04.000Z","message_id":2"#);
    luca.types("under way");
    luca.types("/msg ann private");
    luca.types("/who");
    luca.forget();
    luca.hears(BYE);
    assert_eq!(tried(&luca), [1]);
    assert_eq!(luca.screen(), ["-- a:1337 restarts. Moving to b:1337 ..."]);
    luca.types("typed");
    luca.forget();
    luca.connects(2);
    assert_eq!(luca.said(), ["under way", "typed"]);
    let actions: Vec<_> = luca.sent().iter().map(|object| action(object)).collect();
    assert_eq!(actions, ["connect", "joinroom", "chat", "msg", "who", "chat"]);
    assert_eq!(luca.screen(), ["-- Reconnected, to b:1337."]);
    assert_eq!(luca.prompt(), "> ");
}

#[test]
fn what_was_missed_on_the_way_is_shown_and_what_is_sent_waits_for_it() {
    let mut bot = Script::joined(several(pipe()), 0);
    bot.somebody_says(1, "before");
    bot.types("under way");
    bot.hears(BYE);
    bot.forget();
    bot.connects(2);
    assert!(bot.sent().last().unwrap().contains(r#""after":1"#), "{:?}", bot.sent());
    // It is somebody else's, although the text is the same.
    let past = said("ann", 2, "under way", None);
    bot.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":false"#),
    );
    assert_eq!(bot.said(), ["under way"]);
}

#[test]
fn where_nobody_answers_a_move_becomes_a_lost_connection() {
    let mut luca = Script::joined(person(), 0);
    luca.types("under way");
    luca.forget();
    luca.hears(BYE);
    assert_eq!(luca.screen(), ["-- localhost:1337 restarts. Connecting again ..."]);
    luca.happens(Event::NotConnected("Nobody listens.".into()));
    luca.types("typed");
    assert_eq!(luca.screen().last().unwrap(), "-- You are not connected. Your line is kept.");
    luca.waits();
    luca.connects(0);
    assert_eq!(luca.said(), [""; 0]);
    assert_eq!(luca.prompt(), "Send them? (y/n)");
    luca.happens(Event::Answered(true));
    assert_eq!(luca.said(), ["under way", "typed"]);
}

#[test]
fn without_reconnecting_the_goodbye_is_the_end() {
    let mut bot = Script::joined(Settings { reconnect: false, ..several(pipe()) }, 0);
    bot.hears(BYE);
    bot.happens(Event::Disconnected(None));
    assert_eq!(bot.ended(), Some(Ending::Refused));
    let told = "!! The connection is lost: This server restarts. Connect again.";
    assert_eq!(bot.screen().last().unwrap(), told);
}
