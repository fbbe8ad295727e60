//! The wording of messages that are one sentence. The JSON protocol sends these sentences too, for people to read.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::layout::{day_and_clock, left, quoted, seconds_left};
use super::line::{ENDLESS_BYTES_MAX, JSON_LINE_BYTES_MAX, LINE_BYTES_MAX};
use crate::chat::{
    Ban, ChatError, LinkNews, Message, Network, Protocol, Removal, Timestamps, commands,
};
use crate::config::limits::{LOOKUPS_PER_CLIENT_MAX, NAMED_MAX};

/// A message as one sentence, without a prefix and without a line end. Empty if the message is a list or something
/// that a person said.
pub(in crate::protocol) fn sentence(message: &Message) -> String {
    match message {
        Message::Error(error) => error_sentence(error),
        Message::InputUsername => "Input username.".into(),
        Message::YourNameIs(name) => format!("Your username is {name}."),
        Message::Congratulations => {
            "Congratulations! You've successfully joined the chat server.".into()
        }
        Message::Connected { name, .. } => format!("You have joined the chat as {name}."),
        Message::WelcomeBack { name, rooms } => {
            let room = rooms.first().map_or("", |room| room);
            format!("You are {name} again, in room {room}.")
        }
        Message::TakenBack => "You took your name back with another connection. Bye!".into(),
        Message::YourId(id) => format!("Your id is: '{id}'."),
        Message::ClientCount(count) => {
            format!("There are {count} client(s) connected to this server.")
        }
        Message::TelnetHint => {
            "In telnet, some letters open its own prompt, unless you start telnet -E.".into()
        }
        Message::TooManyNames => "Too many attempts. Connect again with another name.".into(),
        Message::LoginTimedOut => "You entered no username in time. Connect again to retry.".into(),
        Message::Arrived(name) => format!("A new client has connected to the chat: id = {name}"),
        Message::Left { name, removed } => {
            format!("{name} has left the chat{}", removal(removed.as_ref()))
        }
        Message::MembershipChanged { room, arrived, left, present } => match room {
            None => {
                format!(
                    "{} connected and {left} {} left; {present} are here.",
                    clients_have(*arrived),
                    have(*left)
                )
            }
            Some(room) => format!(
                "{} joined room {room} and {left} {} left; {present} are in it.",
                clients_have(*arrived),
                have(*left)
            ),
        },
        Message::Delivered { to, absent, everybody_in, .. } => {
            delivered(to, absent, everybody_in.as_deref()).join(" ")
        }
        Message::CameToRoom { room, from } => format!("{from} has joined room {room}"),
        Message::WentFromRoom { room, from, removed } => {
            format!("{from} has left room {room}{}", removal(removed.as_ref()))
        }
        Message::Topic { room, topic, by } => match (by, topic) {
            (Some(by), Some(topic)) => format!("{by} has set the topic of {room}: {topic}"),
            (Some(by), None) => format!("{by} has removed the topic of {room}"),
            (None, Some(topic)) => format!("The topic of {room}: {topic}"),
            (None, None) => format!("{room} has no topic. /topic TEXT sets one."),
        },
        Message::Renamed { from, to } => format!("{from} is now known as {to}"),
        Message::NowAway { reason, .. } => {
            format!(
                "You are marked as away{}. Type /back when you are here again.",
                because(reason.as_deref())
            )
        }
        Message::NowBack { .. } => "You are no longer marked as away.".into(),
        Message::IsAway { name, reason } => {
            format!("{name} is away{}.", because(reason.as_deref()))
        }
        Message::Ignored(name) => {
            format!("You now ignore {name}. /unignore {name} undoes this.")
        }
        Message::Unignored(name) => format!("You no longer ignore {name}."),
        Message::Quiet { on: true } => {
            "Joins and leaves are hidden. /quiet off shows them again.".into()
        }
        Message::Quiet { on: false } => "Joins and leaves are shown.".into(),
        Message::TimestampsAre(Timestamps::Off) => {
            "Lines are shown without their time. /timestamp time shows it.".into()
        }
        Message::TimestampsAre(Timestamps::Time) => {
            "Lines are shown with their time. /timestamp off hides it.".into()
        }
        Message::TimestampsAre(Timestamps::Date) => {
            "Lines are shown with their date and time. /timestamp off hides them.".into()
        }
        Message::Pong => "Pong!".into(),
        Message::OperatorNow => {
            "You are an operator now. /help lists the commands for operators, too.".into()
        }
        Message::Kicked { by, reason } => {
            let reason = because(reason.as_deref());
            format!("You were kicked by {by}{reason}. You may connect again.")
        }
        Message::Banned { reason, remaining } => {
            let reason = because(reason.as_deref());
            match remaining {
                Some(time) => format!(
                    "You are banned for another {}{reason}. Come back after that.",
                    left(*time)
                ),
                None => format!("You are banned{reason}. Only an operator can lift the ban."),
            }
        }
        Message::Removed(name) => format!("{name} was kicked."),
        Message::BanTakenBack(ban) => format!("{} is no longer banned.", banned(ban)),
        Message::Link(news) => link(news),
        Message::BansNotSaved { reason } => format!(
            "The bans cannot be saved: {reason}. A restart would lose the latest changes. Fix this, and repeat them."
        ),
        Message::Muted { name, on: true } => {
            format!("{name} is muted. /unmute {name} undoes this.")
        }
        Message::Muted { name, on: false } => format!("{name} is no longer muted."),
        Message::Motd(None) => "There is no message of the day.".into(),
        Message::ShutdownPlanned { left: time, reason, by } => {
            let reason = because(reason.as_deref());
            if time.is_zero() {
                format!("{by} shuts down the chat{reason}.")
            } else {
                format!("{by} will shut down the chat in {}{reason}.", left(*time))
            }
        }
        Message::ShutdownCancelled { by } => {
            format!("{by} has cancelled the shutdown.")
        }
        Message::IdleSoon { left } => {
            format!(
                "You will be disconnected in {} s unless you type something.",
                seconds_left(*left)
            )
        }
        Message::IdleBye | Message::Bye => "Bye!".into(),
        Message::HeldBack { lines: 0, .. } => {
            "Not so fast: the rest is read more slowly. Nothing is lost.".into()
        }
        // Lines that are still in the socket are not counted.
        Message::HeldBack { lines, wait } => format!(
            "Not so fast: at least {lines} line(s) held back, the last for {} s or more. Nothing is lost.",
            seconds_left(*wait)
        ),
        Message::EndlessLine => {
            format!("That line is too long: {ENDLESS_BYTES_MAX} bytes without an end. Goodbye.")
        }
        Message::ServerFull => "The chat server is full. Try again later.".into(),
        Message::TooManyFromAddress { max } => {
            format!(
                "Your address has {}, which is the maximum. Close one first.",
                connections(*max)
            )
        }
        Message::TooFastFromAddress { max } => {
            format!("Your address opened {} within a minute. Wait for a minute.", connections(*max))
        }
        Message::NoThread => {
            "The chat server cannot take another client now. Try again later.".into()
        }
        Message::RestartSoon { within } => format!(
            "This server restarts: it disconnects you within {}. Connect again then.",
            left(*within)
        ),
        Message::Restart { .. } => "This server restarts. Connect again.".into(),
        Message::TooSlow => {
            "You were disconnected because your client did not read fast enough. Connect again."
                .into()
        }
        Message::ShutDown => "The chat has been shut down".into(),
        Message::Chat(_)
        | Message::Typed { .. }
        | Message::History { .. }
        | Message::Found { .. }
        | Message::InRoom { .. }
        | Message::ReclaimWord { .. }
        | Message::Rooms { .. }
        | Message::Ignoring(_)
        | Message::Whois(_)
        | Message::Help { .. }
        | Message::Who { .. }
        | Message::BanAdded { .. }
        | Message::Bans { .. }
        | Message::Motd(Some(_))
        | Message::Threads { .. }
        | Message::Glass(_)
        | Message::WrongProtocol(_)
        | Message::Closed(_) => String::new(),
    }
}

