//! The wording of messages that may take several lines: people, rooms, bans, threads and commands.

use std::iter;
use std::sync::Arc;

use bytesize::ByteSize;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr;

use super::layout::{TEXT_COLUMNS_MAX, columns, cut, left, line, past, wrap};
use super::sentences::{ban_added, banned, delivered, named, nobody_of, sentence, unclear_mention};
use crate::chat::{
    Ban, ChatError, CommandHelp, HelpTopic, LOBBY_NAME, Message, PersonDetails, PersonListing,
    Protocol, Queue, RoomListing, Stranger, ThreadListing, Time, command_groups, commands,
};

/// A person who has said something within this time is not shown as idle.
const IDLE_AFTER: Time = Time::from_secs(60);
/// The greatest width of `by NAME` in the list of bans.
const BY_COLUMNS_MAX: usize = 20;

/// Appends a message that is not a chat message.
pub(super) fn encode(message: &Message, zone: &TimeZone, out: &mut Vec<u8>) {
    match message {
        Message::Delivered { to, absent, everybody_in, .. } => {
            wrap(delivered(to, absent, everybody_in.as_deref()), 0, out);
        }
        Message::Error(ChatError::NobodyOf(names)) => wrap(nobody_of(names), 0, out),
        Message::Error(ChatError::UnclearMention(name)) => wrap(unclear_mention(name), 0, out),
        Message::Error(ChatError::NameTaken { wanted: name, by }) if name == by => {
            taken(message, name, out);
        }
        Message::Error(ChatError::NameHeld { name, .. }) => taken(message, name, out),
        Message::ReclaimWord { name, word } => {
            line("If you lose the connection, connect again and give this as your name:", out);
            line(&format!("{name} {}", word.written()), out);
        }
        Message::Restart { back: Some((name, word)) } => {
            line("This server restarts. Connect again and give this as your name:", out);
            line(&format!("{name} {}", word.written()), out);
        }
        Message::Ignoring(names) => ignoring(names, out),
        Message::InRoom { room, from, members, total, topic, .. } => {
            in_room(room, from, members, *total, topic.as_deref(), out);
        }
        Message::Who { room, people, total } => who(room.as_deref(), people, *total, out),
        Message::Rooms { rooms: all, total } => rooms(all, *total, out),
        Message::Whois(person) => whois(person, out),
        Message::BanAdded { ban, spared } => {
            ban_added(ban, *spared, zone).iter().for_each(|text| line(text, out));
        }
        Message::Bans { bans: all, total, now } => bans(all, *total, *now, out),
        Message::Threads { rows, total } => threads(rows, *total, out),
        Message::Motd(Some(text)) => text.lines().for_each(|text| line(text, out)),
        Message::Help { operator, topic } => help(*operator, *topic, out),
        Message::WrongProtocol(stranger) => wrong_protocol(*stranger, out),
        // Only programs can ask for it.
        Message::Glass(_) => {}
        // `sentence` matches exhaustively, so a new message does not compile until it has words.
        other => line(&sentence(other), out),
    }
}

/// An answer in the other program's protocol, where that takes one line.
fn wrong_protocol(stranger: Stranger, out: &mut Vec<u8>) {
    match stranger {
        Stranger::Http => out.extend_from_slice(
            b"HTTP/1.1 400 This is a chat server: use telnet\r\nConnection: close\r\n\r\n",
        ),
        // A server may send lines of text before its version (RFC 4253, section 4.2), and `ssh -v` shows them.
        Stranger::Ssh => line("This is a chat server, not SSH: use telnet.", out),
        // TLS has no place for a text.
        Stranger::Tls => {}
        // Somebody behind the proxy sees this.
        Stranger::Proxy => {
            line("This chat takes no PROXY header: switch it off in the proxy.", out)
        }
    }
}

/// The refusal of a name, which its owner may take back.
fn taken(refusal: &Message, name: &str, out: &mut Vec<u8>) {
    line(&sentence(refusal), out);
    line(&format!("If you are {name}, type {name} and the word that /reclaim showed."), out);
}

