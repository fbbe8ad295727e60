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

/// A client that had seen message 9 of the lobby before the server restarted. The lobby now has this epoch and last id.
fn after_a_restart(epoch: u64, last_id: u64) -> Script {
    let mut luca = Script::joined(person(), 0);
    luca.somebody_says(9, "before");
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.forget();
    luca.happens(Event::Connected);
    luca.hears("server: Input username.");
    luca.answers("connect", r#""from":"luca","address":"127.0.0.1:4","clients":1"#);
    luca.answers(
        "joinroom",
        &format!(
            r#""room":"lobby","from":"luca","members":["luca"],"total":1,"epoch":{epoch},"last_message_id":{last_id}"#
        ),
    );
    luca
}

#[test]
fn where_the_ids_begin_anew_all_is_new_and_what_is_gone_is_said() {
    let mut luca = after_a_restart(8, 3);
    assert!(luca.sent().last().unwrap().contains(r#""after":0"#), "{:?}", luca.sent());
    luca.answers(
        "history",
        &format!(
            r#""room":"lobby","messages":[{}],"epoch":8,"more":false"#,
            said("ann", 3, "new", None)
        ),
    );
    let screen = luca.screen();
    assert_eq!(screen[1], "-- 2 older messages in lobby are no longer available.");
    assert!(screen[2].ends_with("ann: new"), "{screen:?}");
}

#[test]
fn ids_that_a_crash_has_skipped_are_no_messages() {
    let mut luca = after_a_restart(7, 1010);
    luca.answers(
        "history",
        &format!(
            r#""room":"lobby","messages":[{}],"gaps":[{{"first":8,"last":1007,"cause":"crash"}}],"epoch":7,"more":false"#,
            said("ann", 1010, "new", None)
        ),
    );
    let screen = luca.screen();
    assert_eq!(
        screen[1..3],
        [
            "-- 2 older messages in lobby are no longer available.",
            "-- The server ended before it had written all: messages in lobby may be missing."
        ]
    );
    assert!(screen[3].ends_with("ann: new"), "{screen:?}");
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
    let told = "-- Sent again, since it may not have arrived: hi @ann";
    assert_eq!(bot.screen().last().unwrap(), told);
}

#[test]
fn the_client_takes_the_name_back_by_the_word_of_the_last_connection() {
    let mut luca = Script::joined(person(), 0);
    assert!(!luca.sent().iter().any(|object| object.contains("reclaim")));
    luca.types("/ignore bob");
    luca.answers("ignore", r#""username":"bob""#);
    for (word, next) in [(None, "one"), (Some("one"), "two"), (Some("two"), "three")] {
        luca.happens(Event::Disconnected(None));
        luca.waits();
        luca.forget();
        luca.happens(Event::Connected);
        luca.hears("server: Input username.");
        let given = word.map_or(String::new(), |word| format!(r#","reclaim":"{word}""#));
        let sent = luca.sent().concat();
        assert!(
            sent.starts_with(&format!(r#"{{"action":"connect","username":"luca"{given},"id":"#))
        );
        let reclaimed = word.is_some();
        luca.answers(
            "connect",
            &format!(
                r#""from":"luca","clients":1,"reclaim":"{next}","reclaimed":{reclaimed},"rooms":["lobby"]"#
            ),
        );
        // The server has kept what was asked for.
        let asked = luca.sent().iter().any(|object| object.contains("ignore"));
        assert_eq!(asked, !reclaimed, "{:?}", luca.sent());
        luca.answers("joinroom", r#""room":"lobby","from":"luca","members":["luca"],"total":1,"epoch":7,"last_message_id":0"#);
        assert!(luca.screen().iter().all(|line| !line.contains(next)), "{:?}", luca.screen());
    }
}

#[test]
fn a_word_that_is_worth_nothing_is_not_given_again() {
    for code in ["wrong_reclaim", "too_many_reclaims"] {
        let mut luca = Script::new(person());
        luca.happens(Event::Connected);
        luca.hears("server: Input username.");
        luca.answers("connect", r#""from":"luca","clients":1,"reclaim":"one""#);
        luca.happens(Event::Disconnected(None));
        luca.waits();
        luca.happens(Event::Connected);
        luca.hears("server: Input username.");
        luca.refuses("connect", code);
        // The name may be free in a moment, as on a server that knows no words.
        assert!(luca.screen().last().unwrap().contains("luca is taken, perhaps by your own"));
        luca.waits();
        luca.forget();
        luca.happens(Event::Connected);
        luca.hears("server: Input username.");
        assert!(!luca.sent().concat().contains("reclaim"), "{:?}", luca.sent());
        luca.answers("connect", r#""from":"luca","clients":1,"reclaim":"two""#);
        assert!(luca.screen().iter().any(|line| line == "-- Reconnected."));
    }
}

#[test]
fn a_client_does_not_fight_for_a_name_that_another_connection_has_taken_back() {
    let mut luca = Script::joined(person(), 0);
    let sentence = "You took your name back with another connection. Bye!";
    luca.hears(&format!(r#"{{"action":"bye","reason":"reclaimed","message":"{sentence}"}}"#));
    assert_eq!(luca.ended(), Some(Ending::Refused));
    assert_eq!(luca.screen(), [format!("!! {sentence}")]);
}

#[test]
fn what_is_said_between_taking_the_name_back_and_asking_for_the_past_comes_after_it() {
    let mut luca = Script::new(person());
    luca.happens(Event::Connected);
    luca.hears("server: Input username.");
    luca.answers("connect", r#""from":"luca","clients":1,"reclaim":"one""#);
    let joined = r#""room":"lobby","from":"luca","members":["luca"],"total":1,"epoch":7"#;
    luca.answers("joinroom", &format!(r#"{joined},"last_message_id":0"#));
    luca.answers("help", r#""commands":[]"#);
    luca.somebody_says(1, "before");
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.forget();
    luca.happens(Event::Connected);
    luca.hears("server: Input username.");
    luca.answers("connect", r#""from":"luca","clients":1,"reclaim":"two","reclaimed":true"#);
    // The room has this member already.
    luca.somebody_says(3, "live");
    luca.answers("joinroom", &format!(r#"{joined},"last_message_id":3"#));
    assert!(luca.sent().last().unwrap().contains(r#""after":1"#), "{:?}", luca.sent());
    let past = [said("ann", 2, "missed", None), said("ann", 3, "live", None)].join(",");
    luca.answers("history", &format!(r#""room":"lobby","messages":[{past}],"epoch":7"#));
    let lines = |luca: &Script| -> Vec<String> {
        let screen = luca.screen().into_iter();
        screen
            .filter_map(|line| line.split_once("ann: ").map(|(_, text)| text.to_owned()))
            .collect()
    };
    assert_eq!(lines(&luca), ["missed", "live"]);
    // And where nothing was missed, nothing waits any longer.
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.forget();
    luca.happens(Event::Connected);
    luca.hears("server: Input username.");
    luca.answers("connect", r#""from":"luca","clients":1,"reclaim":"three","reclaimed":true"#);
    luca.answers("joinroom", &format!(r#"{joined},"last_message_id":3"#));
    luca.somebody_says(4, "at once");
    assert_eq!(lines(&luca), ["at once"]);
}

#[test]
fn a_gap_is_told_where_it_is() {
    let mut luca = Script::joined(person(), 0);
    luca.somebody_says(1, "before");
    luca.happens(Event::Disconnected(None));
    luca.waits();
    luca.forget();
    luca.connects(9);
    let past = [said("ann", 2, "missed", None), said("ann", 6, "and this", None)].join(",");
    let gaps = r#"{"first":3,"last":5,"cause":"full"},{"first":7,"last":7,"cause":"full"}"#;
    luca.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":false,"gaps":[{gaps}]"#),
    );
    let screen = luca.screen();
    let at = |text: &str| screen.iter().position(|line| line.contains(text)).expect(text);
    let three = at("3 messages in lobby are missing: there was no room to keep them.");
    let one = at("1 message in lobby is missing: there was no room to keep it.");
    assert!(at("missed") < three && three < at("and this") && at("and this") < one, "{screen:?}");
    assert!(!screen.iter().any(|line| line.contains("no longer available")), "{screen:?}");
}

#[test]
fn rooms_ask_for_their_past_one_after_the_other_and_a_refusal_is_told() {
    let settings = Settings { rooms: vec!["one".into(), "two".into()], ..person() };
    let mut luca = Script::new(settings);
    let joined = |luca: &mut Script, room: &str, id: u64, last: u64| {
        luca.hears(&format!(
            r#"{{"action":"joinroom","room":"{room}","from":"luca","members":["luca"],"total":1,"epoch":1,"last_message_id":{last},"id":{id}}}"#
        ));
    };
    let ids = luca.comes_in();
    joined(&mut luca, "one", ids[0], 0);
    joined(&mut luca, "two", ids[1], 0);
    luca.happens(Event::Disconnected(None));
    luca.waits();
    let ids = luca.comes_in();
    luca.forget();
    joined(&mut luca, "one", ids[0], 9);
    joined(&mut luca, "two", ids[1], 9);
    let asked = |luca: &Script| {
        let sent = luca.sent();
        sent.iter().filter(|object| action(object) == "history").cloned().collect::<Vec<_>>()
    };
    assert_eq!(asked(&luca).len(), 1);
    assert!(asked(&luca)[0].contains(r#""room":"one""#));
    luca.answers_by("history", "error", r#""code":"search_too_slow","message":"Too slow.""#);
    assert_eq!(asked(&luca).len(), 2);
    assert!(asked(&luca)[1].contains(r#""room":"two""#));
    assert!(
        luca.screen().iter().any(|line| line == "-- Messages in one may be missing: Too slow.")
    );
    luca.answers("history", r#""room":"two","messages":[],"epoch":1,"more":false"#);
    assert!(!luca.screen().iter().any(|line| line.contains("Messages in two")));
}
