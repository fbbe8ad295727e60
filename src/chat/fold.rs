//! Join and leave lines, told one by one or folded.
//!
//! Telling every arrival to everybody costs N² lines for N people: the ten thousandth newcomer alone would be ten
//! thousand lines. So above a number of hearers the lines are folded: at most one every few seconds, with the counts.

use std::sync::Arc;

use super::Message;

/// Who came and who went since the last folded line. The chat has one, and each room one for each kind of hearers.
#[derive(Debug, Default)]
pub(super) struct Fold {
    arrived: usize,
    left: usize,
}

/// Which way somebody went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Movement {
    /// In.
    Arrived,
    /// Out.
    Left,
}

impl Fold {
    /// Counts one movement instead of telling it.
    pub(super) fn count(&mut self, movement: Movement) {
        match movement {
            Movement::Arrived => self.arrived += 1,
            Movement::Left => self.left += 1,
        }
    }

    /// The one line for all that was counted, and begins anew; none where nothing was. `present` are here now.
    pub(super) fn take(&mut self, room: Option<Arc<str>>, present: usize) -> Option<Message> {
        let Fold { arrived, left } = std::mem::take(self);
        (arrived + left > 0).then_some(Message::MembershipChanged {
            room,
            arrived,
            left,
            present,
        })
    }
}
