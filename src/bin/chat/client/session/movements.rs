//! Joins and leaves, collected for a short time, so that two hundred simultaneous joins become one line.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::client::Heard;
use crate::client::phrases::listed;

/// How long the first join or leave waits for others.
const GATHERING_TIME: Duration = Duration::from_millis(300);

/// Joins and leaves that have not been shown.
#[derive(Debug, Default)]
pub(super) struct Movements {
    groups: Vec<Group>,
    until: Option<Duration>,
}

/// People who have joined, or left, the same rooms.
#[derive(Debug)]
struct Group {
    has_left: bool,
    /// In order of joining or leaving.
    people: Vec<String>,
    rooms: Vec<String>,
}

impl Movements {
    pub(super) fn push(&mut self, heard: Heard, now: Duration) {
        let (has_left, room, name) = match heard {
            Heard::JoinRoom(joined) => (false, joined.room, joined.from),
            Heard::LeaveRoom { room, from, .. } => (true, room, from),
            _ => return,
        };
        self.until.get_or_insert(now + GATHERING_TIME);
        // Somebody who joins after they have left begins a new group, so that the lines are in order.
        let last = self.groups.iter_mut().rev().take_while(|group| group.has_left == has_left);
        match last.into_iter().find(|group| group.rooms[0] == room) {
            Some(group) => group.people.push(name),
            None => self.groups.push(Group { has_left, people: vec![name], rooms: vec![room] }),
        }
    }

    /// When to show them, unless other output forces them out earlier.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.until
    }

    /// Takes all, as sentences.
    pub(super) fn take(&mut self) -> impl Iterator<Item = String> {
        self.until = None;
        let mut merged: Vec<Group> = Vec::new();
        for mut group in std::mem::take(&mut self.groups) {
            let people = |group: &Group| group.people.iter().cloned().collect::<BTreeSet<_>>();
            // A person who leaves the chat leaves all its rooms.
            match merged.last_mut() {
                Some(last) if last.has_left == group.has_left && people(last) == people(&group) => {
                    last.rooms.append(&mut group.rooms);
                }
                _ => merged.push(group),
            }
        }
        merged.into_iter().map(|Group { has_left, people, rooms }| {
            let has = if people.len() == 1 { "has" } else { "have" };
            let moved = if has_left { "left" } else { "joined" };
            let people = listed(&people, people.len());
            format!("-- {people} {has} {moved} {}", listed(&rooms, rooms.len()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::heard::read;

    fn heard_in(action: &str, name: &str, room: &str) -> Heard {
        let object = format!(r#"{{"action":"{action}","room":"{room}","from":"{name}"}}"#);
        read(&object).unwrap().0
    }

    #[test]
    fn people_and_rooms_that_go_together_have_one_line() {
        let mut movements = Movements::default();
        let mut all = |heard: &[(&str, &str, &str)]| {
            for (number, (action, name, room)) in (1..).zip(heard) {
                movements.push(heard_in(action, name, room), Duration::from_secs(number));
            }
            assert_eq!(movements.deadline(), Some(Duration::from_millis(1_300)));
            let sentences: Vec<String> = movements.take().collect();
            assert_eq!(movements.deadline(), None);
            sentences
        };
        let (join, leave) = ("joinroom", "leaveroom");
        assert_eq!(
            all(&[
                (join, "ann", "dev"),
                (join, "bob", "dev"),
                (leave, "ann", "dev"),
                (join, "ann", "dev")
            ]),
            ["-- ann and bob have joined dev", "-- ann has left dev", "-- ann has joined dev"]
        );
        assert_eq!(
            all(&[
                (leave, "ann", "dev"),
                (leave, "bob", "dev"),
                (leave, "bob", "ops"),
                (leave, "ann", "ops")
            ]),
            ["-- ann and bob have left dev and ops"]
        );
        assert_eq!(
            all(&[(join, "ann", "dev"), (join, "bob", "ops")]),
            ["-- ann has joined dev", "-- bob has joined ops"]
        );
        let names: Vec<String> = (0..200).map(|number| format!("p{number}")).collect();
        let many: Vec<_> = names.iter().map(|name| (join, name.as_str(), "lobby")).collect();
        let sentence = "-- p0, p1, p2, p3, p4, p5, p6, p7, p8 and 191 others have joined lobby";
        assert_eq!(all(&many), [sentence]);
    }
}
