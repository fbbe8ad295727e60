//! Typed commands and the requests that they mean.

mod table;
mod wrong;

use std::time::Duration;

use chatserv::chat::{
    ChatError, Line, Moment, Range, Request, Secret, Target, Timestamps, parse_line,
};

fn typed(text: &str) -> Line {
    Line { text: text.into(), altered: false }
}

/// The commands of an operator and of somebody else for a line.
fn both(text: &str) -> [Result<Option<Request>, ChatError>; 2] {
    [true, false].map(|operator| parse_line(typed(text), operator))
}

fn some(text: &str) -> Option<String> {
    Some(text.into())
}

fn minutes(count: u64) -> Option<Duration> {
    Some(Duration::from_secs(60 * count))
}

fn chat(text: &str) -> Request {
    Request::Chat { target: Target::Here, text: text.into(), sent_at: None }
}

fn private(to: &[&str], text: &str) -> Request {
    Request::Private {
        to: to.iter().map(|&name| name.into()).collect(),
        text: text.into(),
        sent_at: None,
    }
}

fn join(room: &str) -> Request {
    Request::Join { room: typed(room), history: None }
}

fn history(limit: Option<usize>) -> Request {
    Request::History { room: None, range: Range::Last, limit }
}

fn until(moment: &str, limit: Option<usize>) -> Request {
    let range = Range::Until(Moment::parse(moment).unwrap());
    Request::History { room: None, range, limit }
}

fn search(
    words: &str,
    from: Option<String>,
    room: Option<String>,
    before: Option<&str>,
) -> Request {
    let before = before.map(|before| Moment::parse(before).unwrap());
    Request::Search { words: words.into(), from, room, before, cursor: None, limit: None }
}

fn topic(topic: Option<String>) -> Request {
    Request::Topic { room: None, topic }
}

fn ban(target: &str, duration: Option<Duration>, reason: Option<String>) -> Request {
    Request::Ban { target: target.into(), duration, reason }
}

fn kick(name: &str, reason: Option<String>) -> Request {
    Request::Kick { name: name.into(), reason }
}

fn shutdown(after: Option<Duration>, reason: Option<String>) -> Request {
    Request::Shutdown { after, reason }
}

