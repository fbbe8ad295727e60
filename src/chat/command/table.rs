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
    /// What follows the word: capitals are placeholders, brackets enclose an optional part, `|` separates choices.
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
    Entry::new("msg", "NAME[,NAME…] TEXT", "says it to them only", |given| {
        let (to, text) = given.people()?;
        Some(Request::Private { to, text: text.text()?, sent_at: None })
    })
    .detail(
        &[
            "Says something to these people and to nobody else, in whatever room",
            "they are. The answer says who of them is not here.",
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
    Entry::new("me", "TEXT", "says what you do", |given| {
        Some(Request::Me { target: Target::Here, text: given.text()?, sent_at: None })
    })
    .detail(&["Tells your room what you do, with your name before it."], "/me waves")
    .common(),
];

const ROOMS: &[Entry] = &[
    Entry::new("rooms", "", "shows the rooms", |given| given.nothing().map(|()| Request::Rooms))
        .detail(&["Shows all rooms with their topics and how many people are in them."], "/rooms")
        .aliases(&["list"])
        .common(),
    Entry::new("join", "ROOM", "goes to a room", |given| {
        Some(Request::Join { room: given.name(&ROOM_SIGNS)?, history: None })
    })
    .detail(
        &[
            "Leaves the room you are in and goes to this one. A room that does not",
            "exist yet is made.",
        ],
        "/join dev",
    )
    .common(),
    Entry::new("part", "[ROOM]", "goes back to the lobby", |given| {
        Some(Request::Part { room: given.maybe(Arguments::room)? })
    })
    .detail(&["Leaves the room you are in and goes back to the lobby."], "/part")
    .aliases(&["leave"])
    .common(),
    Entry::new("topic", "[TEXT]", "shows or sets the topic", |given| {
        Some(Request::Topic { room: None, topic: given.text_or_off() })
    })
    .detail(
        &["Shows or sets the topic of your room; off removes it."],
        "/topic Threads and how to join them",
    ),
    Entry::new("history", "[N] [before:DATE]", "shows earlier lines", |given| given.history())
        .detail(
            &[
                "Shows the last lines of your room, or the last N of them. If the",
                "server keeps them on disk, it also shows those before a date, such as",
                "before:2026-11-20 or before:2026-11-20T14:30.",
            ],
            "/history 50",
        )
        .common(),
    Entry::new("search", "WORDS [from:NAME] […]", "finds earlier lines", |given| given.search())
        .detail(
            &[
                "Finds the lines of your room that have all these words, the newest",
                "first, if the server keeps them on disk. Capitals and accents do not",
                "count. from:NAME finds what this person said, before:DATE what was",
                "said before a date, such as before:2026-11-20. If you are in several",
                "rooms, in:ROOM searches one of them.",
            ],
            "/search lunch friday from:ann",
        )
        .gives_way(),
];

const PEOPLE: &[Entry] = &[
    Entry::new("who", "[ROOM]", "shows who is here", |given| {
        Some(Request::Who { room: given.maybe(Arguments::room)? })
    })
    .detail(
        &[
            "Shows the people in the chat, or in one room: their rooms, if not only",
            "the lobby, and how long they have said nothing.",
        ],
        "/who dev",
    )
    .aliases(&["names", "users"])
    .common(),
    Entry::new("whois", "NAME", "shows what is known of somebody", |given| {
        Some(Request::Whois { name: given.person()? })
    })
    .detail(&["Shows somebody's rooms, how long they have been here, and more."], "/whois bob"),
    Entry::new("ignore", "[NAME]", "hides what somebody says", |given| {
        Some(Request::Ignore { name: given.maybe(Arguments::person)? })
    })
    .detail(
        &[
            "Hides everything they say from you, private messages too. They are not",
            "told. Without a name it shows the people you ignore.",
        ],
        "/ignore bob",
    )
    .common(),
    Entry::new("unignore", "NAME", "shows it to you again", |given| {
        Some(Request::Unignore { name: given.person()? })
    })
    .detail(&["Takes /ignore back, for everything they say from now on."], "/unignore bob"),
];

const YOURSELF: &[Entry] = &[
    Entry::new("nick", "NAME", "changes your name", |given| {
        Some(Request::Nick { name: given.name(&MENTION_SIGNS)? })
    })
    .detail(&["Changes your name and tells the others."], "/nick Robert")
    .common(),
    Entry::new("away", "[WHY]", "says that you are away", |given| {
        Some(Request::Away { reason: given.text() })
    })
    .detail(&["Marks you as away and tells everybody who writes to you in private."], "/away lunch")
    .common(),
    Entry::new("back", "", "says that you are here again", |given| {
        given.nothing().map(|()| Request::Back)
    })
    .detail(&["Takes /away back."], "/back"),
    Entry::new("quiet", "[on|off]", "hides who comes and goes", |given| {
        let on = given.maybe(|given| given.choice(&[("on", true), ("off", false)]))?;
        Some(Request::Quiet { on })
    })
    .detail(&["Hides or shows the lines about people who come and go."], "/quiet on"),
    Entry::new("timestamp", "[off|time|date]", "shows when something is said", |given| {
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
    Entry::new("help", "[COMMAND|all]", "shows the commands, or one", |given| {
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
    Entry::new("kick", "NAME [WHY]", "throws somebody out", |given| {
        let (name, reason) = given.person_and_rest()?;
        Some(Request::Kick { name, reason: reason.text() })
    })
    .detail(
        &["Disconnects them and tells everybody why. They may come back."],
        "/kick bob Do not shout.",
    )
    .in_full()
    .common()
    .operators_only(),
    Entry::new("ban", "NAME|ADDRESS [30m|2h|7d] [WHY]", "keeps somebody out", |given| {
        let (target, rest) = given.person_and_rest()?;
        let (duration, reason) = rest.duration()?;
        Some(Request::Ban { target, duration, reason: reason.text() })
    })
    .detail(
        &[
            "Disconnects them and keeps them out until the time is over or /unban",
            "takes the ban back. A name is banned with the address of its owner, if",
            "nobody else here has that address. An IPv6 address stands for its /64",
            "network. What begins with a digit behind the name must be a time.",
        ],
        "/ban bob 2h Do not shout.",
    )
    .in_full()
    .common()
    .operators_only(),
    Entry::new("unban", "NAME|ADDRESS", "lets them in again", |given| {
        Some(Request::Unban { target: given.person()? })
    })
    .detail(&["Takes a ban back. /bans shows the bans."], "/unban bob")
    .operators_only(),
    Entry::new("bans", "", "shows who is banned", |given| given.nothing().map(|()| Request::Bans))
        .detail(&["Shows who is banned, for how long, by whom and why."], "/bans")
        .operators_only(),
    Entry::new("mute", "NAME", "silences somebody", |given| {
        Some(Request::Mute { name: given.person()? })
    })
    .detail(&["Hides everything they say from everybody, private messages too."], "/mute bob")
    .common()
    .operators_only(),
    Entry::new("unmute", "NAME", "lets them be heard again", |given| {
        Some(Request::Unmute { name: given.person()? })
    })
    .detail(&["Takes /mute back."], "/unmute bob")
    .operators_only(),
    Entry::new("motd", "[TEXT|off]", "changes the message of the day", |given| {
        Some(Request::Motd { text: given.text_or_off() })
    })
    .detail(
        &["Shows or changes the message of the day; off removes it."],
        "/motd Tonight at nine the server restarts.",
    )
    .operators_only(),
    Entry::new("threads", "", "shows what each thread does", |given| {
        given.nothing().map(|()| Request::Threads)
    })
    .detail(&["Shows each thread's activity, its queue, and the bytes it has moved."], "/threads")
    .operators_only(),
    Entry::new("shutdown", "[in 5m] [WHY] | cancel", "ends the chat for everybody", shutdown)
        .detail(
            &[
                "Ends the chat for everybody, at once or after some time, and tells",
                "them. /shutdown cancel takes it back in time. SHUTDOWN alone, in",
                "capitals, ends the chat at once.",
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
