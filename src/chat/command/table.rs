//! Every command with its words, its help, and the function that reads its arguments.

use super::super::punctuation::{MENTION_SIGNS, ROOM_SIGNS};
use super::super::request::{Request, Target};
use super::super::settings::Secret;
use super::super::view::Timestamps;
use super::arguments::Arguments;
use super::near::{begins, distance};

/// The help of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandHelp {
    /// The word after the slash.
    pub word: &'static str,
    /// The arguments of the command: capitals are placeholders, brackets enclose an optional part, `|` separates choices.
    pub arguments: &'static str,
    /// Other words for the same command.
    pub aliases: &'static [&'static str],
    /// A short phrase that begins with a verb, such as "leaves the chat".
    pub about: &'static str,
    /// A longer text, line by line.
    pub detail: &'static [&'static str],
    /// A line that somebody might type.
    pub example: &'static str,
    /// Whether the overview shows it.
    pub common: bool,
    /// Whether only operators may use it and see it in the help.
    pub operators_only: bool,
    /// Whether beginnings that it shares with other commands mean the others.
    pub gives_way: bool,
}

impl CommandHelp {
    /// How the command is typed: `/topic [TEXT]`.
    pub fn usage(&self) -> String {
        format!("/{} {}", self.word, self.arguments).trim_end().to_owned()
    }
}

/// One command.
pub(super) struct Entry {
    pub(super) help: CommandHelp,
    /// The command ends or removes something, so its word cannot be abbreviated.
    pub(super) in_full: bool,
    /// Reads the arguments; `None` if they do not fit.
    pub(super) read: fn(Arguments) -> Option<Request>,
}

impl Entry {
    const fn new(
        word: &'static str,
        arguments: &'static str,
        about: &'static str,
        read: fn(Arguments) -> Option<Request>,
    ) -> Self {
        let help = CommandHelp {
            word,
            arguments,
            aliases: &[],
            about,
            detail: &[],
            example: "",
            common: false,
            operators_only: false,
            gives_way: false,
        };
        Entry { help, in_full: false, read }
    }

    const fn detail(mut self, detail: &'static [&'static str], example: &'static str) -> Self {
        self.help.detail = detail;
        self.help.example = example;
        self
    }

    const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.help.aliases = aliases;
        self
    }

    const fn common(mut self) -> Self {
        self.help.common = true;
        self
    }

    const fn in_full(mut self) -> Self {
        self.in_full = true;
        self
    }

    const fn gives_way(mut self) -> Self {
        self.help.gives_way = true;
        self
    }

    const fn operators_only(mut self) -> Self {
        self.help.operators_only = true;
        self
    }

    /// All its words; the one in the help comes first.
    pub(super) fn words(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.help.word).chain(self.help.aliases.iter().copied())
    }
}

/// All commands, in the groups and the order of the help.
pub(super) static GROUPS: [(&str, &[Entry]); 5] = [
    ("Talk", TALK),
    ("Rooms", ROOMS),
    ("People", PEOPLE),
    ("Yourself", YOURSELF),
    ("Operators", OPERATORS),
];

const TALK: &[Entry] = &[
    Entry::new("msg", "NAME[,NAME…] TEXT", "sends a private message", |given| {
        let (to, text) = given.people()?;
        Some(Request::Private { to, text: text.text()?, sent_at: None })
    })
    .detail(
        &[
            "Sends a message to these people only, whatever rooms they are in. The",
            "answer names those who are not here.",
        ],
        "/msg ann,bob Shall we meet at noon?",
    )
    .aliases(&["tell"])
    .common(),
    Entry::new("reply", "TEXT", "answers the last private message", |given| {
        Some(Request::Reply { text: given.text()? })
    })
    .detail(&["Answers the last person who wrote to you in private."], "/reply At noon, yes.")
    .common(),
    Entry::new("me", "TEXT", "describes an action", |given| {
        Some(Request::Me { target: Target::Here, text: given.text()?, sent_at: None })
    })
    .detail(&["Describes what you do: your name, then the text."], "/me waves")
    .common(),
];