#[test]
fn commands_of_everybody() {
    let waves = Request::Me { target: Target::Here, text: "waves  twice".into(), sent_at: None };
    let name = || "bob".to_owned();
    let show = |show| Request::Timestamps { show };
    #[rustfmt::skip]
    let table = [
        ("hello", chat("hello")),
        ("  hello  ", chat("  hello  ")),
        ("shutdown", chat("shutdown")),
        (" SHUTDOWN", chat(" SHUTDOWN")),
        ("//quit", chat("/quit")),
        ("///", chat("//")),
        ("  //quit", chat("/quit")),
        (" 1/2", chat(" 1/2")),
        (" \u{3000}/quit", Request::Quit),
        ("/msg bob hi  there ", private(&["bob"], "hi  there")),
        ("/msg @bob,@ann hi", private(&["bob", "ann"], "hi")),
        ("/tell bob, ann ,eve hi", private(&["bob", "ann", "eve"], "hi")),
        ("/msg bob,,ann, hi you", private(&["bob", "ann", "hi"], "you")),
        ("/reply yes, at noon", Request::Reply { text: "yes, at noon".into() }),
        ("/me  waves  twice ", waves),
        ("/rooms", Request::Rooms),
        ("/list", Request::Rooms),
        ("/join dev", join("dev")),
        ("/join #dev", join("dev")),
        ("/join my room", join("my room")),
        ("/part", Request::Part { room: None }),
        ("/leave #dev", Request::Part { room: some("dev") }),
        ("/topic", topic(None)),
        ("/topic  Rust  and more ", topic(some("Rust  and more"))),
        ("/topic OFF", topic(some(""))),
        ("/topic off we go", topic(some("off we go"))),
        ("/history", history(None)),
        ("/history 50", history(Some(50))),
        ("/history before:2026-11-20", until("2026-11-20", None)),
        ("/history 50 before:2026-11-20T14:30", until("2026-11-20T14:30", Some(50))),
        ("/history BEFORE：2026-11-20T14:30+01:00 50", until("2026-11-20T13:30:00Z", Some(50))),
        ("/search tea", search("tea", None, None, None)),
        ("/search  green   tea ", search("green tea", None, None, None)),
        ("/search from:@bob tea in:#dev", search("tea", some("bob"), some("dev"), None)),
        ("/search from:bob", search("", some("bob"), None, None)),
        ("/search from:127.0.0.1:40000 x", search("x", some("127.0.0.1:40000"), None, None)),
        ("/search 悬空 before:2026-11-20", search("悬空", None, None, Some("2026-11-20"))),
        (r#"/search NEAR(a b) OR "c* http://x"#, search(r#"NEAR(a b) OR "c* http://x"#, None, None, None)),
        ("/who", Request::Who { room: None }),
        ("/names", Request::Who { room: None }),
        ("/users #dev", Request::Who { room: some("dev") }),
        ("/whois @bob", Request::Whois { name: name() }),
        ("/ignore", Request::Ignore { name: None }),
        ("/ignore bob", Request::Ignore { name: some("bob") }),
        ("/unignore @bob", Request::Unignore { name: name() }),
        ("/nick @bob", Request::Nick { name: typed("bob") }),
        ("/nick Bob Lee", Request::Nick { name: typed("Bob Lee") }),
        ("/away", Request::Away { reason: None }),
        ("/away at  lunch", Request::Away { reason: some("at  lunch") }),
        ("/back", Request::Back),
        ("/quiet", Request::Quiet { on: None }),
        ("/quiet ON", Request::Quiet { on: Some(true) }),
        ("/quiet off", Request::Quiet { on: Some(false) }),
        ("/timestamp", show(None)),
        ("/timestamp off", show(Some(Timestamps::Off))),
        ("/timestamp Time", show(Some(Timestamps::Time))),
        ("/timestamp date", show(Some(Timestamps::Date))),
        ("/op open sesame", Request::Op { password: Secret("open sesame".into()) }),
        ("/help", Request::Help { about: None }),
        ("/?", Request::Help { about: None }),
        ("/help /msg", Request::Help { about: some("/msg") }),
        ("/ help", Request::Help { about: None }),
        ("/\thelp", Request::Help { about: None }),
        ("/quit", Request::Quit),
        ("/exit", Request::Quit),
        ("/Bye", Request::Quit),
    ];
    for (line, request) in table {
        let expected = Ok(Some(request));
        assert_eq!(both(line), [expected.clone(), expected], "{line:?}");
    }
    assert_eq!(both(""), [Ok(None), Ok(None)]);
}

/// A password must not become public because a keyboard or a file has changed the slash, or put something before it.
#[test]
fn a_slash_is_a_slash_in_any_form_and_behind_anything_invisible() {
    let op = Request::Op { password: Secret("open sesame".into()) };
    let invisible = "\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2060}\u{feff}\u{ad}\u{34f}\u{61c}\u{180e}\u{fe0f}\
                     \u{e0001}\u{3164}\u{2800}\u{fffc}\u{a0}\u{3000}\u{301}\u{fffd}";
    for slash in ['/', '\u{ff0f}', '\u{2044}', '\u{2215}', '\u{29f8}'] {
        for before in invisible.chars() {
            for line in [
                format!("{slash}op open sesame"),
                format!("{before}{slash}op open sesame"),
                format!(" {before} {before}{slash} op open sesame"),
                format!("{before}{slash}ｏｐ open sesame"),
            ] {
                assert_eq!(parse_line(typed(&line), false), Ok(Some(op.clone())), "{line:?}");
            }
            // Nor does a mistyped one.
            let line = format!("{before}{slash}{before}op open sesame");
            let parsed = parse_line(typed(&line), false);
            assert!(!matches!(parsed, Ok(Some(Request::Chat { .. }))), "{line:?}: {parsed:?}");
        }
        assert_eq!(both(&format!("{slash}{slash}op"))[0], Ok(Some(chat(&format!("{slash}op")))));
    }
    // Other signs are text.
    for line in ["\\op", "|op", "÷op", "ノop", "op /op", "1/op"] {
        assert_eq!(parse_line(typed(line), false), Ok(Some(chat(line))), "{line:?}");
    }
}

#[test]
fn signs_and_commas_of_other_keyboards_count() {
    #[rustfmt::skip]
    let table = [
        ("/msg 小明、小红 你好", private(&["小明", "小红"], "你好")),
        ("/msg ＠bob， ＠ann hi", private(&["bob", "ann"], "hi")),
        ("／join ＃dev", join("dev")),
        ("／？", Request::Help { about: None }),
        ("/help ／msg", Request::Help { about: some("／msg") }),
        ("／ｗｈｏ ＃dev", Request::Who { room: some("dev") }),
        ("／ｑｕｉｔ", Request::Quit),
    ];
    for (line, request) in table {
        assert_eq!(parse_line(typed(line), false), Ok(Some(request)), "{line:?}");
    }
}

#[test]
fn commands_of_operators() {
    let name = || "bob".to_owned();
    let motd = |text| Request::Motd { text };
    #[rustfmt::skip]
    let table = [
        ("/kick bob", kick("bob", None)),
        ("/KICK @bob  do not  shout ", kick("bob", some("do not  shout"))),
        ("/ban bob", ban("bob", None, None)),
        ("/ban bob spam", ban("bob", None, some("spam"))),
        ("/ban bob 30m", ban("bob", minutes(30), None)),
        ("/ban bob 30m spam and more", ban("bob", minutes(30), some("spam and more"))),
        ("/ban bob 30 minutes spam", ban("bob", minutes(30), some("spam"))),
        ("/ban bob 1h 30m spam", ban("bob", minutes(90), some("spam"))),
        ("/ban bob 2h", ban("bob", minutes(120), None)),
        ("/ban 192.0.2.7 7d", ban("192.0.2.7", minutes(7 * 24 * 60), None)),
        ("/ban 2001:db8::1 spam", ban("2001:db8::1", None, some("spam"))),
        ("/unban @bob", Request::Unban { target: name() }),
        ("/bans", Request::Bans),
        ("/mute bob", Request::Mute { name: name() }),
        ("/unmute bob", Request::Unmute { name: name() }),
        ("/motd", motd(None)),
        ("/motd Welcome,  all", motd(some("Welcome,  all"))),
        ("/motd off", motd(some(""))),
        ("/threads", Request::Threads),
        ("/shutdown", shutdown(None, None)),
        ("SHUTDOWN", shutdown(None, None)),
        ("SHUTDOWN  ", shutdown(None, None)),
        ("\u{feff}SHUTDOWN", shutdown(None, None)),
        ("/shutdown a new machine", shutdown(None, some("a new machine"))),
        ("/shutdown in 5m", shutdown(minutes(5), None)),
        ("/shutdown IN 5 min a new machine", shutdown(minutes(5), some("a new machine"))),
        ("/shutdown 5m a new machine", shutdown(minutes(5), some("a new machine"))),
        ("/shutdown cancel", Request::CancelShutdown),
        ("/shutdown cancelled flights", shutdown(None, some("cancelled flights"))),
        ("/ban bob -and more", ban("bob", None, some("-and more"))),
    ];
    for (line, request) in table {
        assert!(request.is_for_operators(), "{line:?}");
        let expected = [Ok(Some(request)), Err(ChatError::NotOperator)];
        assert_eq!(both(line), expected, "{line:?}");
    }
}