fn ignoring(names: &[Arc<str>], out: &mut Vec<u8>) {
    if names.is_empty() {
        return line("You ignore nobody. /ignore NAME hides the messages of a person.", out);
    }
    wrap(named("You ignore ", names, "."), 0, out);
}

/// The room that somebody is in now, and its other members. `members` may be only the first of `total`.
fn in_room(
    room: &str,
    from: &str,
    members: &[Arc<str>],
    total: usize,
    topic: Option<&str>,
    out: &mut Vec<u8>,
) {
    let others: Vec<&Arc<str>> = members.iter().filter(|&member| **member != *from).collect();
    if others.is_empty() {
        line(&format!("You are in room {room} alone."), out);
    } else {
        let beyond = total.saturating_sub(others.len() + 1);
        let mut pieces = vec![format!("You are in room {room} with")];
        pieces.extend(named("", &others, if beyond > 0 { "," } else { "." }));
        wrap(pieces, beyond, out);
    }
    if let Some(topic) = topic {
        line(&format!("Topic: {topic}"), out);
    }
}

/// The people in a room or in the whole chat. `people` may be only the first of `total`.
fn who(room: Option<&str>, people: &[PersonListing], total: usize, out: &mut Vec<u8>) {
    let opening = match room {
        Some(room) => format!("{total} in room {room}:"),
        None => format!("{total} client(s) connected:"),
    };
    let people_shown = people.iter().enumerate().map(|(at, shown)| {
        let comma = if at + 1 < total { "," } else { "" };
        format!("{}{comma}", person(shown, room.is_none()))
    });
    wrap(iter::once(opening).chain(people_shown), total.saturating_sub(people.len()), out);
}

/// A name with remarks: rooms, idle time and absence. The result fits on one line.
fn person(person: &PersonListing, with_rooms: bool) -> String {
    let mut remarks = Vec::new();
    if person.idle >= IDLE_AFTER {
        remarks.push(format!("idle {}", past(person.idle)));
    }
    if person.away {
        remarks.push("away".into());
    }
    // Everybody on telnet starts in the lobby, so the lobby alone is not worth a remark.
    let is_usual = matches!(person.rooms.as_slice(), [room] if &**room == LOBBY_NAME);
    if with_rooms && !is_usual && !person.rooms.is_empty() {
        let others: usize = remarks.iter().map(|remark| remark.width() + "; ".len()).sum();
        let taken = person.name.width() + others + " (),".len();
        remarks.insert(0, cut(&person.rooms.join(", "), TEXT_COLUMNS_MAX.saturating_sub(taken)));
    }
    if remarks.is_empty() {
        return person.name.to_string();
    }
    format!("{} ({})", person.name, remarks.join("; "))
}

fn rooms(rooms: &[RoomListing], total: usize, out: &mut Vec<u8>) {
    let rows = rooms.iter().map(|shown| {
        let people = if shown.members == 1 { "person" } else { "people" };
        [
            shown.room.to_string(),
            format!("{} {people}", shown.members),
            shown.topic.as_deref().unwrap_or_default().to_owned(),
        ]
    });
    columns(&format!("{total} room(s):"), rows, total, out);
}

fn whois(known: &PersonDetails, out: &mut Vec<u8>) {
    let person = &known.person;
    let rooms = if person.rooms.is_empty() { "none".to_owned() } else { person.rooms.join(", ") };
    let protocol = match known.protocol {
        Protocol::Plain => "plain text",
        Protocol::Json => "JSON lines",
        Protocol::Web => "JSON, in a browser",
    };
    let (here_for, idle_for) = (past(known.here_for), past(person.idle));
    let mut rows = vec![
        ["rooms", &rooms],
        ["here for", &here_for],
        ["idle for", &idle_for],
        ["speaks", protocol],
    ];
    if let Some(machine) = &person.machine {
        rows.push(["machine", machine]);
    }
    if person.away {
        rows.push(["away", known.away_why.as_deref().unwrap_or("yes")]);
    }
    if known.operator {
        rows.push(["operator", "yes"]);
    }
    let address = known.private.map(|(address, _)| address.to_string());
    if let Some(address) = &address {
        rows.push(["address", address]);
    }
    if let Some((_, true)) = known.private {
        rows.push(["muted", "yes"]);
    }
    let total = rows.len();
    let rows = rows.into_iter().map(|row| row.map(str::to_owned));
    columns(&format!("{}:", person.name), rows, total, out);
}

