//! Typed lines, and messages of others.

use super::*;

/// The server's acknowledgement of the last message.
const ACK: &str = r#""received_at":"2025-11-20T11:03:04.000Z","message_id":1"#;

#[test]
fn ones_own_line_is_shown_when_it_has_arrived() {
    let mut luca = Script::joined(person(), 0);
    luca.types("hello world");
    assert_eq!(
        luca.sent(),
        [
            r#"{"action":"chat","room":"lobby","message":"hello world","sent_at":"2025-11-20T12:03:04.000+01:00","id":4}"#
        ]
    );
    assert_eq!((luca.prompt(), luca.session.prompt.taken), ("> ", 1));
    assert_eq!(luca.session.prompt.last_waiting.as_deref(), Some("hello world"));
    assert_eq!(luca.screen(), [""; 0]);
    luca.answers_by("chat", "ack", ACK);
    assert_eq!(luca.screen(), ["[12:03] luca: hello world"]);
    assert_eq!((luca.session.prompt.waiting, &luca.session.prompt.last_waiting), (0, &None));
}

#[test]
fn what_is_refused_is_not_lost_out_of_sight() {
    let mut luca = Script::joined(person(), 0);
    luca.types("psst");
    luca.refuses("chat", "muted");
    assert_eq!(luca.screen(), ["!! Not sent: psst (Because muted.)"]);
    luca.forget();
    luca.types(&"x".repeat(20_000));
    assert_eq!(luca.sent(), [""; 0]);
    let reason = "!! That line was too long and was not said: at most 16384 bytes.";
    assert_eq!(luca.screen(), [reason]);
    luca.forget();
    luca.types("/qiut");
    assert_eq!(luca.sent(), [""; 0]);
    assert!(luca.screen()[0].starts_with("!! "), "{:?}", luca.screen());
}

#[test]
fn few_lines_are_under_way_and_each_answer_lets_one_follow() {
    let mut bot = Script::joined(pipe(), 0);
    for number in 0..16 {
        bot.types(&format!("line {number}"));
    }
    assert_eq!(bot.said().len(), 16);
    assert_eq!(bot.turns(), 15, "the pipe waits now");
    bot.answers_by("chat", "ack", ACK);
    assert_eq!(bot.turns(), 16);
    assert_eq!(bot.screen(), [""; 0], "the one who wrote it into the pipe knows it");

    // Fewer long lines are in flight.
    let mut bot = Script::joined(pipe(), 0);
    for _ in 0..10 {
        bot.types(&"x".repeat(8000));
    }
    assert_eq!(bot.said().len(), 5);
}

