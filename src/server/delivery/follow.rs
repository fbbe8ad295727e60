//! Lines that are followed on their way: which of their recipients the flush has served, and when.

use std::time::Instant;

use rustc_hash::FxHashSet;

use super::{Delivery, Flushed, Writers};
use crate::chat::{ClientId, FollowedLine, Moments, Station, Time};

/// A line in the outboxes of its recipients, until the next flush.
pub(super) struct Follow {
    /// Its sender.
    client: ClientId,
    recipients: FxHashSet<ClientId>,
    line: FollowedLine,
    /// When it was appended: by the server's clock, and by the system's for the time until the flush.
    appended: (Time, Instant),
}

impl Follow {
    /// Notes that the flush has dealt with this client.
    pub(super) fn flushed(&mut self, client: ClientId, flushed: &Flushed) {
        if self.recipients.remove(&client) {
            self.line.full_sockets +=
                usize::from(matches!(flushed, Flushed::Waiting | Flushed::Full));
            if self.recipients.is_empty() {
                self.end();
            }
        }
    }

    fn end(&mut self) {
        let (time, instant) = self.appended;
        self.line.moments.pass(Station::Flushed, time + instant.elapsed());
    }
}

impl<W: Writers> Delivery<'_, W> {
    /// Follows the line that was just appended to the outboxes of these clients.
    pub fn follow(&mut self, client: ClientId, to: &[ClientId], moments: &Moments, now: Time) {
        let mut line =
            FollowedLine { moments: moments.clone(), recipients: to.len(), full_sockets: 0 };
        line.moments.pass(Station::Appended, now);
        let recipients = to.iter().copied().collect();
        let appended = (now, Instant::now());
        self.follows.push(Follow { client, recipients, line, appended });
    }

    /// Keeps the reports of the lines that this flush has sent, until their senders ask for them.
    pub(super) fn report_followed(&mut self) {
        for mut follow in self.follows.drain(..) {
            // A line for nobody, or for somebody who has just gone.
            if !follow.recipients.is_empty() || follow.line.recipients == 0 {
                follow.end();
            }
            if let Some(peer) = self.peers.get_mut(&follow.client) {
                peer.followed = Some(Box::new(follow.line));
            }
        }
    }

    /// The report of the client's last line that was followed, once.
    pub fn take_followed(&mut self, client: ClientId) -> Option<FollowedLine> {
        self.peers.get_mut(&client)?.followed.take().map(|line| *line)
    }
}
