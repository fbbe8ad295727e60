//! What was said in a room, in a ring: the newest lines push the oldest out.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{ChatMessage, ClientId, Range};
use crate::config::limits::{HISTORY_ANSWER_BYTES_MAX, HISTORY_LINES_MAX, HISTORY_ROOM_BYTES_MAX};

/// What a line takes in memory besides its text and its sender's name, in bytes.
const OVERHEAD_BYTES: usize = size_of::<ChatMessage>() + 2 * size_of::<usize>();

/// One line of the past.
#[derive(Debug)]
struct Line {
    id: u64,
    /// Who said it: their name may be somebody else's by now.
    speaker: ClientId,
    said: Arc<ChatMessage>,
}

/// The past of one room.
#[derive(Debug, Default)]
pub(super) struct History {
    lines: VecDeque<Line>,
    bytes: usize,
    last_id: u64,
}

/// A part of a room's past.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Oldest first.
    pub(super) said: Vec<Arc<ChatMessage>>,
    /// There is more of what was asked for.
    pub(super) more: bool,
}

impl History {
    /// The id of the last message that there was; 0 before the first.
    pub(super) fn last_id(&self) -> u64 {
        self.last_id
    }

    /// What it takes in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps one more line, which has the next id.
    pub(super) fn push(&mut self, speaker: ClientId, said: Arc<ChatMessage>) {
        self.last_id += 1;
        self.bytes += bytes_of(&said);
        let id = self.last_id;
        self.lines.push_back(Line { id, speaker, said });
        while self.lines.len() > HISTORY_LINES_MAX || self.bytes > HISTORY_ROOM_BYTES_MAX {
            self.drop_oldest();
        }
    }

    /// Forgets the oldest line, if there is one.
    pub(super) fn drop_oldest(&mut self) {
        if let Some(line) = self.lines.pop_front() {
            self.bytes -= bytes_of(&line.said);
        }
    }

    /// At most `limit` lines of a part, without those that are `hidden`. What would make too large an answer is left out
    /// here, where it is known at which end, so that whoever asks for more later misses nothing.
    pub(super) fn part(
        &self,
        range: Range,
        limit: usize,
        hidden: impl Fn(ClientId, &ChatMessage) -> bool,
    ) -> Part {
        let lines = self.lines.iter();
        let shown = lines.filter(|line| !hidden(line.speaker, &line.said));
        match range {
            Range::Last => newest(shown, limit),
            Range::Before(end) => newest(shown.filter(|line| line.id < end), limit),
            Range::After(start) => oldest(shown.filter(|line| line.id > start), limit),
        }
    }
}

fn newest<'a>(lines: impl DoubleEndedIterator<Item = &'a Line>, limit: usize) -> Part {
    let mut part = oldest(lines.rev(), limit);
    part.said.reverse();
    part
}

fn oldest<'a>(lines: impl Iterator<Item = &'a Line>, limit: usize) -> Part {
    let mut part = Part {
        said: Vec::new(),
        more: false,
    };
    let mut bytes = 0;
    for Line { said, .. } in lines {
        bytes += bytes_in_answer(said);
        if part.said.len() == limit || bytes > HISTORY_ANSWER_BYTES_MAX {
            part.more = true;
            break;
        }
        part.said.push(Arc::clone(said));
    }
    part
}

fn bytes_of(said: &ChatMessage) -> usize {
    OVERHEAD_BYTES + said.text.len() + said.from.len()
}

/// How much of an answer a line takes at the most: in JSON, where each quotation mark takes two bytes, and the names of
/// fields and the times come on top.
fn bytes_in_answer(said: &ChatMessage) -> usize {
    const FIELDS_BYTES: usize = 384;
    FIELDS_BYTES + 2 * (said.text.len() + said.from.len())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::chat::{Audience, Manner};

    const ANN: ClientId = ClientId(1);

    fn line(from: &str, text: &str) -> Arc<ChatMessage> {
        Arc::new(ChatMessage {
            from: from.into(),
            to: Audience::People(Vec::new()),
            manner: Manner::Chat,
            text: text.to_owned(),
            sent_at: None,
            received_at: Timestamp::UNIX_EPOCH,
        })
    }

    /// Lines whose text is their id.
    fn numbered(count: usize) -> History {
        let mut history = History::default();
        for id in 1..=count {
            history.push(ANN, line("ann", &id.to_string()));
        }
        history
    }

    fn texts(part: &Part) -> Vec<&str> {
        part.said.iter().map(|said| said.text.as_str()).collect()
    }

    #[test]
    fn a_part_is_what_was_asked_for() {
        let history = numbered(10);
        for (range, limit, expected, more) in [
            (Range::Last, 3, &["8", "9", "10"][..], true),
            (Range::Last, 0, &[], true),
            (Range::Before(3), 5, &["1", "2"], false),
            (Range::Before(3), 1, &["2"], true),
            (Range::Before(1), 5, &[], false),
            (Range::After(7), 2, &["8", "9"], true),
            (Range::After(7), 3, &["8", "9", "10"], false),
            (Range::After(u64::MAX), 3, &[], false),
        ] {
            let part = history.part(range, limit, |_, _| false);
            assert_eq!(texts(&part), expected, "{range:?} {limit}");
            assert_eq!(part.more, more, "{range:?} {limit}");
        }
    }

    #[test]
    fn a_large_answer_is_cut_where_it_can_be_gone_on_with() {
        let mut history = History::default();
        for number in 0..6 {
            history.push(ANN, line("ann", &format!("{number}{}", "x".repeat(10_100))));
        }
        let first = history.part(Range::After(0), 100, |_, _| false);
        let last = history.part(Range::Last, 100, |_, _| false);
        for (part, from) in [(&first, 0), (&last, 1)] {
            let begun: Vec<&str> = texts(part).iter().map(|text| &text[..1]).collect();
            let numbers: Vec<String> = (from..from + 5).map(|n| n.to_string()).collect();
            assert_eq!(begun, numbers);
            assert!(part.more);
        }
    }

    #[test]
    fn hidden_lines_count_for_nothing() {
        let mut history = numbered(3);
        history.push(ANN, line("bob", "4"));
        history.push(ANN, line("ann", "5"));
        let part = history.part(Range::Last, 2, |_, said| &*said.from == "bob");
        assert_eq!(texts(&part), ["3", "5"]);
    }

    #[test]
    fn the_oldest_lines_make_room() {
        let history = numbered(HISTORY_LINES_MAX + 5);
        let all = history.part(Range::Last, usize::MAX, |_, _| false);
        assert_eq!(all.said.len(), HISTORY_LINES_MAX);
        assert_eq!(all.said[0].text, "6");
        assert_eq!(history.last_id(), (HISTORY_LINES_MAX + 5) as u64);
    }

    #[test]
    fn bytes_are_limited_and_reckoned_right() {
        let mut history = History::default();
        let long = "x".repeat(16_000);
        for _ in 0..50 {
            history.push(ANN, line("ann", &long));
            assert!(history.bytes() <= HISTORY_ROOM_BYTES_MAX);
        }
        assert_eq!(history.lines.len(), 4);
        while !history.lines.is_empty() {
            history.drop_oldest();
        }
        assert_eq!(history.bytes(), 0);
        history.drop_oldest();
        assert_eq!(history.last_id(), 50);
    }
}
