//! One line of chat that is followed on its way through the server.

#![allow(missing_docs, reason = "the variants have the names of what happens")]

use core::array;

use serde::{Deserialize, Serialize};

use super::time::Time;

/// A station of a line, in the order in which it passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Station {
    /// The `read` that held its last byte has returned.
    Read,
    /// It is decoded and flood control lets it pass: its reader waits for its turn.
    Ready,
    /// Its reader has its turn and sends it to the inbox.
    Sent,
    /// The dispatcher has taken it from the inbox.
    Taken,
    /// It is encoded, and in the outbox of each of its recipients.
    Appended,
    /// The dispatcher has sent it to the last of them, or handed it over to a writer.
    Flushed,
}

impl Station {
    /// All stations with the names that programs receive.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Read, "read"),
        (Self::Ready, "ready"),
        (Self::Sent, "sent"),
        (Self::Taken, "taken"),
        (Self::Appended, "appended"),
        (Self::Flushed, "flushed"),
    ];
}

/// When a line passed its stations, by the server's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments([Option<Time>; Station::ALL.len()]);

impl Moments {
    /// Records that the line passes this station now. The first time counts.
    pub fn pass(&mut self, station: Station, now: Time) {
        self.0[station as usize].get_or_insert(now);
    }

    /// When the line passed this station.
    pub fn at(&self, station: Station) -> Option<Time> {
        self.0[station as usize]
    }

    /// The stations that it has passed, and how long each was after the first one.
    pub fn since_read(&self) -> impl Iterator<Item = (&'static str, Time)> {
        let start = self.at(Station::Read).unwrap_or_default();
        let named = array::from_fn::<_, { Station::ALL.len() }, _>(|at| {
            let (station, name) = Station::ALL[at];
            self.at(station).map(|time| (name, time.saturating_sub(start)))
        });
        named.into_iter().flatten()
    }
}

/// A line that has passed all its stations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedLine {
    pub moments: Moments,
    /// How many clients it was for.
    pub recipients: usize,
    /// How many of them had a full socket, so that a writer has it, or it waits for one.
    pub full_sockets: usize,
}