/// The sentence for an error. JSON clients get it beside the error's code. The terminal client uses it too, for errors that
/// it detects before it sends a request.
pub fn error_sentence(error: &ChatError) -> String {
    match error {
        ChatError::Name(error) => format!("Invalid username: {error}"),
        ChatError::NameTaken { wanted, by } if wanted == by => {
            format!("{by} is taken. Choose another name.")
        }
        ChatError::NameTaken { wanted, by } => {
            format!("{wanted} is taken: it looks like {by}, who is here. Choose another name.")
        }
        ChatError::NameHeld { name, left } => format!(
            "{name} has lost the connection: the name is held for {} s. Choose another.",
            seconds_left(*left)
        ),
        ChatError::WrongReclaimWord { tries_left: 0 } => {
            "That word does not belong to this name, and that was the last attempt.".into()
        }
        ChatError::WrongReclaimWord { tries_left } => {
            let tries = if *tries_left == 1 { "try" } else { "tries" };
            format!("That word does not belong to this name. You have {tries_left} more {tries}.")
        }
        ChatError::ReclaimWordSaid => {
            "Not said: nobody else may see that word. Connect again, and type it.".into()
        }
        ChatError::NoReclaimTriesLeft => {
            "Too many wrong words. Choose another name, or try again in an hour.".into()
        }
        ChatError::NoHistory => {
            "This server has no history on disk. /history shows the latest messages.".into()
        }
        ChatError::NothingToSearch => {
            "Give a word to search for, or from:NAME. Signs alone are no words.".into()
        }
        ChatError::WrongDate => {
            "That is no date. Write before:2026-11-20 or before:2026-11-20T14:30.".into()
        }
        ChatError::FilterTwice(filter) => format!("Give {filter}: only once."),
        ChatError::TooManySearches => {
            format!(
                "You have {LOOKUPS_PER_CLIENT_MAX} searches under way. Wait for the first of them."
            )
        }
        ChatError::SearchesBusy => "Too many searches are under way. Try again in a moment.".into(),
        ChatError::HistoryBehind => {
            "The last lines cannot be looked up yet. Try again in a moment.".into()
        }
        ChatError::SearchTooSlow => {
            "That search takes too long. Add a word, from:NAME or before:DATE.".into()
        }
        ChatError::HistoryFailed => {
            "The history cannot be read. The log of the server says why.".into()
        }
        ChatError::NotIgnored(name) => {
            format!("You do not ignore {}. /ignore lists the people you ignore.", quoted(name))
        }
        ChatError::UnknownCommand { word, near } => {
            let word = quoted(word);
            match near {
                Some(near) => format!("There is no command /{word}. Did you mean /{near}?"),
                None => format!("There is no command /{word}. Try /help."),
            }
        }
        ChatError::Misused(word) => {
            let usage = commands(true).find(|command| command.word == *word).map(|it| it.usage());
            format!("Type it like this: {} (see /help {word})", usage.unwrap_or_default())
        }
        ChatError::AmbiguousCommand { word, candidates } => {
            format!("/{} could be /{}. Type a little more.", quoted(word), candidates.join(" or /"))
        }
        ChatError::TypeInFull(word) => format!("Type /{word} in full to do that."),
        ChatError::NameFirst => "Choose a username first.".into(),
        ChatError::AlreadyConnected => {
            "You have joined already. /nick NAME changes your name.".into()
        }
        ChatError::Request(reason) => reason.to_string(),
        ChatError::NoSuchPerson(name) => {
            format!("Nobody here is called {}. /who shows who is here.", quoted(name))
        }
        ChatError::TooManyRecipients => {
            format!("That names too many people: at most {NAMED_MAX} in one message.")
        }
        ChatError::UnclearMention(name) => unclear_mention(name).join(" "),
        ChatError::NobodyOf(names) => nobody_of(names).join(" "),
        ChatError::NoSuchRoom(room) => {
            format!("There is no room {}. /rooms shows the rooms.", quoted(room))
        }
        ChatError::NotInRoom(room) => {
            let room = quoted(room);
            format!("You are not in room {room}. /join {room} goes there.")
        }
        ChatError::RoomName(error) => format!("Invalid room name: {error}"),
        ChatError::TooManyRooms => "You cannot be in more rooms. Leave one of them first.".into(),
        ChatError::NoMoreRooms => {
            "No more rooms can be opened. /rooms shows those that exist.".into()
        }
        ChatError::TopicIsOperators(room) => {
            format!("Only an operator may change the topic of {room}.")
        }
        ChatError::TextTooLong { bytes_max } => {
            format!("That text is too long: at most {bytes_max} bytes. Make it shorter.")
        }
        ChatError::NobodyToReplyTo => {
            "Nobody has written to you in private. /msg NAME TEXT does that.".into()
        }
        ChatError::NotYourself => "You cannot do that to yourself.".into(),
        ChatError::YouAreMuted => "An operator has muted you, so nobody sees your messages.".into(),
        ChatError::GlassIsOperators => {
            "Only operators may look at the threads. /op PASSWORD makes you one.".into()
        }
        ChatError::NoGlass => {
            "Nobody may look at the threads here. --glass operators changes that.".into()
        }
        ChatError::NotOperator => "Only an operator of this chat may do that. See /help.".into(),
        ChatError::NoOperatorPassword => "This chat has no operator password.".into(),
        ChatError::WrongOperatorPassword { tries_left: 0 } => {
            "That is not the operator password, and that was the last attempt.".into()
        }
        ChatError::WrongOperatorPassword { tries_left } => {
            let tries = if *tries_left == 1 { "try" } else { "tries" };
            format!("That is not the operator password. You have {tries_left} more {tries}.")
        }
        ChatError::NoPasswordTriesLeft => {
            "Too many wrong passwords. Connect again to retry.".into()
        }
        ChatError::TooManyPasswordAttempts => {
            "Too many wrong passwords came from your address. Try again in an hour.".into()
        }
        ChatError::NoSuchBan(target) => {
            let target = quoted(target);
            format!("There is no ban of {target}. /bans shows the bans.")
        }
        ChatError::NoSuchAddress(typed) => {
            format!(
                "{} is not an address. Try one such as 192.0.2.7 or 2001:db8::1.",
                quoted(typed)
            )
        }
        ChatError::LoopbackBan => "The server's own machine cannot be banned.".into(),
        ChatError::TooManyBans => "The list of bans is full. /unban removes one.".into(),
        ChatError::TooManyMuted => "Too many names are muted. /unmute frees a place.".into(),
        ChatError::NoShutdownPlanned => {
            "No shutdown is planned. /shutdown in 5m would plan one.".into()
        }
        ChatError::LineTooLong(protocol) => {
            let bytes_max = match protocol {
                Protocol::Plain => LINE_BYTES_MAX,
                Protocol::Json | Protocol::Web => JSON_LINE_BYTES_MAX,
            };
            format!("That line was too long and was not said: at most {bytes_max} bytes.")
        }
        ChatError::NameBanned(name) => format!("{name} is banned. Choose another name."),
        ChatError::NoNamesHere => {
            "This chat has no names: people are known by their addresses.".into()
        }
        ChatError::TooManyIgnored => {
            "You cannot ignore more people. /unignore NAME removes one.".into()
        }
    }
}

