//! The commands that everybody may use.

use super::super::{Range, Request, Secret, Target, Timestamps};
use super::table::Entry;

pub(super) const TALK: &[Entry] = &[
    Entry::new(
        "msg",
        "NAME[,NAME…] TEXT",
        "says it to them only",
        |given| {
            let (to, text) = given.people()?;
            Some(Request::Private {
                to,
                text: text.text()?,
                sent_at: None,
            })
        },
    )
    .also(&["tell"])
    .detail(
        &[
            "Says something to these people and to nobody else, in whatever room",
            "they are. You are told who of them is not here.",
        ],
        "/msg ann,bob Shall we meet at noon?",
    ),
    Entry::new("reply", "TEXT", "answers who last wrote to you", |given| {
        Some(Request::Reply {
            text: given.text()?,
        })
    })
    .detail(
        &["Says something only to the one who has last written to you in private."],
        "/reply At noon, yes.",
    ),
    Entry::new("me", "TEXT", "tells what you do", |given| {
        Some(Request::Me {
            target: Target::Here,
            text: given.text()?,
            sent_at: None,
        })
    })
    .detail(
        &["Tells your room what you do, with your name before it."],
        "/me waves",
    ),
];

pub(super) const ROOMS: &[Entry] = &[
    Entry::new("rooms", "", "shows the rooms", |given| {
        given.nothing().map(|()| Request::Rooms)
    })
    .also(&["list"])
    .detail(
        &["Shows the rooms there are, how many are in them, and their topics."],
        "/rooms",
    ),
    Entry::new("join", "ROOM", "goes to a room", |given| {
        Some(Request::Join {
            room: given.name('#')?,
            history: None,
        })
    })
    .detail(
        &[
            "Leaves the room you are in and goes to this one. If there is no such",
            "room yet, there is one now.",
        ],
        "/join dev",
    ),
    Entry::new("part", "[ROOM]", "goes back to the lobby", |given| {
        Some(Request::Part {
            room: given.maybe(|given| given.room())?,
        })
    })
    .also(&["leave"])
    .detail(
        &["Leaves the room you are in and goes back to the lobby."],
        "/part",
    ),
    Entry::new("topic", "[TEXT]", "shows or sets the topic", |given| {
        Some(Request::Topic {
            room: None,
            topic: given.text_or_off(),
        })
    })
    .detail(
        &["Shows what your room is about, or changes it; off takes it away."],
        "/topic Threads and how to join them",
    ),
    Entry::new("history", "[N]", "shows the last lines again", |given| {
        Some(Request::History {
            room: None,
            range: Range::Last,
            limit: given.maybe(|given| given.count())?,
        })
    })
    .detail(
        &["Shows the last lines of your room, or as many of them as you say."],
        "/history 50",
    ),
];

pub(super) const PEOPLE: &[Entry] = &[
    Entry::new("who", "[ROOM]", "shows who is here", |given| {
        Some(Request::Who {
            room: given.maybe(|given| given.room())?,
        })
    })
    .also(&["names", "users"])
    .detail(
        &[
            "Shows who is in the chat, or in one room of it. Rooms are told where",
            "they are not the lobby, and how long somebody has said nothing.",
        ],
        "/who dev",
    ),
    Entry::new(
        "whois",
        "NAME",
        "shows what is known of somebody",
        |given| {
            Some(Request::Whois {
                name: given.person()?,
            })
        },
    )
    .detail(
        &["Shows in which rooms somebody is, how long they are here, and more."],
        "/whois bob",
    ),
    Entry::new("ignore", "[NAME]", "hides what somebody says", |given| {
        Some(Request::Ignore {
            name: given.maybe(|given| given.person())?,
        })
    })
    .detail(
        &[
            "You read nothing of them any more, in private neither. They are not",
            "told. Without a name it shows whom you ignore.",
        ],
        "/ignore bob",
    ),
    Entry::new("unignore", "NAME", "shows it to you again", |given| {
        Some(Request::Unignore {
            name: given.person()?,
        })
    })
    .detail(
        &["You read again what they say from now on."],
        "/unignore bob",
    ),
];

pub(super) const YOURSELF: &[Entry] = &[
    Entry::new("nick", "NAME", "changes your name", |given| {
        Some(Request::Nick {
            name: given.name('@')?,
        })
    })
    .detail(
        &["Gives you another name. Those who know you by the old one are told."],
        "/nick Robert",
    ),
    Entry::new("away", "[WHY]", "says that you are away", |given| {
        Some(Request::Away { why: given.text() })
    })
    .detail(
        &["Marks you as away. Whoever writes to you in private is told, and why."],
        "/away lunch",
    ),
    Entry::new("back", "", "says that you are here again", |given| {
        given.nothing().map(|()| Request::Back)
    })
    .detail(&["Takes the mark of /away off again."], "/back"),
    Entry::new("quiet", "[on|off]", "hides who comes and goes", |given| {
        Some(Request::Quiet {
            on: given.maybe(|given| given.switch())?,
        })
    })
    .detail(
        &["Hides or shows the lines that tell who comes and who goes."],
        "/quiet on",
    ),
    Entry::new(
        "timestamp",
        "[off|time|date]",
        "shows when something is said",
        |given| {
            let show = given.maybe(|given| match given.word()?.to_ascii_lowercase().as_str() {
                "off" => Some(Timestamps::Off),
                "time" => Some(Timestamps::Time),
                "date" => Some(Timestamps::Date),
                _ => None,
            })?;
            Some(Request::Timestamps { show })
        },
    )
    .detail(
        &["Puts the time, or date and time, before each line that somebody says."],
        "/timestamp time",
    ),
    Entry::new("op", "PASSWORD", "makes you an operator", |given| {
        Some(Request::Op {
            password: Secret(given.text()?),
        })
    })
    .detail(
        &["Makes you an operator, if that is the operator password."],
        "/op open-sesame",
    ),
    Entry::new("help", "[COMMAND]", "shows the commands, or one", |given| {
        Some(Request::Help {
            about: given.maybe(|given| given.word())?.map(str::to_owned),
        })
    })
    .also(&["?"])
    .detail(
        &["Shows all commands, or more about one of them."],
        "/help msg",
    ),
    Entry::new("quit", "", "leaves the chat", |given| {
        given.nothing().map(|()| Request::Quit)
    })
    .also(&["exit", "bye"])
    .in_full()
    .detail(&["Leaves the chat. Ctrl-D does the same."], "/quit"),
];