fn bans(bans: &[Ban], total: usize, now: Timestamp, out: &mut Vec<u8>) {
    if total == 0 {
        return line("Nobody is banned.", out);
    }
    let rows = bans.iter().map(|ban| {
        let until = match ban.until {
            // A ban that has just ended may still be in the list.
            Some(until) => {
                let time = Time::try_from(until.duration_since(now)).unwrap_or_default();
                format!("{} left", left(time))
            }
            None => "for good".into(),
        };
        // The reason matters more than a long name, so it gets the room.
        let by = cut(&format!("by {}", ban.by), BY_COLUMNS_MAX);
        [banned(ban), until, by, ban.reason.clone().unwrap_or_default()]
    });
    columns(&format!("{total} ban(s):"), rows, total, out);
}

/// A thread's role is not shown, because its name begins with it. A queue with a unit counts bytes that wait for a client;
/// one without a unit counts
/// events in the inbox, or lines for the disk.
fn threads(rows: &[ThreadListing], total: usize, out: &mut Vec<u8>) {
    let size = |bytes| ByteSize(bytes).display().iec_short().to_string();
    let head = ["name", "does", "alive", "queue", "read", "sent"].map(str::to_owned);
    let rows = rows.iter().map(|row| {
        let queue = match row.queue {
            Some(Queue::Bytes(bytes)) => size(bytes),
            Some(Queue::Events(count) | Queue::Lines(count)) => count.to_string(),
            None => String::new(),
        };
        [
            row.name.clone(),
            row.doing.to_owned(),
            past(row.alive),
            queue,
            size(row.bytes_in),
            size(row.bytes_out),
        ]
    });
    // The head counts as a row.
    columns(&format!("{total} thread(s):"), iter::once(head).chain(rows), total + 1, out);
}

fn help(operator: bool, topic: HelpTopic, out: &mut Vec<u8>) {
    let is_overview = topic == HelpTopic::Overview;
    if let HelpTopic::Command(word) = topic {
        return commands(true)
            .filter(|command| command.word == word)
            .for_each(|command| command_help(command, out));
    }
    let is_shown = |command: &&CommandHelp| command.common || !is_overview;
    let usages = commands(operator).filter(is_shown).map(|command| command.usage().width());
    let widest = usages.max().unwrap_or_default();
    if is_overview {
        line("The most useful commands (/help all shows every command):", out);
    }
    for (title, commands) in command_groups(operator) {
        if !is_overview {
            line(&format!("{title}:"), out);
        }
        for command in commands.into_iter().filter(is_shown) {
            line(&format!("  {:<widest$}  {}", command.usage(), command.about), out);
        }
    }
    line("Anything else you type is said to everybody in your room.", out);
    line("@name at the end of a line: only they get it, wherever they are.", out);
    line("//text says a line that begins with a slash. /help COMMAND tells more.", out);
}

fn command_help(command: &CommandHelp, out: &mut Vec<u8>) {
    line(&command.usage(), out);
    for text in command.detail {
        line(&format!("  {text}"), out);
    }
    line(&format!("  Example: {}", command.example), out);
    if !command.aliases.is_empty() {
        line(&format!("  The same: /{}", command.aliases.join(", /")), out);
    }
    if command.operators_only {
        line("  Only operators may use it.", out);
    }
}
