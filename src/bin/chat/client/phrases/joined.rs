//! The room that one is in now, or that somebody else has come to.

use unicode_width::UnicodeWidthStr as _;

use super::super::Line;
use super::super::heard::Joined;
use super::layout::{TEXT_COLUMNS_MAX, counted, listed, notice};

/// More names than fit into one line, however short they are.
const NAMES_MAX: usize = TEXT_COLUMNS_MAX / "a, ".len();

/// Who is in the room, in one line, and what the room is about, in the same one if there is space.
pub(super) fn lines(joined: &Joined) -> Vec<Line> {
    let Some(members) = &joined.members else {
        return notice(&format!("{} has joined {}", joined.from, joined.room));
    };
    let company = company(joined, members);
    let Some(topic) = &joined.topic else {
        return notice(&company);
    };
    let topic = format!("Topic: {topic}");
    if company.width() + 1 + topic.width() <= TEXT_COLUMNS_MAX {
        return notice(&format!("{company} {topic}"));
    }
    [notice(&company), notice(&topic)].concat()
}

/// As many of the others as one line holds, and how many more there are.
fn company(joined: &Joined, members: &[String]) -> String {
    let others = members.iter().filter(|&member| *member != joined.from);
    let others: Vec<&str> = others.map(String::as_str).collect();
    // A list may be only the beginning.
    let total = joined.total.unwrap_or(0).max(others.len() + 1);
    if total == 1 {
        return format!("You are in {} alone.", joined.room);
    }
    let naming = |count: usize| {
        let mut names: Vec<String> = others[..count].iter().map(|&name| name.to_owned()).collect();
        match total - 1 - count {
            0 => {}
            beyond => names.push(counted(beyond, "other", "others")),
        }
        format!("You are in {} with {} ({total} people).", joined.room, listed(&names))
    };
    let fewer_and_fewer = (1..=others.len().min(NAMES_MAX)).rev().map(naming);
    let mut fitting = fewer_and_fewer.filter(|text| text.width() <= TEXT_COLUMNS_MAX);
    fitting.next().unwrap_or_else(|| naming(0))
}
