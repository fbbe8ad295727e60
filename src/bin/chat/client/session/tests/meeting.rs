//! From the first attempt to connect to the first prompt, with the possible failures.

use super::*;

#[test]
fn a_port_for_programs_says_nothing_first() {
    let mut luca = Script::new(person());
    luca.happens(Event::Connected);
    assert_eq!(luca.waits(), Duration::from_millis(500));
    assert_eq!(luca.id_of("connect"), 1);
    // The prompt of a slow plain-text port arrives late, and is not an answer.
    luca.hears("server: Input username.");
    assert_eq!(luca.ended(), None);
}

#[test]
fn who_cannot_come_in_is_told_why_and_what_to_do() {
    for (events, told) in [
        (vec![Event::NotConnected("Nobody listens.".into())], "!! Nobody listens."),
        (
            vec![Event::Connected, Event::Received("SSH-2.0-OpenSSH_9.2".into())],
            "!! localhost:1337 is not a chat server. It sends: SSH-2.0-OpenSSH_9.2",
        ),
        (
            vec![Event::Connected, Event::Received("server: Your id is: '127.0.0.1:4'.".into())],
            "!! This chat is anonymous, so only telnet can join it: telnet localhost 1337",
        ),
        (
            vec![
                Event::Connected,
                Event::Received("server: The chat server is full. Try again later.".into()),
                Event::Disconnected(None),
            ],
            "!! The chat server is full. Try again later.",
        ),
        (
            vec![
                Event::Connected,
                Event::Received(
                    r#"{"action":"error","code":"banned","message":"You are banned."}"#.into(),
                ),
                Event::Received(r#"{"action":"bye","reason":"banned","message":"Bye!"}"#.into()),
            ],
            "!! You are banned.",
        ),
        (
            vec![Event::Connected, Event::Disconnected(None)],
            "!! localhost:1337 has closed the connection.",
        ),
    ] {
        let mut luca = Script::new(person());
        for event in events {
            luca.happens(event);
        }
        assert_eq!(luca.screen().last().unwrap(), told);
        assert_eq!(luca.ended(), Some(Ending::Refused), "{told}");
    }
}

#[test]
fn a_person_is_asked_for_another_name_and_a_program_is_not() {
    let mut bot = Script::new(pipe());
    bot.happens(Event::Connected);
    bot.hears("server: Input username.");
    bot.refuses("connect", "name_taken");
    assert_eq!(bot.ended(), Some(Ending::Refused));
    assert_eq!(bot.screen().last().unwrap(), "!! Because name_taken.");

    let mut luca = Script::new(person());
    luca.happens(Event::Connected);
    luca.hears("server: Input username.");
    luca.refuses("connect", "name_taken");
    assert_eq!(luca.prompt(), "Another name: ");
    luca.types(" ");
    luca.types("  luke ");
    assert_eq!(luca.sent().last().unwrap(), r#"{"action":"connect","username":"luke","id":2}"#);
    luca.refuses("connect", "name_refused");
    assert_eq!(luca.prompt(), "Another name: ");
    // The server may time out while the user thinks about a name.
    luca.happens(Event::Disconnected(None));
    assert_eq!(luca.ended(), None);
    luca.forget();
    luca.types("lucas");
    assert!(luca.has(&Effect::Connect(0)));
    luca.connects(0);
    assert_eq!(luca.prompt(), "> ");
    assert_eq!(luca.session.me, "lucas");
}

#[test]
fn several_rooms_and_one_that_cannot_be_had() {
    let rooms = vec!["dev".into(), "#ops".into(), "no way".into()];
    let mut luca = Script::new(Settings { rooms: rooms.clone(), ..person() });
    let ids = luca.comes_in();
    for (id, room) in ids.iter().zip(["dev", "ops"]) {
        luca.enters(*id, room);
    }
    luca.hears(&format!(
        r#"{{"action":"error","code":"room_refused","message":"No such name.","id":{}}}"#,
        ids[2]
    ));
    assert_eq!(luca.prompt(), "dev> ");
    assert!(luca.has(&Effect::Rooms(vec!["dev".into(), "ops".into()])));
    for prompt in ["ops> ", "dev> "] {
        luca.happens(Event::NextRoom);
        assert_eq!(luca.prompt(), prompt);
    }
    assert_eq!(luca.screen().last().unwrap(), "-- You are now in dev.");

    let mut bot = Script::new(Settings { rooms, ..pipe() });
    bot.happens(Event::Connected);
    bot.hears("server: Input username.");
    bot.answers("connect", r#""from":"bot","address":"127.0.0.1:4","clients":1"#);
    bot.refuses("joinroom", "room_refused");
    assert_eq!(bot.ended(), Some(Ending::Refused));
}

#[test]
fn a_person_sees_what_was_said_before_and_a_program_does_not() {
    let mut luca = Script::new(person());
    luca.connects(41);
    luca.forget_but_sent();
    // This message arrived while the history was being fetched.
    luca.somebody_says(42, "new");
    let past = [said("ann", 40, "old", None), said("ann", 41, "older", None)].join(",");
    luca.answers(
        "history",
        &format!(r#""room":"lobby","messages":[{past}],"epoch":7,"more":true"#),
    );
    let shown: Vec<_> = luca
        .screen()
        .iter()
        .filter_map(|line| line.split(": ").nth(1).map(str::to_owned))
        .collect();
    assert_eq!(shown, ["old", "older", "new"]);
    assert_eq!(luca.prompt(), "> ");

    let bot = Script::joined(pipe(), 41);
    assert_eq!(bot.sent(), [""; 0]);
}
