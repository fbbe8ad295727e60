//! Lost connections: what is reported, kept and shown.

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
    assert!(luca.sent().last().unwrap().contains(r#""after":1"#), "{:?}", luca.sent());
    luca.somebody_says(5, "live");
    let past = [said("ann", 2, "missed", None), said("ann", 3, "missed too", None)].join(",");
    luca.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":true"#),
    );
    assert!(luca.sent().last().unwrap().contains(r#""after":3"#), "{:?}", luca.sent());
    let past = [said("ann", 4, "and this", None), said("ann", 5, "live", None)].join(",");
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
    luca.answers("connect", r#""from":"luca","address":"127.0.0.1:4","clients":1"#);
    luca.answers("joinroom", r#""room":"lobby","from":"luca","members":["luca"],"total":1,"epoch":8,"last_message_id":3"#);
    assert!(luca.sent().last().unwrap().contains(r#""after":0"#), "{:?}", luca.sent());
    luca.answers(
        "history",
        &format!(
            r#""room":"lobby","messages":[{}],"epoch":8,"more":false"#,
            said("ann", 3, "new", None)
        ),
    );
    let screen = luca.screen();
    assert_eq!(screen[1], "-- 2 older messages in lobby are not kept any more.");
    assert!(screen[2].ends_with("ann: new"), "{screen:?}");
}

#[test]
fn a_person_is_asked_about_what_was_typed_meanwhile() {
    for (answer, sent) in
        [(true, vec!["something else", "under way", "typed"]), (false, vec!["something else"])]
    {
        let mut luca = Script::joined(person(), 0);
        luca.types("under way");
        luca.happens(Event::Disconnected(None));
        luca.types("typed");
        luca.types("/who");
        assert!(luca.screen().last().unwrap().starts_with("!! You are not connected"));
        luca.waits();
        luca.forget();
        luca.connects(0);
        assert_eq!(luca.said(), [""; 0]);
        assert_eq!(luca.screen().last().unwrap(), "--   typed");
        assert_eq!(luca.prompt(), "Send them? (y/n)");
        // The question does not interrupt a user who is typing a line.
        luca.types("something else");
        assert_eq!(luca.said(), ["something else"]);
        luca.happens(Event::Answered(answer));
        assert_eq!(luca.said(), sent);
        assert_eq!(luca.prompt(), "> ");
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
fn what_one_has_asked_for_is_asked_for_again() {
    let mut luca = Script::joined(person(), 0);
    for (line, action, fields) in [
        ("/ignore bob", "ignore", r#""username":"bob""#),
        ("/ignore eve", "ignore", r#""username":"eve""#),
        ("/unignore eve", "unignore", r#""username":"eve""#),
        ("/quiet", "quiet", r#""on":true"#),
        ("/away lunch", "away", r#""from":"luca","message":"lunch""#),
        ("/op mellon", "op", r#""from":"luca""#),
    ] {
        luca.types(line);
        luca.answers(action, fields);
    }
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.forget();
    luca.connects(0);
    let actions: Vec<_> = luca.sent().iter().map(|object| action(object)).collect();
    assert_eq!(actions, ["connect", "ignore", "quiet", "away", "joinroom"]);
    let told = "-- You are no longer an operator. /op makes you one again.";
    assert_eq!(luca.screen()[1], told);
}

#[test]
fn what_may_be_said_twice_is_told() {
    let mut bot = Script::joined(pipe(), 0);
    bot.types("hi @ann");
    bot.happens(Event::Disconnected(None));
    bot.waits();
    bot.forget();
    bot.connects(0);
    assert_eq!(bot.said(), ["hi @ann"]);
    let told = "-- Sent again, since nobody knows if it arrived: hi @ann";
    assert_eq!(bot.screen().last().unwrap(), told);
}
