//! Actions, and the requests that they decode to.

use std::time::Duration;

use chatserv::chat::{Line, Moment, Range, Request, Secret, Target};

fn line(text: &str) -> Line {
    Line { text: text.into(), altered: false }
}

fn people(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Every action, with and without its optional fields.
#[rustfmt::skip]
pub fn table() -> Vec<(&'static str, Request)> {
    let chat = |target, text: &str| Request::Chat {
        target,
        text: text.into(),
        sent_at: None,
    };
    let history = |range, limit| Request::History {
        room: some("dev"),
        range,
        limit,
    };
    let search = |words: &str, from, room, before, cursor, limit| Request::Search {
        words: words.into(),
        from,
        room,
        before,
        cursor,
        limit,
    };
    let minutes = |minutes: u64| Some(Duration::from_secs(minutes * 60));
    vec![
        (r#"{"action":"connect"}"#, Request::Connect { name: None, word: None }),
        (r#"{"action":"connect","username":"ann"}"#, Request::Connect { name: Some(line("ann")), word: None }),
        (r#"{"action":"connect","username":"ann","reclaim":"0f"}"#,
            Request::Connect { name: Some(line("ann")), word: Some(Secret("0f".into())) }),
        (r#"{"action":"reclaim"}"#, Request::Reclaim),
        (r#"{"action":"connect","username":""}"#, Request::Connect { name: Some(line("")), word: None }),
        (r#"{"action":"nick","username":" bob"}"#, Request::Nick { name: line(" bob") }),
        (r#"{"action":"away"}"#, Request::Away { reason: None }),
        (r#"{"action":"away","message":" "}"#, Request::Away { reason: None }),
        (r#"{"action":"away","message":"lunch"}"#, Request::Away { reason: some("lunch") }),
        (r#"{"action":"back"}"#, Request::Back),
        (r#"{"action":"quiet"}"#, Request::Quiet { on: None }),
        (r#"{"action":"quiet","on":true}"#, Request::Quiet { on: Some(true) }),
        (r#"{"action":"quiet","on":false}"#, Request::Quiet { on: Some(false) }),
        (r#"{"action":"quit"}"#, Request::Quit),
        (r#"{"action":"joinroom","room":"dev"}"#, Request::Join { room: line("dev"), history: Some(0) }),
        (
            r##"{"action":"joinroom","room":"#dev","history":5}"##,
            Request::Join {
                room: line("#dev"),
                history: Some(5),
            },
        ),
        (r#"{"action":"leaveroom","room":"dev"}"#, Request::Part { room: some("dev") }),
        (r#"{"action":"topic","room":"dev"}"#, Request::Topic { room: some("dev"), topic: None }),
        (r#"{"action":"topic","room":"dev","topic":null}"#, Request::Topic { room: some("dev"), topic: None }),
        (r#"{"action":"topic","room":"dev","topic":" "}"#, Request::Topic { room: some("dev"), topic: some("") }),
        (
            r#"{"action":"topic","room":"dev","topic":"x y"}"#,
            Request::Topic {
                room: some("dev"),
                topic: some("x y"),
            },
        ),
        (r#"{"action":"rooms"}"#, Request::Rooms),
        (r#"{"action":"history","room":"dev"}"#, history(Range::Last, None)),
        (r#"{"action":"history","room":"dev","before":7,"limit":3}"#, history(Range::Before(7), Some(3))),
        (r#"{"action":"history","room":"dev","after":0}"#, history(Range::After(0), None)),
        (r#"{"action":"history","room":"dev","before":"2026-11-20"}"#,
            history(Range::Until(Moment::parse("2026-11-20").unwrap()), None)),
        (r#"{"action":"search","words":"tea OR \"cake\""}"#, search("tea OR \"cake\"", None, None, None, None, None)),
        (r#"{"action":"search","username":"bob"}"#, search("", some("bob"), None, None, None, None)),
        (
            r#"{"action":"search","words":"悬空","username":"bob","room":"dev","before":"2026-11-20T12:03:04+01:00","cursor":9,"limit":3}"#,
            search("悬空", some("bob"), some("dev"), Moment::parse("2026-11-20T11:03:04Z"), Some(9), Some(3)),
        ),
        (r#"{"action":"chat","message":"hi"}"#, chat(Target::Here, "hi")),
        (r#"{"action":"chat","room":"dev","message":" hi "}"#, chat(Target::Room("dev".into()), " hi ")),
        (r#"{"action":"chat","room":"dev","to":["a","b"],"message":"hi"}"#,
            chat(Target::People(people(&["a", "b"])), "hi")),
        (
            r#"{"action":"me","room":"dev","message":"waves"}"#,
            Request::Me {
                target: Target::Room("dev".into()),
                text: "waves".into(),
                sent_at: None,
            },
        ),
        (
            r#"{"action":"msg","to":["a","b"],"message":"hi"}"#,
            Request::Private {
                to: people(&["a", "b"]),
                text: "hi".into(),
                sent_at: None,
            },
        ),
        (
            r#"{"action":"msg","to":"ann","message":"hi"}"#,
            Request::Private {
                to: people(&["ann"]),
                text: "hi".into(),
                sent_at: None,
            },
        ),
        (
            r#"{"action":"typed","line":" /me waves"}"#,
            Request::Typed { line: line(" /me waves"), room: None, sent_at: None },
        ),
        (
            r#"{"action":"typed","line":"hi","room":"dev"}"#,
            Request::Typed { line: line("hi"), room: some("dev"), sent_at: None },
        ),
        (r#"{"action":"reply","message":"hi"}"#, Request::Reply { text: "hi".into() }),
        (r#"{"action":"who"}"#, Request::Who { room: None }),
        (r#"{"action":"who","room":"dev"}"#, Request::Who { room: some("dev") }),
        (r#"{"action":"whois","username":"ann"}"#, Request::Whois { name: "ann".into() }),
        (r#"{"action":"ignore"}"#, Request::Ignore { name: None }),
        (r#"{"action":"ignore","username":"ann"}"#, Request::Ignore { name: some("ann") }),
        (r#"{"action":"unignore","username":"ann"}"#, Request::Unignore { name: "ann".into() }),
        (r#"{"action":"help"}"#, Request::Help { about: None }),
        (r#"{"action":"help","command":"who"}"#, Request::Help { about: some("who") }),
        (r#"{"action":"ping"}"#, Request::Ping),
        (r#"{"action":"motd"}"#, Request::Motd { text: None }),
        (r#"{"action":"motd","message":""}"#, Request::Motd { text: some("") }),
        (r#"{"action":"motd","message":"Hello"}"#, Request::Motd { text: some("Hello") }),
        (r#"{"action":"op","password":"a\tb"}"#, Request::Op { password: Secret("a\tb".into()) }),
        (r#"{"action":"kick","username":"ann"}"#, Request::Kick { name: "ann".into(), reason: None }),
        (
            r#"{"action":"kick","username":"ann","reason":"spam"}"#,
            Request::Kick {
                name: "ann".into(),
                reason: some("spam"),
            },
        ),
        (r#"{"action":"ban","username":"ann"}"#, Request::Ban { target: "ann".into(), duration: None, reason: None }),
        (
            r#"{"action":"ban","address":"192.0.2.7","duration":"1h30m","reason":"spam"}"#,
            Request::Ban {
                target: "192.0.2.7".into(),
                duration: minutes(90),
                reason: some("spam"),
            },
        ),
        (r#"{"action":"unban","username":"ann"}"#, Request::Unban { target: "ann".into() }),
        (r#"{"action":"unban","address":"2001:db8::/64"}"#, Request::Unban { target: "2001:db8::/64".into() }),
        (r#"{"action":"bans"}"#, Request::Bans),
        (r#"{"action":"mute","username":"ann"}"#, Request::Mute { name: "ann".into() }),
        (r#"{"action":"unmute","username":"ann"}"#, Request::Unmute { name: "ann".into() }),
        (r#"{"action":"threads"}"#, Request::Threads),
        (r#"{"action":"glass"}"#, Request::Glass),
        (
            r#"{"action":"follow","room":"dev","message":"hi"}"#,
            Request::Follow {
                target: Target::Room("dev".into()),
                text: "hi".into(),
                moments: Box::default(),
            },
        ),
        (r#"{"action":"shutdown"}"#, Request::Shutdown { after: None, reason: None }),
        (
            r#"{"action":"shutdown","duration":"5m","reason":"update","cancel":false}"#,
            Request::Shutdown {
                after: minutes(5),
                reason: some("update"),
            },
        ),
        (r#"{"action":"shutdown","cancel":true}"#, Request::CancelShutdown),
    ]
}