#[test]
fn a_pipe_ends_when_all_of_it_has_arrived() {
    let mut bot = Script::joined(pipe(), 0);
    bot.types("hi");
    bot.happens(Event::InputEnded);
    assert_eq!(bot.ended(), None);
    assert_eq!(bot.said(), ["hi"]);
    bot.answers_by("chat", "ack", ACK);
    assert!(bot.sent().last().unwrap().contains(r#""action":"quit""#));
    bot.hears(r#"{"action":"bye","reason":"quit","message":"Bye!"}"#);
    assert_eq!(bot.ended(), Some(Ending::Left));

    let mut bot = Script::joined(pipe(), 0);
    bot.types("hi");
    bot.happens(Event::InputEnded);
    bot.refuses("chat", "text_too_long");
    bot.waits();
    assert_eq!(bot.ended(), Some(Ending::Undelivered));
}

#[test]
fn the_prompt_names_the_room_as_soon_as_one_is_in_it() {
    let mut luca = Script::joined(person(), 0);
    luca.types("/join dev");
    assert_eq!(luca.prompt(), "> ");
    luca.types("for dev");
    assert_eq!(luca.said(), [""; 0], "it waits for the room");
    luca.answers(
        "joinroom",
        r#""room":"dev","from":"luca","members":["luca"],"total":1,"epoch":1,"last_message_id":0"#,
    );
    assert_eq!(luca.prompt(), "dev> ");
    assert_eq!(luca.said(), ["for dev"]);
    luca.answers_by("chat", "ack", ACK);
    luca.types("/part");
    luca.answers("leaveroom", r#""room":"dev","from":"luca""#);
    assert_eq!(luca.prompt(), "> ");
    luca.types("/part lobby");
    luca.answers("leaveroom", r#""room":"lobby","from":"luca""#);
    assert_eq!(luca.prompt(), "(no room)> ");
    luca.forget();
    luca.types("anybody?");
    assert_eq!(luca.screen(), ["!! You are in no room. /join ROOM joins one."]);
}

#[test]
fn what_was_said_in_other_rooms_is_counted() {
    let mut luca = Script::joined(person(), 0);
    luca.types("/join dev");
    luca.enters(luca.id_of("joinroom"), "dev");
    luca.forget();
    luca.somebody_says(1, "hello");
    assert_eq!(luca.prompt(), "dev [lobby 1]> ");
    assert_eq!(luca.screen(), ["[12:03] lobby | ann: hello"]);
    luca.somebody_says(2, "hello @luca");
    assert_eq!(luca.prompt(), "dev [lobby 2!]> ");
    luca.happens(Event::NextRoom);
    assert_eq!(luca.prompt(), "lobby> ");
}

#[test]
fn rooms_in_which_the_user_is_addressed_come_first() {
    let mut luca = Script::joined(person(), 0);
    for number in 1..=5 {
        luca.types(&format!("/join r{number}"));
        luca.enters(luca.id_of("joinroom"), &format!("r{number}"));
    }
    let says = |room: &str, text: &str| {
        format!(
            r#"{{"action":"chat","from":"ann","room":"{room}","message":"{text}","message_id":1,"received_at":"2026-11-20T11:03:04Z"}}"#
        )
    };
    for (room, text) in [("r1", "a"), ("r2", "b"), ("r3", "c"), ("r4", "luca?")] {
        luca.hears(&says(room, text));
    }
    assert_eq!(luca.prompt(), "r5 [r4 1!, r1 1, r2 1, 1 more]> ");
    for prompt in ["r4 [r1 1, r2 1, r3 1]> ", "r1 [r2 1, r3 1]> ", "r2 [r3 1]> ", "r3> ", "r3> "] {
        luca.happens(Event::NextUnseen);
        assert_eq!(luca.prompt(), prompt);
    }
    assert_eq!(luca.screen().last().unwrap(), "-- There is nothing new in your other rooms.");
}

#[test]
fn the_prompt_shows_that_the_user_is_away_or_offline() {
    let mut luca = Script::joined(person(), 0);
    luca.types("/away lunch");
    luca.answers("away", r#""from":"luca","message":"lunch""#);
    assert_eq!(luca.prompt(), "(away)> ");
    luca.happens(Event::Disconnected(None));
    assert_eq!(luca.prompt(), "(offline)> ");
}

#[test]
fn what_ends_or_removes_is_asked_about() {
    for (line, question) in [
        ("/kick bob", "/kick bob? (y/n)"),
        ("/ban eve 2h", "/ban eve 2h? (y/n)"),
        ("/shutdown", "/shutdown? (y/n)"),
        ("SHUTDOWN", "SHUTDOWN? (y/n)"),
    ] {
        let mut luca = Script::joined(person(), 0);
        luca.types(line);
        assert_eq!((luca.prompt(), luca.sent()), (question, vec![]));
        luca.happens(Event::Answered(false));
        assert_eq!((luca.prompt(), luca.sent()), ("> ", vec![]));
        luca.types(line);
        luca.types("wait, lunch first");
        assert_eq!((luca.prompt(), luca.said()), ("> ", vec!["wait, lunch first".to_owned()]));
        luca.types(line);
        luca.happens(Event::Answered(true));
        assert_eq!(luca.sent().len(), 2, "{line}");
        // A script has typed the command in full, and there is no user to ask.
        let mut bot = Script::joined(pipe(), 0);
        bot.types(line);
        assert_eq!(bot.sent().len(), 1, "{line}");
    }
}

#[test]
fn pasted_lines_are_text_and_many_of_them_are_asked_about() {
    let paste = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
    let mut luca = Script::joined(person(), 0);
    luca.happens(Event::Pasted(paste(&["/quit", "SHUTDOWN", " "])));
    assert_eq!(luca.said(), ["/quit", "SHUTDOWN"]);
    let many = ["one", "/op word", "three", "four", " "];
    luca.forget();
    luca.happens(Event::PasteOffered(paste(&many)));
    assert_eq!((luca.prompt(), luca.said()), ("Send 4 lines? (y/n)", vec![]));
    luca.happens(Event::Answered(false));
    assert_eq!(luca.screen(), ["-- The lines were not sent."]);
    luca.happens(Event::PasteOffered(paste(&many)));
    luca.happens(Event::Answered(true));
    assert_eq!(luca.said(), many[..4]);
}

#[test]
fn whoever_is_there_is_not_idle() {
    let warning = r#"{"action":"notice","code":"idle","message":"You will go.","seconds":60}"#;
    let mut luca = Script::joined(person(), 0);
    luca.hears(warning);
    assert_eq!(luca.screen(), [""; 0], "somebody has started the client");
    for sign in [Sign::Key, Sign::Focus] {
        luca.forget();
        luca.happens(Event::Seen(sign));
        luca.hears(warning);
        assert_eq!((luca.screen(), action(&luca.sent()[0])), (vec![], "ping".into()));
        luca.answers_by("ping", "pong", r#""x":1"#);
        assert_eq!(luca.screen(), [""; 0]);
    }
    luca.forget();
    luca.happens(Event::Seen(Sign::NoFocus));
    luca.hears(warning);
    assert_eq!(luca.sent(), [""; 0]);
    luca.somebody_says(1, "hi");
    let marked = ["-- You will go.", "-- You have read up to here.", "[12:03] ann: hi"];
    assert_eq!(luca.screen(), marked);
    // A pipe counts as present as long as it is open.
    let mut bot = Script::joined(pipe(), 0);
    bot.hears(warning);
    assert_eq!(action(&bot.sent()[0]), "ping");
}

#[test]
fn a_line_marks_a_new_day() {
    let mut luca = Script::joined(person(), 0);
    luca.somebody_says(1, "late");
    luca.elapsed += Duration::from_secs(12 * 60 * 60);
    luca.happens(Event::Seen(Sign::Key));
    luca.forget();
    luca.somebody_says(2, "early");
    luca.somebody_says(3, "earlier");
    let screen = luca.screen();
    assert_eq!(screen[0], "-- Friday, 21 November 2025");
    assert_eq!(screen.len(), 3);
}

#[test]
fn rooms_are_switched_without_asking_anybody() {
    let mut luca = Script::joined(person(), 0);
    luca.types("/join dev");
    luca.answers(
        "joinroom",
        r#""room":"dev","from":"luca","members":["luca"],"total":1,"epoch":1,"last_message_id":0"#,
    );
    luca.forget();
    for (line, prompt) in [
        ("/switch #LOBBY", "lobby> "),
        ("/switch", "dev> "),
        ("/join lobby", "lobby> "),
        ("/s dev", "dev> "),
        ("/switch ops", "dev> "),
    ] {
        luca.types(line);
        assert_eq!(luca.prompt(), prompt);
    }
    assert_eq!(luca.sent(), [""; 0]);
    assert_eq!(luca.screen()[0], "-- You are now in lobby.");
    assert_eq!(luca.screen().last().unwrap(), "!! You are not in ops. /join ops joins it.");
}

#[test]
fn who_leaves_waits_for_what_is_on_its_way_but_not_against_their_will() {
    let mut luca = Script::joined(person(), 0);
    luca.types("one");
    luca.happens(Event::InputEnded);
    assert_eq!(luca.ended(), None);
    luca.types("and this was pasted behind it");
    assert_eq!(luca.said(), ["one"]);
    luca.happens(Event::Interrupted);
    assert!(luca.sent().last().unwrap().contains(r#""action":"quit""#));
    luca.waits();
    assert_eq!(luca.ended(), Some(Ending::Undelivered));
    assert_eq!(luca.screen().last().unwrap(), "!! 1 line may not have been delivered.");

    let mut luca = Script::joined(person(), 0);
    luca.happens(Event::Interrupted);
    assert_eq!(luca.waits(), Duration::from_secs(2));
    assert_eq!(luca.ended(), Some(Ending::Left));
}

#[test]
fn what_stands_behind_a_join_is_said_where_it_leads() {
    for settings in [person(), pipe()] {
        let mut bot = Script::joined(settings, 0);
        bot.types("/join dev");
        bot.types("for dev");
        bot.types("/join ops");
        bot.types("for ops");
        assert_eq!(bot.said(), [""; 0]);
        let me = bot.session.me.clone();
        let joined = |room| {
            format!(
                r#""room":"{room}","from":"{me}","members":["{me}"],"total":1,"epoch":1,"last_message_id":0"#
            )
        };
        bot.answers("joinroom", &joined("dev"));
        assert_eq!(bot.said(), ["for dev"]);
        bot.answers("joinroom", &joined("ops"));
        let chats: Vec<_> =
            bot.sent().into_iter().filter(|object| action(object) == "chat").collect();
        assert!(chats[0].contains(r#""room":"dev""#), "{chats:?}");
        assert!(chats[1].contains(r#""room":"ops""#), "{chats:?}");
    }
}

#[test]
fn what_stands_behind_a_join_that_is_refused_is_said_nowhere() {
    let mut bot = Script::joined(pipe(), 0);
    bot.types("/join dev");
    bot.types("for dev");
    bot.refuses("joinroom", "too_many_rooms");
    assert_eq!(
        bot.screen(),
        ["!! Because too_many_rooms.", "!! Not sent, since you are not in that room: for dev",]
    );
    bot.types("for dev too");
    assert_eq!(bot.said(), [""; 0]);
}

#[test]
fn nothing_is_read_behind_quit_and_all_before_it_is_said() {
    let mut bot = Script::joined(pipe(), 0);
    bot.types("a");
    bot.forget_but_sent();
    bot.types("/quit");
    assert_eq!(bot.turns(), 0);
    bot.types("b");
    bot.happens(Event::InputEnded);
    assert_eq!(bot.said(), ["a"]);
    assert_eq!(bot.ended(), None);
    bot.answers_by("chat", "ack", ACK);
    bot.hears(r#"{"action":"bye","reason":"quit","message":"Bye!"}"#);
    assert_eq!(bot.ended(), Some(Ending::Left));
}

#[test]
fn a_pipe_that_was_not_read_to_its_end_is_not_delivered() {
    let mut bot = Script::joined(pipe(), 0);
    for number in 0..16 {
        bot.types(&format!("line {number}"));
    }
    bot.happens(Event::Interrupted);
    bot.hears(r#"{"action":"bye","reason":"quit","message":"Bye!"}"#);
    assert_eq!(bot.screen()[0], "!! The rest of the input was not read.");
    assert_eq!(bot.ended(), Some(Ending::Undelivered));
}

#[test]
fn a_room_has_one_name() {
    let rooms = vec!["Dev".into(), "modem".into(), "modern".into()];
    let mut luca = Script::new(Settings { rooms, ..person() });
    let ids = luca.comes_in();
    for (id, room) in ids.iter().zip(["dev", "modern", "modern"]) {
        luca.enters(*id, room);
    }
    for prompt in ["dev> ", "modern> ", "dev> "] {
        assert_eq!(luca.prompt(), prompt);
        luca.happens(Event::NextRoom);
    }
}

#[test]
fn a_switch_behind_a_join_waits_for_its_turn() {
    let mut bot = Script::joined(pipe(), 0);
    for line in ["/join dev", "for dev", "/switch lobby", "for all"] {
        bot.types(line);
    }
    bot.enters(bot.id_of("joinroom"), "dev");
    bot.answers_by("chat", "ack", ACK);
    let rooms: Vec<_> = bot
        .sent()
        .iter()
        .filter(|object| action(object) == "chat")
        .map(|object| object.contains(r#""room":"lobby""#))
        .collect();
    assert_eq!(bot.said(), ["for dev", "for all"]);
    assert_eq!(rooms, [false, true]);

    // A message to a room that the user is not in is not sent, and neither are the lines after it.
    let mut bot = Script::joined(pipe(), 0);
    bot.types("/switch nowhere");
    bot.types("secret");
    assert_eq!(bot.said(), [""; 0]);
    bot.happens(Event::InputEnded);
    bot.waits();
    assert_eq!(bot.ended(), Some(Ending::Undelivered));
}

#[test]
fn a_join_that_cannot_be_sent_leads_nowhere() {
    let mut bot = Script::joined(pipe(), 0);
    bot.types(&format!("/join {}", "x".repeat(17_000)));
    bot.types("secret");
    assert_eq!(bot.sent(), [""; 0]);
}

#[test]
fn who_wants_it_quiet_sees_nobody_come_or_go() {
    let coming = [
        r#"{"action":"joinroom","room":"lobby","from":"ann"}"#,
        r#"{"action":"leaveroom","room":"lobby","from":"ann"}"#,
        r#"{"action":"notice","code":"membership","message":"9 people have joined."}"#,
    ];
    let telling = [
        r#"{"action":"leaveroom","room":"lobby","from":"ann","reason":"kicked","by":"bob"}"#,
        r#"{"action":"nick","from":"ann","username":"Anna"}"#,
        r#"{"action":"notice","message":"ann is away."}"#,
    ];
    for (quiet, lines) in [(false, 6), (true, 3)] {
        let mut luca = Script::joined(Settings { quiet, ..person() }, 0);
        for line in coming.iter().chain(&telling) {
            luca.hears(line);
        }
        assert_eq!(luca.screen().len(), lines, "{:?}", luca.screen());
        // Completion still learns the names.
        assert!(luca.has(&Effect::Here("ann".to_owned())));
        luca.forget();
        luca.types("/join dev");
        luca.enters(luca.id_of("joinroom"), "dev");
        assert_eq!(luca.screen(), ["-- You are alone in dev."]);
    }
}