/// The answer to a sender, in pieces: who gets the message and who is not here. There are no pieces if nobody was named.
pub(super) fn delivered(
    to: &[Arc<str>],
    absent: &[String],
    everybody_in: Option<&str>,
) -> Vec<String> {
    let absent: Vec<&str> = absent.iter().map(|name| quoted(name)).collect();
    if let Some(room) = everybody_in {
        let mut pieces = named("Nobody here is called ", &absent, ":");
        pieces.push(format!("said to everybody in {room}."));
        return pieces;
    }
    let mut pieces = named("Delivered to ", to, ".");
    pieces.extend(named("Not here: ", &absent, "."));
    pieces
}

pub(super) fn nobody_of(names: &[String]) -> Vec<String> {
    let names: Vec<&str> = names.iter().map(|name| quoted(name)).collect();
    let mut pieces = named("Nobody here is called ", &names, ".");
    pieces.push("/who shows who is here.".into());
    pieces
}

/// The question to somebody who may have meant a mention, in pieces.
pub(super) fn unclear_mention(name: &str) -> Vec<String> {
    let question =
        format!("Not said. For {name}? Write @{name} as a word. For all? Add a word after it.");
    question.split(' ').map(str::to_owned).collect()
}

/// Names separated by commas, as pieces of a sentence. `opening` goes before the first name, `end` after the last.
pub(super) fn named(opening: &str, names: &[impl AsRef<str>], end: &str) -> Vec<String> {
    let last = names.len().saturating_sub(1);
    let pieces = names.iter().enumerate().map(|(at, name)| {
        let opening = if at == 0 { opening } else { "" };
        let end = if at == last { end } else { "," };
        format!("{opening}{}{end}", name.as_ref())
    });
    pieces.collect()
}

