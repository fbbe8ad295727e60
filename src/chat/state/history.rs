//! The history of a room: a ring in which new messages push out the oldest.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::client::ClientId;
use super::super::message::{Audience, ChatMessage, Gap};
use super::super::name::NameKey;
use super::super::request::Range;
use super::super::time::Time;
use crate::config::limits::{HISTORY_ANSWER_BYTES_MAX, HISTORY_LINES_MAX, HISTORY_ROOM_BYTES_MAX};

/// The memory that a message takes besides its text and its sender's name, in bytes. Not from `size_of`, which the compiler
/// chooses: how much a history holds must not depend on it.
const OVERHEAD_BYTES: usize = 160;

/// Stands for the senders of an earlier run of the server. No client has this id.
pub const NOBODY: ClientId = ClientId(u64::MAX);

/// A message and its place in the room.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    id: u64,
    /// The sender's id, since the name may belong to somebody else by now.
    speaker: ClientId,
    /// The key of the sender's name: a look at the history compares many with those of ignored people.
    key: NameKey,
    /// The server's time, since somebody may set the wall clock. Zero for messages of an earlier run.
    said_at: Time,
    message: Arc<ChatMessage>,
}

/// The last messages of one room.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct History {
    lines: VecDeque<Entry>,
    bytes: usize,
    last_id: u64,
    /// The gaps that the last run of the server has left.
    gaps: Vec<Gap>,
}

/// A part of a room's history.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Oldest first.
    pub messages: Vec<Arc<ChatMessage>>,
    /// Whether the requested part has more messages.
    pub more: bool,
}

impl History {
    /// The history that the last run of the server has left: its last messages, and the highest id that one may have had.
    pub fn restored(messages: Vec<Arc<ChatMessage>>, last_id: u64, gaps: Vec<Gap>) -> Self {
        let mut history = Self { gaps, ..Self::default() };
        let mut keys: HashMap<Arc<str>, NameKey> = HashMap::new();
        for message in messages {
            if let Audience::Room { message_id, .. } = message.to {
                history.last_id = message_id.saturating_sub(1);
                let key = keys.entry(message.from.clone());
                let key = key.or_insert_with_key(|from| NameKey::of(from)).clone();
                history.push(NOBODY, key, Time::ZERO, message);
            }
        }
        history.last_id = last_id.max(history.last_id);
        history
    }

    /// All messages, oldest first, and the gaps that the last run has left.
    pub fn messages_and_gaps(&self) -> (Vec<Arc<ChatMessage>>, Vec<Gap>) {
        (self.lines.iter().map(|line| line.message.clone()).collect(), self.gaps.clone())
    }

    /// The id of the last message; 0 before the first.
    pub fn last_id(&self) -> u64 {
        self.last_id
    }

    /// The id from which on this history has all messages.
    pub fn first_id(&self) -> u64 {
        self.lines.front().map_or(self.last_id + 1, |line| line.id)
    }

    /// How much memory the history takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a message, which gets the next id.
    pub fn push(
        &mut self,
        speaker: ClientId,
        key: NameKey,
        said_at: Time,
        message: Arc<ChatMessage>,
    ) {
        self.last_id += 1;
        self.bytes += bytes_of(&message);
        let id = self.last_id;
        self.lines.push_back(Entry { id, speaker, key, said_at, message });
        while self.lines.len() > HISTORY_LINES_MAX || self.bytes > HISTORY_ROOM_BYTES_MAX {
            self.drop_oldest();
        }
    }

    /// Drops the oldest message, if there is one.
    pub fn drop_oldest(&mut self) {
        if let Some(line) = self.lines.pop_front() {
            self.bytes -= bytes_of(&line.message);
        }
    }

    /// Removes what people with this name sent before `moment`.
    pub fn forget(&mut self, sender: &NameKey, moment: Timestamp) {
        let bytes = &mut self.bytes;
        self.lines.retain(|Entry { key, message, .. }| {
            let is_kept = message.received_at >= moment || key != sender;
            if !is_kept {
                *bytes -= bytes_of(message);
            }
            is_kept
        });
    }

    /// How many messages were said at this time or later.
    pub fn since(&self, time: Time) -> usize {
        self.lines.iter().rev().take_while(|line| line.said_at >= time).count()
    }

