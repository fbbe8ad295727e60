//! One event takes the [`Hub`] a bounded amount of work, whatever a line says: everybody waits meanwhile.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::happening::line;
use super::work;
use super::*;
use crate::config::limits::{HISTORY_LINES_MAX, IGNORED_MAX, NAMED_BYTES_MAX};
use crate::config::{Glass, Operators};

/// The longest line of JSON.
const LINE_BYTES: usize = 16 * 1024;

/// The longest line of plain text.
const PLAIN_LINE_BYTES: usize = 4 * 1024;

/// How often one byte of a line may be looked at.
const WORK_PER_BYTE_MAX: usize = 4;

/// The work that a line of any length may take: for the names of a message, each with its forms and as its mentions and
/// doubtful words; and for a look at a full history by somebody with a full list of ignored people.
const WORK_MAX: usize = 6 * NAMED_BYTES_MAX + 2 * (HISTORY_LINES_MAX + IGNORED_MAX);

/// A letter with eighteen others in its compatibility form.
const LONG_LETTER: &str = "\u{fdfa}";

const MALLORY: ClientId = ClientId(1);
const TELNET: ClientId = ClientId(2);

fn chat() -> Hub {
    let settings = HubSettings {
        anonymous: false,
        operators: Operators::Anyone,
        glass: Glass::Everybody,
        announce_up_to: 500,
        log_messages: true,
        history_on_join: 200,
        motd: None,
        operator_password: Some(Secret("sesame".to_owned())),
    };
    Hub::new(settings, Vec::new(), Timestamp::UNIX_EPOCH)
}

fn step(hub: &mut Hub, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    hub.step(Now { time: Time::ZERO, wall: Timestamp::UNIX_EPOCH }, event, &mut effects);
    effects
}

fn ask(hub: &mut Hub, client: ClientId, request: Request) -> Vec<Effect> {
    step(hub, Event::Received { client, input: Input::Request { request, tag: None } })
}

fn arrive(hub: &mut Hub, client: ClientId, protocol: Protocol, name: String) {
    let (address, word) = (([192, 0, 2, 1], 40_000).into(), ReclaimWord::new([7; 16]));
    step(hub, Event::Connected { client, address, protocol, word, by_proxy: false });
    match protocol {
        Protocol::Plain => {
            step(hub, Event::Received { client, input: Input::Line(line(name)) });
        }
        Protocol::Json | Protocol::Web => {
            let request = Request::Connect { name: Some(line(name)), word: None };
            ask(hub, client, request);
            ask(hub, client, Request::Join { room: line("dev".to_owned()), history: None });
        }
    }
    assert!(hub.people.person(client).is_some());
}

/// A room full of lines of people who have left, and Mallory, who ignores them all. Their names take the most work.
fn full_chat() -> Hub {
    let mut hub = chat();
    arrive(&mut hub, MALLORY, Protocol::Json, "mallory".to_owned());
    arrive(&mut hub, TELNET, Protocol::Plain, "telnet".to_owned());
    let longest = (1..=42).rev().map(|count| LONG_LETTER.repeat(count));
    let mut longest = longest.filter(|it| Name::parse(&line(format!("{it}199"))).is_ok());
    let longest = longest.next().expect("some names have such letters");
    for number in 0..IGNORED_MAX.max(HISTORY_LINES_MAX) {
        let (client, name) = (ClientId(100 + number as u64), format!("{longest}{number:03}"));
        arrive(&mut hub, client, Protocol::Json, name.clone());
        let target = Target::Room("dev".to_owned());
        ask(&mut hub, client, Request::Chat { target, text: "x".to_owned(), sent_at: None });
        ask(&mut hub, MALLORY, Request::Ignore { name: Some(name) });
        ask(&mut hub, client, Request::Quit);
    }
    assert_eq!(hub.extras.ignores.names(MALLORY, &hub.people).len(), IGNORED_MAX);
    hub
}