const ROOMS: &[Entry] = &[
    Entry::new("rooms", "", "lists the rooms", |given| given.nothing().map(|()| Request::Rooms))
        .detail(&["Shows all rooms with their topics and how many people are in them."], "/rooms")
        .aliases(&["list"])
        .common(),
    Entry::new("join", "ROOM", "joins a room", |given| {
        Some(Request::Join { room: given.name(&ROOM_SIGNS)?, history: None })
    })
    .detail(
        &[
            "Leaves your current room and joins this one. A room that does not",
            "exist yet is created.",
        ],
        "/join dev",
    )
    .common(),
    Entry::new("part", "[ROOM]", "leaves the room", |given| {
        Some(Request::Part { room: given.maybe(Arguments::room)? })
    })
    .detail(&["Leaves your current room and returns to the lobby."], "/part")
    .aliases(&["leave"])
    .common(),
    Entry::new("topic", "[TEXT]", "shows or sets the topic", |given| {
        Some(Request::Topic { room: None, topic: given.text_or_off() })
    })
    .detail(
        &["Shows or sets the topic of your room; off removes it."],
        "/topic Threads and how to join them",
    ),
    Entry::new("history", "[N] [before:DATE]", "shows earlier messages", |given| given.history())
        .detail(
            &[
                "Shows the latest messages of your room, or the latest N. If the",
                "server keeps them on disk, it also shows those before a date, such as",
                "before:2026-11-20 or before:2026-11-20T14:30.",
            ],
            "/history 50",
        )
        .common(),
    Entry::new("search", "WORDS [from:NAME] […]", "finds earlier messages", |given| {
        given.search()
    })
    .detail(
        &[
            "Finds the messages of your room that contain all these words, the",
            "newest first, if the server keeps them on disk. It ignores case and",
            "accents. from:NAME finds the messages of a person, before:DATE those",
            "before a date, such as before:2026-11-20. If you are in several rooms,",
            "in:ROOM searches one of them.",
        ],
        "/search lunch friday from:ann",
    )
    .gives_way(),
];

const PEOPLE: &[Entry] = &[
    Entry::new("who", "[ROOM]", "lists the people", |given| {
        Some(Request::Who { room: given.maybe(Arguments::room)? })
    })
    .detail(
        &[
            "Lists the people in the chat or in one room, with their rooms, if not",
            "only the lobby, and how long they have been idle.",
        ],
        "/who dev",
    )
    .aliases(&["names", "users"])
    .common(),
    Entry::new("whois", "NAME", "shows details of a person", |given| {
        Some(Request::Whois { name: given.person()? })
    })
    .detail(&["Shows a person's rooms, how long they have been here, and more."], "/whois bob"),
    Entry::new("ignore", "[NAME]", "hides a person's messages", |given| {
        Some(Request::Ignore { name: given.maybe(Arguments::person)? })
    })
    .detail(
        &[
            "Hides a person's messages from you, also private ones. The person is",
            "not told. Without a name, lists the people you ignore.",
        ],
        "/ignore bob",
    )
    .common(),
    Entry::new("unignore", "NAME", "shows them again", |given| {
        Some(Request::Unignore { name: given.person()? })
    })
    .detail(&["Undoes /ignore, for messages from now on."], "/unignore bob"),
];

const YOURSELF: &[Entry] = &[
    Entry::new("nick", "NAME", "changes your name", |given| {
        Some(Request::Nick { name: given.name(&MENTION_SIGNS)? })
    })
    .detail(&["Changes your name and tells the others."], "/nick Robert")
    .common(),
    Entry::new("away", "[WHY]", "marks you as away", |given| {
        Some(Request::Away { reason: given.text() })
    })
    .detail(&["Marks you as away and tells everybody who writes to you in private."], "/away lunch")
    .common(),
    Entry::new("back", "", "ends /away", |given| given.nothing().map(|()| Request::Back))
        .detail(&["Marks you as no longer away."], "/back"),
    Entry::new("quiet", "[on|off]", "hides joins and leaves", |given| {
        let on = given.maybe(|given| given.choice(&[("on", true), ("off", false)]))?;
        Some(Request::Quiet { on })
    })
    .detail(&["Hides or shows joins and leaves."], "/quiet on"),
    Entry::new("timestamp", "[off|time|date]", "shows the time of messages", |given| {
        let choices =
            [("off", Timestamps::Off), ("time", Timestamps::Time), ("date", Timestamps::Date)];
        Some(Request::Timestamps { show: given.maybe(|given| given.choice(&choices))? })
    })
    .detail(&["Puts the time, or the date and time, before each line."], "/timestamp time"),
    Entry::new("reclaim", "", "shows how to take your name back", |given| {
        given.nothing().map(|()| Request::Reclaim)
    })
    .detail(
        &[
            "Shows a secret word. If you lose the connection, connect again and",
            "give your name and the word as one line. You are where you were then,",
            "ignore whom you ignored, and see what was said. Your name is held for",
            "a minute. Show the word to nobody. It works once: ask for the next.",
        ],
        "/reclaim",
    )
    .gives_way(),
    Entry::new("op", "PASSWORD", "makes you an operator", |given| {
        Some(Request::Op { password: Secret(given.text()?) })
    })
    .detail(&["Makes you an operator if the operator password is right."], "/op open-sesame"),
    Entry::new("help", "[COMMAND|all]", "lists the commands", |given| {
        Some(Request::Help { about: given.maybe(Arguments::word)?.map(str::to_owned) })
    })
    .detail(&["Shows the most useful commands, all of them, or one of them."], "/help msg")
    .aliases(&["?"]),
    Entry::new("quit", "", "leaves the chat", |given| given.nothing().map(|()| Request::Quit))
        .detail(&["Leaves the chat. Ctrl-D does the same."], "/quit")
        .aliases(&["exit", "bye"])
        .in_full()
        .common(),
];

