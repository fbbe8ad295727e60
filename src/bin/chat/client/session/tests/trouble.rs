//! Servers that do not answer, that disconnect the user or shut down, and names that are taken.

use super::*;

#[test]
fn ones_own_ghost_may_hold_the_name_for_a_minute() {
    let mut luca = Script::joined(person(), 0);
    luca.happens(Event::Disconnected(None));
    luca.waits();
    let lost = luca.elapsed;
    luca.forget();
    loop {
        luca.happens(Event::Connected);
        luca.hears("server: Input username.");
        luca.refuses("connect", "name_taken");
        if luca.elapsed - lost >= Duration::from_secs(60) {
            break;
        }
        assert!(luca.has(&Effect::Disconnect));
        luca.waits();
    }
    assert_eq!(
        luca.screen(),
        [
            "-- luca is taken, perhaps by your own lost connection. Trying again for 60 s ...",
            "!! Because name_taken.",
            "-- /nick NAME takes another name.",
        ]
    );
    // A half-typed line from the meantime is not a name.
    luca.forget();
    luca.types("yes");
    assert_eq!(luca.sent(), [""; 0]);
    luca.types("/nick luca2");
    luca.answers("connect", r#""from":"luca2","address":"127.0.0.1:4","clients":1"#);
    assert_eq!(luca.session.me, "luca2");
}

#[test]
fn a_password_is_not_shown_again() {
    let mut luca = Script::joined(person(), 0);
    luca.types("/op mellon");
    luca.happens(Event::Disconnected(None));
    luca.types("/op mellon");
    let screen = luca.screen().join("\n");
    assert!(screen.contains("/op") && !screen.contains("mellon"), "{screen}");
}

#[test]
fn a_server_that_answers_nothing_is_given_up() {
    let mut luca = Script::joined(person(), 0);
    luca.types("hello?");
    assert_eq!(luca.waits(), Duration::from_secs(60));
    assert!(luca.has(&Effect::Disconnect));
    let told = "!! The connection is lost: localhost:1337 does not answer. Trying again ...";
    assert_eq!(luca.screen(), [told]);
    // An answer that cannot be parsed still counts as an answer.
    let mut luca = Script::joined(person(), 0);
    luca.types("hello?");
    luca.answers_by("chat", "ack", r#""received_at":7"#);
    assert!(luca.screen()[0].starts_with("!! Not sent: hello? (The server has sent a line"));
    assert_eq!(luca.session.deadline(), None);
}

#[test]
fn no_history_goes_on_for_ever() {
    let mut luca = Script::joined(person(), 1);
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.connects(u64::MAX);
    luca.forget_but_sent();
    let fields = r#""room":"lobby","messages":[],"epoch":7,"more":true"#;
    luca.answers("history", fields);
    assert!(luca.session.is_settled());
    for id in [u64::MAX, u64::MAX - 1] {
        luca.somebody_says(id, "hi");
    }
    assert_eq!(luca.screen().len(), 1);
}

#[test]
fn who_is_banned_meanwhile_does_not_come_back() {
    let mut luca = Script::joined(person(), 0);
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.happens(Event::Connected);
    luca.hears("server: You are banned for another 30m (spam).");
    assert_eq!(luca.ended(), Some(Ending::Refused));
}

#[test]
fn who_has_left_does_not_come_back() {
    let mut luca = Script::joined(person(), 0);
    luca.types("one");
    luca.happens(Event::InputEnded);
    luca.happens(Event::Disconnected(None));
    assert_eq!(luca.ended(), Some(Ending::Undelivered));
}

#[test]
fn who_was_idle_comes_back_by_enter_only() {
    let mut luca = Script::joined(person(), 0);
    luca.hears(r#"{"action":"bye","reason":"idle","message":"Bye!"}"#);
    luca.happens(Event::Disconnected(None));
    assert_eq!(luca.screen(), ["-- Bye! You were idle too long. Press Enter to reconnect."]);
    assert_eq!(luca.session.deadline(), None);
    luca.types("");
    assert!(luca.has(&Effect::Connect(0)));
    luca.connects(0);
    assert_eq!(luca.screen().last().unwrap(), "-- Reconnected.");
}

#[test]
fn the_end_of_the_chat_is_told_and_its_next_beginning_waited_for() {
    let mut luca = Script::joined(person(), 0);
    luca.hears(r#"{"action":"shutdown","message":"The chat has been shut down"}"#);
    luca.happens(Event::Disconnected(None));
    assert_eq!(
        luca.screen(),
        ["!! The connection is lost: The chat has been shut down. Trying again ..."]
    );
    assert!(luca.session.deadline().is_some());

    let mut luca = Script::joined(Settings { reconnect: false, ..person() }, 0);
    luca.hears(r#"{"action":"shutdown","message":"The chat has been shut down"}"#);
    luca.happens(Event::Disconnected(None));
    assert_eq!(luca.screen(), ["!! The connection is lost: The chat has been shut down."]);
    assert_eq!(luca.ended(), Some(Ending::Refused));
}

#[test]
fn a_pipe_does_not_wait_for_ever() {
    let mut bot = Script::joined(pipe(), 0);
    bot.happens(Event::Disconnected(None));
    while bot.ended().is_none() {
        bot.waits();
        bot.happens(Event::NotConnected("Nobody listens.".into()));
    }
    assert_eq!(bot.ended(), Some(Ending::Refused));
    assert!(bot.elapsed <= Duration::from_secs(150));
    assert_eq!(bot.screen().last().unwrap(), "!! The server could not be reached for 120 seconds.");
}

#[test]
fn what_arrives_late_is_no_silence() {
    let mut luca = Script::joined(person(), 0);
    luca.types("hello?");
    // The machine was suspended, and the client finds the answer when it resumes.
    luca.elapsed += Duration::from_secs(90);
    luca.somebody_says(1, "hi");
    luca.answers_by("chat", "ack", r#""received_at":"2025-11-20T11:03:04Z","message_id":2"#);
    assert!(!luca.has(&Effect::Disconnect));
    assert_eq!(luca.screen().len(), 2);
}

#[test]
fn a_pipe_that_was_idle_has_its_patience_from_when_it_wakes() {
    let mut bot = Script::joined(pipe(), 0);
    bot.hears(r#"{"action":"bye","reason":"idle","message":"Bye!"}"#);
    bot.elapsed += Duration::from_secs(600);
    bot.types("hi");
    bot.happens(Event::NotConnected("Nobody listens.".into()));
    assert_eq!(bot.ended(), None);
    bot.waits();
    bot.connects(0);
    assert_eq!(bot.said(), ["hi"]);
}

#[test]
fn who_wakes_up_is_not_asked_about_what_is_typed_then() {
    let mut luca = Script::joined(person(), 0);
    luca.hears(r#"{"action":"bye","reason":"idle","message":"Bye!"}"#);
    luca.types("one");
    luca.types("two");
    luca.connects(0);
    assert_eq!(luca.said(), ["one", "two"]);
}

#[test]
fn nobody_who_is_ignored_comes_back_unseen() {
    let mut luca = Script::joined(person(), 0);
    luca.types("/ignore bob");
    luca.answers("ignore", r#""username":"bob""#);
    luca.hears(r#"{"action":"nick","from":"bob","username":"rob"}"#);
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.forget();
    luca.connects(3);
    // The person is not in the chat, so the server cannot ignore them.
    luca.refuses("ignore", "no_such_person");
    let past = said("rob", 2, "hidden", None);
    let fields = format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":false"#);
    luca.answers("history", &fields);
    luca.hears(&said("rob", 3, "hidden too", None));
    let screen = luca.screen().join("\n");
    assert!(!screen.contains("hidden") && !screen.contains("older"), "{screen}");
    luca.types("/unignore rob");
    luca.refuses("unignore", "not_ignored");
    luca.forget();
    luca.hears(&said("rob", 4, "seen", None));
    assert_eq!(luca.screen().len(), 1);
}

#[test]
fn a_question_ends_with_the_connection_and_comes_again() {
    let mut luca = Script::joined(person(), 0);
    luca.happens(Event::Disconnected(None));
    luca.types("first");
    luca.waits();
    luca.connects(0);
    assert_eq!(luca.prompt(), "Send them? (y/n)");
    luca.happens(Event::Disconnected(None));
    assert_eq!(luca.prompt(), "(offline)> ");
    // The key was pressed just before.
    luca.happens(Event::Answered(true));
    luca.waits();
    luca.forget();
    luca.connects(0);
    luca.happens(Event::Answered(true));
    assert_eq!(luca.said(), ["first"]);
}

#[test]
fn every_end_tells_what_did_not_arrive() {
    let settings = Settings { reconnect: false, ..pipe() };
    let mut bot = Script::joined(settings, 0);
    bot.types("one");
    bot.types("two");
    bot.happens(Event::Disconnected(None));
    assert_eq!(bot.ended(), Some(Ending::Refused));
    let told = "!! 2 lines may not have been delivered.";
    assert_eq!(bot.screen().last().unwrap(), told);
}
