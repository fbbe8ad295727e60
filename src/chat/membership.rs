//! Who has joined, in order of joining, and how the others hear of it.
//!
//! Telling every arrival to everybody costs N² lines for N people: the ten thousandth newcomer alone would be ten
//! thousand lines. So above a number of hearers the lines are folded: at most one every few seconds, with the counts.

use std::sync::Arc;

use super::{ClientId, Message, Time};
use crate::config::limits::ANNOUNCE_EVERY;

/// One thing to tell the others about somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announcement {
    /// They have joined.
    Arrived(Arc<str>),
    /// They have left.
    Left(Arc<str>),
}

/// The people in the chat.
#[derive(Debug)]
pub struct Membership {
    /// In order of joining. Whoever has not joined is not in here.
    joined: Vec<ClientId>,
    announce_up_to: usize,
    folded_arrived: usize,
    folded_left: usize,
    /// When the folded counts are to be told; none while there is nothing to tell.
    fold_due: Option<Time>,
}

impl Membership {
    /// Nobody yet. While at most `announce_up_to` people hear them, join and leave lines are told one by one.
    pub fn new(announce_up_to: usize) -> Self {
        Self {
            joined: Vec::new(),
            announce_up_to,
            folded_arrived: 0,
            folded_left: 0,
            fold_due: None,
        }
    }

    /// How many have joined.
    pub fn count(&self) -> usize {
        self.joined.len()
    }

    /// All who have joined, in that order.
    pub fn everyone(&self) -> &[ClientId] {
        &self.joined
    }

    /// All who have joined but `client`.
    pub fn others(&self, client: ClientId) -> Vec<ClientId> {
        let mut others = Vec::with_capacity(self.joined.len());
        others.extend(self.joined.iter().copied().filter(|&other| other != client));
        others
    }

    /// Takes somebody in, as the last.
    pub fn join(&mut self, client: ClientId) {
        debug_assert!(!self.joined.contains(&client), "nobody joins twice");
        self.joined.push(client);
    }

    /// Lets somebody go. The order of the others stays.
    pub fn leave(&mut self, client: ClientId) {
        self.joined.retain(|&other| other != client);
    }

    /// What to tell `hearers` people now about one arrival or departure: its line, or nothing since it was counted
    /// and will be told with others at [`Membership::fold_due`].
    pub fn announce(
        &mut self,
        now: Time,
        hearers: usize,
        announcement: Announcement,
    ) -> Option<Message> {
        if hearers <= self.announce_up_to {
            return Some(match announcement {
                Announcement::Arrived(name) => Message::Arrived(name),
                Announcement::Left(name) => Message::Left {
                    name,
                    removed: None,
                },
            });
        }
        match announcement {
            Announcement::Arrived(_) => self.folded_arrived += 1,
            Announcement::Left(_) => self.folded_left += 1,
        }
        self.fold_due.get_or_insert(now + ANNOUNCE_EVERY);
        None
    }

    /// When folded lines are due, if any are waiting.
    pub fn fold_due(&self) -> Option<Time> {
        self.fold_due
    }

    /// The one line for all that was folded, if its time has come.
    pub fn take_folded(&mut self, now: Time) -> Option<Message> {
        self.fold_due.take_if(|due| *due <= now)?;
        Some(Message::MembershipChanged {
            room: None,
            arrived: std::mem::take(&mut self.folded_arrived),
            left: std::mem::take(&mut self.folded_left),
            present: self.joined.len(),
        })
    }
}
