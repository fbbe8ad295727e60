//! Folds many arrivals and departures into one announcement.
//!
//! Announcing every arrival to everybody costs N² lines for N people: the ten thousandth newcomer alone would cost ten
//! thousand lines. Above a number of recipients, one line with the counts replaces them every few seconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::time::Time;
use super::super::view::Protocol;
use super::rooms::RoomId;
use super::sorted;
use crate::config::limits::ANNOUNCE_EVERY;

/// A group of clients that hears the same announcements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Plain-text clients, which hear who joins and leaves the chat.
    Chat,
    /// The members of a room that speak this protocol, which hear who enters and leaves the room.
    Room(RoomId, Protocol),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    Arrived,
    Left,
    /// Somebody is back. If nobody has been told that they had left, nobody is told.
    Returned,
}

/// How many have arrived and left.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Counts {
    pub arrived: usize,
    pub left: usize,
}

/// The movements that have yet to be announced to each scope.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Folded {
    #[serde(with = "sorted::map")]
    counts: BTreeMap<Scope, Counts>,
    due: Option<Time>,
}

impl Folded {
    pub fn count(&mut self, scope: Scope, movement: Movement, now: Time) {
        let counts = self.counts.entry(scope).or_default();
        match movement {
            Movement::Arrived => counts.arrived += 1,
            Movement::Left => counts.left += 1,
            Movement::Returned if counts.left > 0 => counts.left -= 1,
            Movement::Returned => counts.arrived += 1,
        }
        self.due.get_or_insert(now + ANNOUNCE_EVERY);
    }

    /// When the counts are due, if there are any.
    pub fn due(&self) -> Option<Time> {
        self.due
    }

    /// Takes all counts that are not zero if they are due.
    pub fn take_due(&mut self, now: Time) -> BTreeMap<Scope, Counts> {
        match self.due.take_if(|due| *due <= now) {
            Some(_) => {
                let mut counts = std::mem::take(&mut self.counts);
                counts.retain(|_, counts| counts.arrived + counts.left > 0);
                counts
            }
            None => BTreeMap::new(),
        }
    }
}
