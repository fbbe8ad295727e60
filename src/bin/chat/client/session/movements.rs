//! Joins and leaves, collected for a short time, so that two hundred simultaneous joins become one line.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::Heard;
use crate::client::phrases::{counted, listed};

/// How long the first join or leave waits for others.
const GATHERING_TIME: Duration = Duration::from_millis(300);
/// The maximum number of joins and leaves that get a line each.
const LINES_MAX: usize = 3;
/// The maximum number of names in one line.
const NAMES_MAX: usize = 5;

/// Joins and leaves that have not been shown.
#[derive(Debug, Default)]
pub(super) struct Movements {
    heard: Vec<Heard>,
    until: Option<Duration>,
}

/// How to show the collected joins and leaves.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Summary {
    Each(Vec<Heard>),
    Sentences(Vec<String>),
}

impl Movements {
    pub(super) fn push(&mut self, heard: Heard, now: Duration) {
        self.until.get_or_insert(now + GATHERING_TIME);
        self.heard.push(heard);
    }

    /// When to show them, unless other output forces them out earlier.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.until
    }

    pub(super) fn take(&mut self) -> Summary {
        self.until = None;
        let heard = std::mem::take(&mut self.heard);
        if heard.len() <= LINES_MAX {
            return Summary::Each(heard);
        }
        let mut groups: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
        for heard in heard {
            let (has_left, room, name) = match heard {
                Heard::JoinRoom(joined) => (false, joined.room, joined.from),
                Heard::LeaveRoom { room, from, .. } => (true, room, from),
                _ => continue,
            };
            groups.entry((has_left, room)).or_default().push(name);
        }
        let sentences = groups.into_iter().map(|((has_left, room), mut names)| {
            let has = match (has_left, names.len()) {
                (false, 1) => "has joined",
                (false, _) => "have joined",
                (true, 1) => "has left",
                (true, _) => "have left",
            };
            if names.len() > NAMES_MAX {
                let others = names.split_off(NAMES_MAX - 1).len();
                names.push(counted(others, "other", "others"));
            }
            format!("-- {} {has} {room}", listed(&names))
        });
        Summary::Sentences(sentences.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::heard::read;

    fn heard(action: &str, name: &str) -> Heard {
        let object = format!(r#"{{"action":"{action}","room":"lobby","from":"{name}"}}"#);
        read(&object).unwrap().0
    }

    #[test]
    fn few_have_a_line_each_and_many_have_one_together() {
        let mut movements = Movements::default();
        movements.push(heard("joinroom", "ann"), Duration::from_secs(1));
        movements.push(heard("leaveroom", "ann"), Duration::from_secs(9));
        assert_eq!(movements.deadline(), Some(Duration::from_millis(1_300)));
        let each = Summary::Each(vec![heard("joinroom", "ann"), heard("leaveroom", "ann")]);
        assert_eq!(movements.take(), each);
        assert_eq!(movements.deadline(), None);
        for number in 0..200 {
            movements.push(heard("joinroom", &format!("p{number}")), Duration::ZERO);
        }
        movements.push(heard("leaveroom", "ann"), Duration::ZERO);
        let sentences =
            ["-- p0, p1, p2, p3 and 196 others have joined lobby", "-- ann has left lobby"];
        assert_eq!(movements.take(), Summary::Sentences(sentences.map(str::to_owned).to_vec()));
    }
}
