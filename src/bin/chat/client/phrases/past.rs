//! A part of a room's history, with its gaps where they are.

use super::super::heard::Gap;
use super::super::{Heard, Line, Viewer};
use super::{layout, said, speech};

/// The lines for these messages of a room, and for the gaps among and beside them.
pub(super) fn lines(room: &str, messages: &[Heard], gaps: &[Gap], viewer: Viewer) -> Vec<Line> {
    let notice = |gap: &Gap| layout::notice(&missing(room, gap, 0));
    let (mut gaps, mut lines) = (gaps.iter().peekable(), Vec::new());
    for (manner, said) in messages.iter().filter_map(speech) {
        let id = said.message_id.unwrap_or(0);
        while let Some(gap) = gaps.next_if(|gap| gap.first < id) {
            lines.push(notice(gap));
        }
        lines.push(said::line(manner, said, viewer));
    }
    lines.extend(gaps.map(notice));
    lines
}

/// A gap in the messages of a room, of which the user has seen those up to `seen`.
pub fn missing(room: &str, gap: &Gap, seen: u64) -> String {
    match &*gap.cause {
        // The ids that a crash of the server has skipped were hardly messages.
        "crash" => {
            format!(
                "The server ended before it had written all: messages in {room} may be missing."
            )
        }
        "damage" => format!("The history was damaged: older messages in {room} are missing."),
        "absent" => format!("A machine was away: messages in {room} may be missing."),
        _ => match gap.last.saturating_sub(seen.max(gap.first.saturating_sub(1))) {
            1 => format!("1 message in {room} is missing: there was no room to keep it."),
            count => {
                format!("{count} messages in {room} are missing: there was no room to keep them.")
            }
        },
    }
}