const OPERATORS: &[Entry] = &[
    Entry::new("kick", "NAME [WHY]", "disconnects a person", |given| {
        let (name, reason) = given.person_and_rest()?;
        Some(Request::Kick { name, reason: reason.text() })
    })
    .detail(
        &["Disconnects a person and tells everybody why. They may come back."],
        "/kick bob Do not shout.",
    )
    .in_full()
    .common()
    .operators_only(),
    Entry::new("ban", "NAME|ADDRESS [30m|2h|7d] [WHY]", "bans a person", |given| {
        let (target, rest) = given.person_and_rest()?;
        let (duration, reason) = rest.duration()?;
        Some(Request::Ban { target, duration, reason: reason.text() })
    })
    .detail(
        &[
            "Disconnects a person and keeps them out until the time is over or",
            "/unban lifts the ban. A name is banned with its owner's address,",
            "unless somebody else here has the same address. An IPv6 address stands",
            "for its /64 network. If the word after the name begins with a digit,",
            "it is the time.",
        ],
        "/ban bob 2h Do not shout.",
    )
    .in_full()
    .common()
    .operators_only(),
    Entry::new("unban", "NAME|ADDRESS", "lifts a ban", |given| {
        Some(Request::Unban { target: given.person()? })
    })
    .detail(&["Lifts a ban. /bans lists the bans."], "/unban bob")
    .operators_only(),
    Entry::new("bans", "", "lists the bans", |given| given.nothing().map(|()| Request::Bans))
        .detail(&["Lists the bans: who, until when, by whom, and why."], "/bans")
        .operators_only(),
    Entry::new("mute", "NAME", "mutes a person", |given| {
        Some(Request::Mute { name: given.person()? })
    })
    .detail(&["Hides a person's messages from everybody, also private ones."], "/mute bob")
    .common()
    .operators_only(),
    Entry::new("unmute", "NAME", "unmutes a person", |given| {
        Some(Request::Unmute { name: given.person()? })
    })
    .detail(&["Undoes /mute."], "/unmute bob")
    .operators_only(),
    Entry::new("motd", "[TEXT|off]", "sets the message of the day", |given| {
        Some(Request::Motd { text: given.text_or_off() })
    })
    .detail(
        &["Shows or changes the message of the day; off removes it."],
        "/motd Tonight at nine the server restarts.",
    )
    .operators_only(),
    Entry::new("threads", "", "shows the server's threads", |given| {
        given.nothing().map(|()| Request::Threads)
    })
    .detail(&["Shows each thread's activity, its queue, and the bytes it has moved."], "/threads")
    .operators_only(),
    Entry::new("shutdown", "[in 5m] [WHY] | cancel", "shuts down the chat", shutdown)
        .detail(
            &[
                "Shuts down the chat, at once or after some time, and tells everybody.",
                "Until then, /shutdown cancel cancels it. SHUTDOWN alone, in capitals,",
                "shuts down the chat at once.",
            ],
            "/shutdown in 5m The server moves to another machine.",
        )
        .in_full()
        .common()
        .operators_only(),
];

/// Without a time the chat ends at once. So a mistyped time or `cancel` is an error and not a reason.
fn shutdown(given: Arguments) -> Option<Request> {
    const CANCEL: &str = "cancel";
    let (word, rest) = given.first().unwrap_or(("", given));
    let word = word.to_ascii_lowercase();
    let is_alone = rest.nothing().is_some();
    if word == CANCEL {
        return is_alone.then_some(Request::CancelShutdown);
    }
    if is_alone && (distance(&word, CANCEL).is_some() || begins(&word, CANCEL)) {
        return None;
    }
    let (after, reason) = if word == "in" {
        let (after, reason) = rest.duration()?;
        (Some(after?), reason)
    } else {
        given.duration()?
    };
    Some(Request::Shutdown { after, reason: reason.text() })
}