/// The answer to the operator who has banned somebody, line by line.
pub(super) fn ban_added(
    ban: &Ban,
    spared: Option<(Network, usize)>,
    zone: &TimeZone,
) -> Vec<String> {
    let until = match ban.until {
        Some(until) => format!("until {}", day_and_clock(zone.to_datetime(until))),
        None => "until /unban lifts the ban".into(),
    };
    let answer = format!("{} is banned {until}{}.", banned(ban), because(ban.reason.as_deref()));
    let spared = spared.map(|(network, others)| {
        let share = if others == 1 { "other shares" } else { "others share" };
        format!("{others} {share} this address: /ban {network} bans all.")
    });
    [answer].into_iter().chain(spared).collect()
}

fn connections(count: usize) -> String {
    format!("{count} connection{}", if count == 1 { "" } else { "s" })
}

/// The banned name and network.
pub(super) fn banned(ban: &Ban) -> String {
    match (&ban.name, ban.network) {
        (Some(name), Some(network)) => format!("{name} ({network})"),
        (Some(name), None) => name.to_string(),
        (None, network) => network.map(|network| network.to_string()).unwrap_or_default(),
    }
}

/// The end of the line that says that somebody has left: which operator removed them, and why.
fn removal(removed: Option<&Removal>) -> String {
    removed.map_or_else(String::new, |Removal { banned, by, reason }| {
        let done = if *banned { "banned" } else { "kicked" };
        format!(": {done} by {by}{}", because(reason.as_deref()))
    })
}

/// A reason in parentheses, if there is one.
fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(" ({reason})"))
}

fn link(news: &LinkNews) -> String {
    match news {
        LinkNews::Waiting => {
            "The chat is waiting for its other machines. What you type waits, too.".into()
        }
        LinkNews::GoesOn => "The chat goes on.".into(),
        LinkNews::PlaceLost => {
            "This machine was cut off, and you have left the chat. Join it again.".into()
        }
        LinkNews::NotSaid(text) => format!("Nobody received this, say it again: {text}"),
        LinkNews::Skipped => {
            "This machine was too slow, and some lines were skipped. See /history.".into()
        }
        LinkNews::Rewound => {
            "The chat has lost its last moments. /history shows what is left.".into()
        }
    }
}

fn have(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

fn clients_have(count: usize) -> String {
    let clients = if count == 1 { "client" } else { "clients" };
    format!("{count} {clients} {}", have(count))
}
