//! The dispatcher applies the entries of the log that several machines share.

use std::sync::atomic::Ordering;

use super::Dispatcher;
use crate::chat::Now;
use crate::server::delivery::Writers;
use crate::server::order::Entry;

impl<W: Writers> Dispatcher<'_, W> {
    /// Applies an entry to this machine's copy of the chat. Only a log brings one.
    pub(super) fn apply(&mut self, entry: Entry, now: Now) {
        let Some(log) = self.order.log() else { return };
        for (at, event) in log.open(entry, now.time, &mut self.effects) {
            if let Some(log) = self.order.log() {
                log.apply(at, event, &mut self.effects);
            }
            self.limit_effects(now);
        }
        let Some(log) = self.order.log() else { return };
        log.close(&mut self.turns_due, &mut self.effects);
        let first_client = log.take_first_client();
        self.carry_out_effects(now);
        if let Some(first_client) = first_client {
            self.shared.next_id.fetch_max(first_client, Ordering::Relaxed);
            for arrival in self.delivery.start_over() {
                self.step(arrival, now);
            }
        }
    }
}
