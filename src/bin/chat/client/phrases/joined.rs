//! Lines about a join, by the user or by somebody else.

use unicode_width::UnicodeWidthStr as _;

use super::super::Line;
use super::super::heard::Joined;
use super::layout::{TEXT_COLUMNS_MAX, counted, listed, notice};

/// An upper bound for the number of names in one line, however short they are.
const NAMES_MAX: usize = TEXT_COLUMNS_MAX / "a, ".len();

/// Lists the people in the room and its topic, on one line if both fit.
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

/// Lists as many of the other people as fit on one line, and counts the rest.
fn company(joined: &Joined, members: &[String]) -> String {
    let others = members.iter().filter(|&member| *member != joined.from);
    let others: Vec<&str> = others.map(String::as_str).collect();
    // The list may be truncated.
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