/// Texts of at most so many bytes that take the most work, each made of these.
fn texts(bytes: usize) -> Vec<String> {
    let repeated = |piece: &str| piece.repeat(bytes / piece.len());
    let named = |names: usize, around: [&str; 2], with: &str| {
        let bytes = bytes / names - around[0].len() - around[1].len() - with.len();
        let name = LONG_LETTER.repeat(bytes / LONG_LETTER.len());
        format!("{}{name}{}{with}", around[0], around[1]).repeat(names)
    };
    let mut texts: Vec<String> = [
        "x",
        "@",
        "a@",
        ",@",
        "@a,",
        "a, ",
        "@,",
        "\u{ff20}",
        "!",
        "\u{ff5d}",
        "#",
        "( ",
        ":",
        ".",
        "a@b.",
        LONG_LETTER,
        "@\u{fdfa} ",
        "@\u{fdfa}!,",
        "hi@\u{fdfa}x ",
        "\u{200b}",
        "e\u{301}",
        "\u{301}",
        "小明",
        "@小",
    ]
    .map(repeated)
    .into();
    texts.extend([6, 60, 100].map(|names| named(names, ["@(", "!?!?!?!?!"], " ")));
    texts.extend([6, 60, 100].map(|names| named(names, ["hi@", "x"], " ")));
    let signs_and_words = |sign: &str, word: &str| {
        sign.repeat(bytes / 2 / sign.len()) + &word.repeat(bytes / 2 / word.len())
    };
    texts.extend([
        signs_and_words("@", "x"),
        signs_and_words("a@,", "!"),
        signs_and_words("@,", "小"),
    ]);
    texts.push(format!("{} {}", repeated(LONG_LETTER), "0123456789abcdef".repeat(2)));
    texts
}

/// A request of each kind with this text, wherever it may be.
fn requests(text: &str) -> Vec<Request> {
    let own = || text.to_owned();
    let some = || Some(text.to_owned());
    let dev = || Some("dev".to_owned());
    let lists = || {
        let names = |separator: char| text.split(separator).map(str::to_owned).collect::<Vec<_>>();
        [vec![text.to_owned()], names('@'), names(' '), names(',')]
    };
    let mut all = vec![
        Request::Connect { name: Some(line(own())), word: Some(Secret(own())) },
        Request::Reply { text: own() },
        Request::Join { room: line(own()), history: None },
        Request::Join { room: line("lobby".to_owned()), history: Some(500) },
        Request::Part { room: some() },
        Request::Topic { room: some(), topic: None },
        Request::Topic { room: dev(), topic: some() },
        Request::Nick { name: line(own()) },
        Request::Away { reason: some() },
        Request::Back,
        Request::Ignore { name: some() },
        Request::Ignore { name: None },
        Request::Unignore { name: own() },
        Request::Quiet { on: None },
        Request::Timestamps { show: None },
        Request::Help { about: some() },
        Request::Who { room: some() },
        Request::Who { room: None },
        Request::Rooms,
        Request::Whois { name: own() },
        Request::History { room: some(), range: Range::Last, limit: None },
        Request::Search {
            words: own(),
            from: some(),
            room: dev(),
            before: None,
            cursor: None,
            limit: None,
        },
        Request::Search {
            words: String::new(),
            from: some(),
            room: dev(),
            before: None,
            cursor: None,
            limit: None,
        },
        Request::Ping,
        Request::Quit,
        Request::Reclaim,
        Request::Op { password: Secret(own()) },
        Request::Kick { name: own(), reason: some() },
        Request::Ban { target: own(), duration: None, reason: None },
        Request::Unban { target: own() },
        Request::Bans,
        Request::Mute { name: own() },
        Request::Unmute { name: own() },
        Request::Motd { text: some() },
        Request::Threads,
        Request::Glass,
        Request::Shutdown { after: None, reason: some() },
        Request::CancelShutdown,
    ];
    for range in [Range::Last, Range::Before(1), Range::After(0), Range::After(u64::MAX)] {
        all.push(Request::History { room: dev(), range, limit: Some(500) });
    }
    for to in lists() {
        all.push(Request::Private { to: to.clone(), text: own(), sent_at: None });
        all.push(Request::Chat { target: Target::People(to), text: own(), sent_at: None });
    }
    for target in [Target::Here, Target::Room("dev".to_owned()), Target::Room(own())] {
        let chat = Request::Chat { target: target.clone(), text: own(), sent_at: None };
        let me = Request::Me { target: target.clone(), text: own(), sent_at: None };
        let moments = Box::default();
        all.extend([chat, me, Request::Follow { target, text: own(), moments }]);
    }
    for typed in lines(text) {
        all.push(Request::Typed { line: line(typed), room: dev(), sent_at: None });
    }
    all
}

/// Lines that somebody may type: the text, alone and after each command and the beginning of one.
fn lines(text: &str) -> Vec<String> {
    let mut lines =
        vec![text.to_owned(), format!("/{text}"), format!("x {text}"), format!("SHUTDOWN{text}")];
    lines.extend(commands(true).map(|help| format!("/{} {text}", help.word)));
    lines
}

