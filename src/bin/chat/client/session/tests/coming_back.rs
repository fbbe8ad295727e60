//! Connections that are lost, and what is told, kept and shown then.

use super::*;

#[test]
fn a_lost_connection_is_tried_again_with_growing_pauses() {
    let mut luca = Script::joined(person(), 0);
    luca.happens(Event::Disconnected(Some("Connection reset by peer".into())));
    assert_eq!(
        luca.screen(),
        ["!! The connection is lost: Connection reset by peer. Trying again ..."]
    );
    let mut pauses = Vec::new();
    for _ in 0..8 {
        pauses.push(luca.waits());
        luca.happens(Event::NotConnected("Nobody listens.".into()));
    }
    assert_eq!(pauses[0], Duration::from_secs(1));
    assert!(
        pauses[7] >= Duration::from_secs(15) && pauses[7] <= Duration::from_secs(30),
        "{pauses:?}"
    );
    assert_eq!(luca.screen()[1..], ["-- Nobody listens."], "once is enough");
    assert_eq!(luca.ended(), None);
}

#[test]
fn what_was_missed_is_shown_once() {
    let mut luca = Script::joined(person(), 0);
    luca.somebody_says(1, "before");
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.forget();
    luca.connects(4);
    assert!(
        luca.sent().last().unwrap().contains(r#""after":1"#),
        "{:?}",
        luca.sent()
    );
    luca.somebody_says(5, "live");
    let past = [
        said("ann", 2, "missed", None),
        said("ann", 3, "missed too", None),
    ]
    .join(",");
    luca.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":true"#),
    );
    assert!(
        luca.sent().last().unwrap().contains(r#""after":3"#),
        "{:?}",
        luca.sent()
    );
    let past = [
        said("ann", 4, "and this", None),
        said("ann", 5, "live", None),
    ]
    .join(",");
    luca.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":false"#),
    );
    luca.somebody_says(6, "after");
    let shown: Vec<_> = luca
        .screen()
        .iter()
        .filter_map(|line| line.split(": ").nth(1).map(str::to_owned))
        .collect();
    assert_eq!(shown, ["missed", "missed too", "and this", "live", "after"]);
}

#[test]
fn where_the_ids_begin_anew_all_is_new_and_what_is_gone_is_said() {
    let mut luca = Script::joined(person(), 0);
    luca.somebody_says(9, "before");
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.forget();
    luca.happens(Event::Connected);
    luca.hears("server: Input username.");
    luca.answers(
        "connect",
        r#""from":"luca","address":"127.0.0.1:4","clients":1"#,
    );
    luca.answers("joinroom", r#""room":"lobby","from":"luca","members":["luca"],"total":1,"epoch":8,"last_message_id":3"#);
    assert!(
        luca.sent().last().unwrap().contains(r#""after":0"#),
        "{:?}",
        luca.sent()
    );
    luca.answers(
        "history",
        &format!(
            r#""room":"lobby","messages":[{}],"epoch":8,"more":false"#,
            said("ann", 3, "new", None)
        ),
    );
    let screen = luca.screen();
    assert_eq!(
        screen[1],
        "-- 2 older messages in lobby are not kept any more."
    );
    assert!(screen[2].ends_with("ann: new"), "{screen:?}");
}

#[test]
fn a_person_is_asked_about_what_was_typed_meanwhile() {
    for (answer, sent) in [("y", vec!["under way", "typed"]), ("No", vec![])] {
        let mut luca = Script::joined(person(), 0);
        luca.types("under way");
        luca.happens(Event::Disconnected(None));
        luca.types("typed");
        luca.types("/who");
        assert!(
            luca.screen()
                .last()
                .unwrap()
                .starts_with("!! There is no connection")
        );
        assert_eq!(luca.turns().len(), 3, "typing goes on");
        luca.waits();
        luca.forget();
        luca.connects(0);
        assert_eq!(luca.said(), [""; 0]);
        assert_eq!(
            luca.screen().last().unwrap(),
            "-- Send them now? Type y or n."
        );
        luca.types("something else");
        assert_eq!(luca.said(), ["something else"]);
        luca.forget();
        luca.types(answer);
        assert_eq!(luca.said(), sent);
        luca.forget();
        luca.types("y");
        assert_eq!(luca.said(), ["y"], "nothing is asked any more");
    }
}

#[test]
fn a_program_says_all_of_it_without_being_asked() {
    let mut bot = Script::joined(pipe(), 0);
    bot.types("one");
    bot.types("two");
    bot.happens(Event::Disconnected(None));
    bot.types("three");
    bot.happens(Event::InputEnded);
    bot.waits();
    bot.forget();
    bot.connects(0);
    assert_eq!(bot.said(), ["one", "two", "three"]);
}

#[test]
fn what_arrived_before_the_connection_broke_is_not_said_again() {
    let mut bot = Script::joined(pipe(), 0);
    bot.types("arrived");
    bot.types("did not");
    bot.happens(Event::Disconnected(None));
    bot.waits();
    bot.connects(1);
    bot.forget_but_sent();
    let before = bot.said().len();
    let sent_at = "2025-11-20T12:03:04.000+01:00";
    let past = said("bot", 1, "arrived", Some(sent_at));
    bot.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":false"#),
    );
    assert_eq!(bot.said()[before..], ["did not"]);
}

#[test]
fn ones_own_ghost_may_hold_the_name_for_a_minute() {
    let mut luca = Script::joined(person(), 0);
    luca.happens(Event::Disconnected(None));
    luca.waits();
    let lost = luca.elapsed;
    loop {
        luca.forget();
        luca.happens(Event::Connected);
        luca.hears("server: Input username.");
        luca.refuses("connect", "name_taken");
        if !luca.has(&Effect::Disconnect) {
            break;
        }
        assert_eq!(luca.screen(), [""; 0]);
        luca.waits();
    }
    assert_eq!(luca.elapsed - lost, Duration::from_secs(60));
    assert_eq!(
        luca.screen(),
        ["!! Because name_taken.", "-- Type another name."]
    );
    luca.types("luca2");
    luca.answers(
        "connect",
        r#""from":"luca2","address":"127.0.0.1:4","clients":1"#,
    );
    assert_eq!(luca.session.me, "luca2");
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