    /// At most `limit` messages of `range`, without the hidden ones. An answer that would be too large is cut at the end
    /// that is farther from the requested id, so that a client that asks for more misses nothing.
    pub fn part(
        &self,
        range: Range,
        limit: usize,
        hides: impl Fn(ClientId, &NameKey) -> bool,
    ) -> Part {
        let lines = self.lines.iter();
        let is_shown = |line: &&Entry| !hides(line.speaker, &line.key);
        match range {
            Range::Last => newest(lines.filter(is_shown), limit),
            Range::Before(end) => newest(lines.filter(|it| it.id < end).filter(is_shown), limit),
            Range::After(start) => oldest(lines.filter(|it| it.id > start).filter(is_shown), limit),
            // Only the server knows its time zone.
            Range::Until(_) => Part::default(),
        }
    }

    /// The gaps among and beside the messages of a part.
    pub fn gaps(&self, range: Range, part: &Part) -> Vec<Gap> {
        let id = |message: &Arc<ChatMessage>| match message.to {
            Audience::Room { message_id, .. } => message_id,
            Audience::People(_) => 0,
        };
        let (first, last) = (part.messages.first().map(id), part.messages.last().map(id));
        let all = (self.first_id(), self.last_id);
        let (from, to) = match range {
            // The next part will have what is older.
            Range::Last => (first.filter(|_| part.more).unwrap_or(all.0), all.1),
            Range::Before(end) => {
                (first.filter(|_| part.more).unwrap_or(all.0), all.1.min(end.saturating_sub(1)))
            }
            Range::After(start) => {
                (all.0.max(start.saturating_add(1)), last.filter(|_| part.more).unwrap_or(all.1))
            }
            Range::Until(_) => return Vec::new(),
        };
        self.gaps.iter().filter(|gap| gap.first <= to && gap.last >= from).copied().collect()
    }
}

fn newest<'a>(lines: impl DoubleEndedIterator<Item = &'a Entry>, limit: usize) -> Part {
    let mut part = oldest(lines.rev(), limit);
    part.messages.reverse();
    part
}

fn oldest<'a>(lines: impl Iterator<Item = &'a Entry>, limit: usize) -> Part {
    let mut part = Part { messages: Vec::new(), more: false };
    let mut bytes = 0;
    for Entry { message, .. } in lines {
        bytes += message.bytes_in_answer();
        if part.messages.len() == limit || bytes > HISTORY_ANSWER_BYTES_MAX {
            part.more = true;
            break;
        }
        part.messages.push(Arc::clone(message));
    }
    part
}

fn bytes_of(message: &ChatMessage) -> usize {
    OVERHEAD_BYTES + message.text.len() + message.from.len()
}

#[cfg(test)]
mod tests {

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
            history.push(ANN, NameKey::of("ann"), Time::ZERO, line("ann", &id.to_string()));
        }
        history
    }

    fn texts(part: &Part) -> Vec<&str> {
        part.messages.iter().map(|message| message.text.as_str()).collect()
    }

    #[test]
    fn a_part_respects_its_range_and_its_limit() {
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
    fn a_large_answer_is_cut_where_the_next_one_can_continue() {
        let mut history = History::default();
        for number in 0..6 {
            history.push(
                ANN,
                NameKey::of("ann"),
                Time::ZERO,
                line("ann", &format!("{number}{}", "x".repeat(10_100))),
            );
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
    fn hidden_messages_do_not_count_towards_the_limit() {
        let mut history = numbered(3);
        history.push(ANN, NameKey::of("bob"), Time::ZERO, line("bob", "4"));
        history.push(ANN, NameKey::of("ann"), Time::ZERO, line("ann", "5"));
        let part = history.part(Range::Last, 2, |_, key| *key == NameKey::of("bob"));
        assert_eq!(texts(&part), ["3", "5"]);
    }

    #[test]
    fn the_overhead_of_a_message_is_counted_in_full() {
        // And not much more than that.
        let overhead = size_of::<ChatMessage>() + 2 * size_of::<usize>();
        assert!((overhead..overhead + 32).contains(&OVERHEAD_BYTES), "{overhead}");
    }

    #[test]
    fn the_oldest_messages_are_dropped_first() {
        let history = numbered(HISTORY_LINES_MAX + 5);
        let all = history.part(Range::Last, usize::MAX, |_, _| false);
        assert_eq!(all.messages.len(), HISTORY_LINES_MAX);
        assert_eq!(all.messages[0].text, "6");
        assert_eq!(history.last_id(), (HISTORY_LINES_MAX + 5) as u64);
    }

    #[test]
    fn bytes_are_limited_and_counted_correctly() {
        let mut history = History::default();
        let long = "x".repeat(16_000);
        for _ in 0..50 {
            history.push(ANN, NameKey::of("ann"), Time::ZERO, line("ann", &long));
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
