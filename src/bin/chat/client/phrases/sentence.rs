//! Notices of one sentence.

use super::super::heard::Joined;
use super::super::{Heard, times};
use super::layout::listed;
use super::lists::whom;
use super::{Viewer, is_same};

/// Returns the sentence for an object, without a prefix. Returns `None` if there is nothing to tell, or if the object
/// is a list or a message, which other modules format.
pub(super) fn sentence(heard: &Heard, viewer: Viewer) -> Option<String> {
    let is_me = |name: &str| is_same(name, viewer.me);
    Some(match heard {
        Heard::Reclaim { reclaim } => {
            format!(
                "To take your name back over telnet, answer the prompt with: {} {reclaim}",
                viewer.me
            )
        }
        Heard::Connect { from, .. } => format!("You have joined the chat as {from}."),
        Heard::LeaveRoom { room, from, reason, by, message } => {
            let removal = removal(reason.as_deref(), by.as_deref(), message.as_deref());
            if is_me(from) {
                format!("You have left {room}{removal}")
            } else {
                format!("{from} has left {room}{removal}")
            }
        }
        Heard::Ack { absent, .. } if absent.is_empty() => return None,
        Heard::Ack { message_id: Some(_), absent, .. } => {
            format!(
                "Nobody here is called {}, so the message went to the whole room.",
                absent.join(", ")
            )
        }
        Heard::Ack { absent, .. } => format!("Not here: {}.", absent.join(", ")),
        Heard::Topic { room, topic, from } => match (from, topic) {
            (Some(from), Some(topic)) => format!("{from} has set the topic of {room}: {topic}"),
            (Some(from), None) => format!("{from} has removed the topic of {room}"),
            (None, Some(topic)) => format!("The topic of {room}: {topic}"),
            (None, None) => format!("{room} has no topic. /topic TEXT sets one."),
        },
        // Either name may be the user's, since the session may have changed it before this sentence is formatted.
        Heard::Nick { from, username } if is_me(from) || is_me(username) => {
            format!("You are now known as {username}")
        }
        Heard::Nick { from, username } => format!("{from} is now known as {username}"),
        Heard::Away { message } => format!(
            "You are marked as away{}. Type /back when you are here again.",
            because(message.as_deref())
        ),
        Heard::Back {} => "You are no longer marked as away.".to_owned(),
        Heard::Ignore { username: Some(name), .. } => {
            format!("You now ignore {name}. /unignore {name} undoes this.")
        }
        Heard::Ignore { usernames, .. } if usernames.is_empty() => {
            "You ignore nobody. /ignore NAME hides the messages of a person.".to_owned()
        }
        Heard::Ignore { usernames, .. } => format!("You ignore {}.", usernames.join(", ")),
        Heard::Unignore { username } => format!("You no longer ignore {username}."),
        Heard::Quiet { on: true } => {
            "Joins and leaves are hidden. /quiet off shows them again.".to_owned()
        }
        Heard::Quiet { on: false } => "Joins and leaves are shown.".to_owned(),
        Heard::Motd { .. } => "There is no message of the day.".to_owned(),
        Heard::Op {} => {
            "You are an operator now. /help lists the commands for operators, too.".to_owned()
        }
        Heard::Kick { username } => format!("{username} was kicked."),
        Heard::Mute { username } => {
            format!("{username} is muted. /unmute {username} undoes this.")
        }
        Heard::Unmute { username } => format!("{username} is no longer muted."),
        Heard::Ban(ban) => {
            let until = match &ban.until {
                Some(until) => format!("until {}", times::moment(until, viewer)),
                None => "until /unban lifts the ban".to_owned(),
            };
            format!("{} is banned {until}{}.", whom(ban), because(ban.reason.as_deref()))
        }
        Heard::Unban(ban) => format!("{} is no longer banned.", whom(ban)),
        Heard::Pong {} => "Pong!".to_owned(),
        Heard::Notice { message, .. }
        | Heard::Bye { message, .. }
        | Heard::Shutdown { message } => message.clone(),
        Heard::JoinRoom(joined) => match &joined.members {
            Some(members) => company(joined, members),
            None => format!("{} has joined {}", joined.from, joined.room),
        },
        Heard::Chat(_)
        | Heard::Me(_)
        | Heard::Msg(_)
        | Heard::History { .. }
        | Heard::Search { .. }
        | Heard::Who { .. }
        | Heard::Rooms { .. }
        | Heard::Whois(_)
        | Heard::Help { .. }
        | Heard::Bans { .. }
        | Heard::Threads { .. }
        | Heard::Error { .. }
        | Heard::Other => return None,
    })
}

/// Names the other people in the room, and its topic.
fn company(joined: &Joined, members: &[String]) -> String {
    let Joined { room, from, .. } = joined;
    let others: Vec<String> = members.iter().filter(|member| *member != from).cloned().collect();
    // The list may be truncated.
    let total = joined.total.unwrap_or(0).max(others.len() + 1);
    let company = match total {
        1 => format!("You are alone in {room}."),
        _ => format!("You are in {room} with {} ({total} people).", listed(&others, total - 1)),
    };
    match &joined.topic {
        Some(topic) => format!("{company} Topic: {topic}"),
        None => company,
    }
}

/// The end of a sentence that names the operator who removed a person, and the reason.
fn removal(reason: Option<&str>, by: Option<&str>, message: Option<&str>) -> String {
    let Some(reason) = reason else {
        return String::new();
    };
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    format!(": {reason}{by}{}", because(message))
}

/// A reason, if there is one.
fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(" ({reason})"))
}