/// A number for each kind of request, from 0. A new kind does not compile until it has one, and needs a case above.
fn kind(request: &Request) -> usize {
    match request {
        Request::Connect { .. } => 0,
        Request::Chat { .. } => 1,
        Request::Me { .. } => 2,
        Request::Private { .. } => 3,
        Request::Reply { .. } => 4,
        Request::Join { .. } => 5,
        Request::Part { .. } => 6,
        Request::Topic { .. } => 7,
        Request::Nick { .. } => 8,
        Request::Away { .. } => 9,
        Request::Back => 10,
        Request::Ignore { .. } => 11,
        Request::Unignore { .. } => 12,
        Request::Quiet { .. } => 13,
        Request::Timestamps { .. } => 14,
        Request::Help { .. } => 15,
        Request::Who { .. } => 16,
        Request::Rooms => 17,
        Request::Whois { .. } => 18,
        Request::History { .. } => 19,
        Request::Search { .. } => 20,
        Request::Ping => 21,
        Request::Quit => 22,
        Request::Typed { .. } => 23,
        Request::Reclaim => 24,
        Request::Op { .. } => 25,
        Request::Kick { .. } => 26,
        Request::Ban { .. } => 27,
        Request::Unban { .. } => 28,
        Request::Bans => 29,
        Request::Mute { .. } => 30,
        Request::Unmute { .. } => 31,
        Request::Motd { .. } => 32,
        Request::Threads => 33,
        Request::Glass => 34,
        Request::Follow { .. } => 35,
        Request::Shutdown { .. } => 36,
        Request::CancelShutdown => 37,
    }
}

const KINDS: usize = 38;

/// Lets a copy of the chat take an input, and holds it to the limit.
#[track_caller]
fn check(hub: &Hub, client: ClientId, input: Input, bytes: usize) {
    let mut copy = hub.clone();
    let about = format!("{input:?}");
    let work = work::of(|| drop(step(&mut copy, Event::Received { client, input })));
    let about: String = about.chars().take(100).collect();
    // A chat ends only once.
    let is_bounded = work <= WORK_MAX + WORK_PER_BYTE_MAX * bytes || copy.shutting_down;
    assert!(is_bounded, "{work} for {bytes} bytes: {about}");
}

#[test]
fn one_event_takes_a_bounded_amount_of_work() {
    let full = full_chat();
    let mut with_disk = full.clone();
    with_disk.remember(Past::default());
    let mut unnamed = chat();
    let (address, word) = (([192, 0, 2, 1], 40_000).into(), ReclaimWord::new([7; 16]));
    let newcomer = ClientId(3);
    let protocol = Protocol::Plain;
    let arrival = Event::Connected { client: newcomer, address, protocol, word, by_proxy: false };
    step(&mut unnamed, arrival);
    for text in texts(LINE_BYTES) {
        let requests = requests(&text);
        let kinds: BTreeSet<usize> = requests.iter().map(kind).collect();
        assert!(kinds.into_iter().eq(0..KINDS), "a kind of request is missing");
        for request in requests {
            let input = Input::Request { request, tag: None };
            if let Input::Request {
                request: Request::History { .. } | Request::Search { .. },
                ..
            } = input
            {
                check(&with_disk, MALLORY, input.clone(), LINE_BYTES);
            }
            check(&full, MALLORY, input.clone(), LINE_BYTES);
            check(&unnamed, newcomer, input, LINE_BYTES);
        }
    }
    for text in texts(PLAIN_LINE_BYTES) {
        for typed in lines(&text) {
            check(&full, TELNET, Input::Line(line(typed.clone())), PLAIN_LINE_BYTES);
            check(&unnamed, newcomer, Input::Line(line(typed)), PLAIN_LINE_BYTES);
        }
    }
}

/// Words with more bytes are no commands.
#[test]
fn every_command_is_found_in_letters_of_four_bytes() {
    let large = |c: char| match c {
        'a'..='z' => char::from_u32(0x1d5ba + u32::from(c) - u32::from('a')).unwrap_or(c),
        other => other,
    };
    for help in commands(true) {
        for word in [help.word].iter().chain(help.aliases) {
            let typed: String = word.chars().map(large).collect();
            assert_eq!(find_help(&typed, true).map(|found| found.word), Ok(help.word));
            let mistyped = typed + "\u{1d5d3}";
            let near = find_help(&mistyped, true);
            let found = matches!(near, Err(ChatError::UnknownCommand { near: Some(_), .. }));
            assert!(found || word.len() < 3, "{mistyped}: {near:?}");
        }
    }
}
