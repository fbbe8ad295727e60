//! Answers in columns: people, rooms, bans, threads, commands.

use std::iter;
use std::time::Duration;

use bytesize::ByteSize;
use chatserv::chat::commands;
use chatserv::protocol::plain::layout::past;

use super::super::heard::{Ban, Client, CommandShown, RoomShown, ThreadShown, Whois};
use super::super::wire::OWN_COMMANDS;
use super::super::{Line, times};
use super::Viewer;
use super::layout::{counted, names_in_columns, notice, table};

/// A person who has spoken within this time does not count as idle.
const IDLE_SECONDS_MIN: u64 = 60;

/// The maximum number of people that are listed with details, one on each line, so that the list fits on a screen.
const DETAILED_MAX: usize = 20;

/// Help for the client's keys.
const KEYS: [[&str; 2]; 5] = [
    ["Tab", "completes a word, or goes to the next room"],
    ["Alt-A", "goes to the next room with new messages"],
    ["PageUp", "shows older messages of the room"],
    ["Ctrl-R", "searches the lines that you typed"],
    ["Ctrl-D", "leaves the chat"],
];

/// Lists the people in the chat, or in one room, on a screen of this width.
pub(super) fn who(
    room: Option<&str>,
    clients: &[Client],
    total: usize,
    columns: usize,
) -> Vec<Line> {
    let place = room.map_or_else(|| "here".to_owned(), |room| format!("in {room}"));
    if total == 0 {
        return vec![notice(&format!("Nobody is {place}."))];
    }
    let people = if total == 1 { "person is" } else { "people are" };
    let title = format!("{total} {people} {place}:");
    if clients.len() > DETAILED_MAX {
        let names: Vec<_> = clients.iter().map(|client| client.username.clone()).collect();
        return names_in_columns(&title, &names, total, columns);
    }
    let rows: Vec<_> = clients
        .iter()
        .map(|client| {
            let mut remarks = Vec::new();
            if client.idle_seconds >= IDLE_SECONDS_MIN {
                remarks.push(format!("idle {}", time(client.idle_seconds)));
            }
            if client.away {
                remarks.push("away".to_owned());
            }
            // The list of one room does not repeat the room.
            let rooms = match room {
                Some(_) => String::new(),
                None => client.rooms.join(", "),
            };
            [client.username.clone(), remarks.join(", "), rooms]
        })
        .collect();
    table(&title, &rows, total)
}

/// Lists the rooms.
pub(super) fn rooms(rooms: &[RoomShown], total: usize) -> Vec<Line> {
    if total == 0 {
        return vec![notice("There are no rooms.")];
    }
    let rows: Vec<_> = rooms
        .iter()
        .map(|shown| {
            let people = counted(shown.members, "person", "people");
            let topic = shown.topic.clone().unwrap_or_default();
            [shown.room.clone(), people, topic]
        })
        .collect();
    table(&format!("{}:", counted(total, "room", "rooms")), &rows, total)
}

/// Shows details of a person.
pub(super) fn whois(known: &Whois) -> Vec<Line> {
    let client = &known.client;
    let mut facts = vec![
        (
            "rooms",
            match client.rooms.as_slice() {
                [] => "none".to_owned(),
                rooms => rooms.join(", "),
            },
        ),
        ("here for", time(known.connected_seconds)),
        ("idle for", time(client.idle_seconds)),
    ];
    match known.protocol.as_deref() {
        None => {}
        Some("plain") => facts.push(("speaks", "plain text".to_owned())),
        Some("json") => facts.push(("speaks", "JSON lines".to_owned())),
        Some("web") => facts.push(("speaks", "JSON, in a browser".to_owned())),
        Some(other) => facts.push(("speaks", other.to_owned())),
    }
    if client.away {
        let reason = known.away_message.as_deref().unwrap_or("yes");
        facts.push(("away", reason.to_owned()));
    }
    if known.operator {
        facts.push(("operator", "yes".to_owned()));
    }
    if let Some(address) = &known.address {
        facts.push(("address", address.clone()));
    }
    if known.muted {
        facts.push(("muted", "yes".to_owned()));
    }

    let rows: Vec<_> = facts.into_iter().map(|(label, fact)| [label.to_owned(), fact]).collect();
    table(&format!("{}:", client.username), &rows, rows.len())
}

/// Lists the commands of the server and the client, or describes the one that the user asked about.
pub(super) fn help(shown: &[CommandShown]) -> Vec<Line> {
    if let [command] = shown {
        return vec![notice(&format!("{}: {}.", usage(command), command.description))];
    }
    let servers = shown.iter().map(|command| [usage(command), command.description.clone()]);
    let own = OWN_COMMANDS
        .iter()
        .map(|own| [format!("/{} {}", own.word, own.arguments), own.about.to_owned()]);
    let keys = KEYS.map(|row| row.map(str::to_owned));
    let mut rows: Vec<_> = servers.collect();
    // The operators' commands come last.
    let is_for_all = |shown: &CommandShown| commands(false).any(|help| help.word == shown.command);
    let at = shown.iter().take_while(|shown| is_for_all(shown)).count();
    rows.splice(at..at, own.chain(keys));
    table("Commands:", &rows, rows.len())
}

/// Lists the bans.
pub(super) fn bans(bans: &[Ban], total: usize, viewer: Viewer) -> Vec<Line> {
    if total == 0 {
        return vec![notice("Nobody is banned.")];
    }
    let rows: Vec<_> = bans
        .iter()
        .map(|ban| {
            let until = match &ban.until {
                Some(until) => format!("until {}", times::moment(until, viewer)),
                None => "for good".to_owned(),
            };
            let by = format!("by {}", ban.by);
            let reason = ban.reason.clone().unwrap_or_default();
            [whom(ban), until, by, reason]
        })
        .collect();
    table(&format!("{}:", counted(total, "ban", "bans")), &rows, total)
}

/// Describes the target of a ban.
pub(super) fn whom(ban: &Ban) -> String {
    let both = [ban.username.as_deref(), ban.address.as_deref()];
    both.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Lists the threads of the server. The name of a thread begins with its role.
pub(super) fn threads(threads: &[ThreadShown], total: usize) -> Vec<Line> {
    let size = |bytes| ByteSize(bytes).display().iec_short().to_string();
    let head = ["name", "does", "alive", "queue", "read", "sent"].map(str::to_owned);
    let rows = threads.iter().map(|thread| {
        let bytes = thread.queued_bytes.map(size);
        let events = thread.queued_events.map(|events| events.to_string());
        [
            thread.name.clone(),
            thread.doing.clone(),
            time(thread.alive_seconds),
            bytes.or(events).unwrap_or_default(),
            size(thread.bytes_in),
            size(thread.bytes_out),
        ]
    });
    let rows: Vec<_> = iter::once(head).chain(rows).collect();
    let title = format!("{}:", counted(total, "thread", "threads"));
    // The header is a row of the table, too.
    table(&title, &rows, total + 1)
}

/// The syntax of a command.
fn usage(command: &CommandShown) -> String {
    format!("/{} {}", command.command, command.arguments).trim_end().to_owned()
}

fn time(seconds: u64) -> String {
    past(Duration::from_secs(seconds))
}
