//! Servers that do not answer, send one away or end, and names that others have.

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
            "-- luca is taken, perhaps by your own lost connection: trying for 60 s.",
            "!! Because name_taken.",
            "-- /nick NAME takes another name.",
        ]
    );
    // What was half-typed meanwhile is no name.
    luca.forget();
    luca.types("yes");
    assert_eq!(luca.sent(), [""; 0]);
    luca.types("/nick luca2");
    luca.answers(
        "connect",
        r#""from":"luca2","address":"127.0.0.1:4","clients":1"#,
    );
    assert_eq!(luca.session.me, "luca2");
}

#[test]
fn a_password_is_not_shown_again() {
    let mut luca = Script::joined(person(), 0);
    luca.types("/op mellon");
    luca.happens(Event::Disconnected(None));
    luca.types("/op mellon");
    let screen = luca.screen().join("\n");
    assert!(
        screen.contains("/op") && !screen.contains("mellon"),
        "{screen}"
    );
}

#[test]
fn a_server_that_answers_nothing_is_given_up() {
    let mut luca = Script::joined(person(), 0);
    luca.types("hello?");
    assert_eq!(luca.waits(), Duration::from_secs(60));
    assert!(luca.has(&Effect::Disconnect));
    let told = "!! The connection is lost: localhost:1337 does not answer. Trying again ...";
    assert_eq!(luca.screen(), [told]);
    // An answer that cannot be read is one.
    let mut luca = Script::joined(person(), 0);
    luca.types("hello?");
    luca.answers_by("chat", "ack", r#""received_at":7"#);
    assert!(luca.screen()[0].starts_with("!! Not said: hello? (The server said"));
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
fn who_is_sent_away_stays_away() {
    for reason in ["kicked", "banned"] {
        let mut luca = Script::joined(person(), 0);
        luca.hears(&format!(
            r#"{{"action":"bye","reason":"{reason}","message":"You were {reason}."}}"#
        ));
        assert_eq!(luca.screen(), [format!("!! You were {reason}.")]);
        assert_eq!(luca.ended(), Some(Ending::Refused));
    }
}

#[test]
fn who_was_idle_comes_back_by_enter_only() {
    let mut luca = Script::joined(person(), 0);
    luca.hears(r#"{"action":"bye","reason":"idle","message":"Bye!"}"#);
    luca.happens(Event::Disconnected(None));
    assert_eq!(
        luca.screen(),
        ["-- Bye! You typed nothing for long. Enter comes back."]
    );
    assert_eq!(luca.session.deadline(), None);
    luca.types("");
    assert!(luca.has(&Effect::Connect));
    luca.connects(0);
    assert_eq!(luca.screen().last().unwrap(), "-- Connected again.");
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

    let mut luca = Script::joined(
        Settings {
            reconnect: false,
            ..person()
        },
        0,
    );
    luca.hears(r#"{"action":"shutdown","message":"The chat has been shut down"}"#);
    luca.happens(Event::Disconnected(None));
    assert_eq!(
        luca.screen(),
        ["!! The connection is lost: The chat has been shut down."]
    );
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
    assert_eq!(
        bot.screen().last().unwrap(),
        "!! The server has not come back within 120 seconds."
    );
}
