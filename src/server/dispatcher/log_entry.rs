//! The dispatcher applies the entries of the log that several machines share.

use std::sync::atomic::Ordering;

use super::Dispatcher;
use crate::chat::{Event, Now};
use crate::server::delivery::Writers;
use crate::server::order::Ordered;

impl<W: Writers> Dispatcher<'_, W> {
    /// Takes what the threads of a log have sent: mostly an entry, which it applies to this machine's copy of the chat.
    pub(super) fn ordered(&mut self, ordered: Ordered, now: Now) {
        let Some(log) = self.order.log() else { return };
        match ordered {
            Ordered::Entry(entry) => {
                for (at, event) in log.open(entry, now.time, &mut self.effects) {
                    if let Some(log) = self.order.log() {
                        log.apply(at, event, &mut self.effects);
                    }
                    self.limit_effects(now);
                }
            }
            Ordered::State(loaded) => {
                log.load(*loaded, now.time, &self.delivery.open_clients(), &mut self.effects);
            }
            Ordered::StateWanted(answer) => return log.copy_to(&answer),
        }
        let Some(log) = self.order.log() else { return };
        log.close(&mut self.turns_due, &mut self.effects);
        let first_client = log.take_first_client();
        let unknown = log.take_unknown();
        self.carry_out_effects(now);
        let mut arrivals = Vec::new();
        if let Some(first_client) = first_client {
            self.shared.next_id.fetch_max(first_client, Ordering::Relaxed);
            arrivals = self.delivery.start_over(|_| true);
        } else if !unknown.is_empty() {
            arrivals = self.delivery.start_over(|client| unknown.contains(&client));
        }
        let arriving = arrivals.iter().filter_map(|arrival| match arrival {
            Event::Connected { client, .. } => Some(*client),
            _ => None,
        });
        let (clients, timeout) = (arriving.collect(), self.shared.settings.read().login_timeout);
        if let Some(log) = self.order.log() {
            log.expect_names(clients, now.time + timeout);
        }
        for arrival in arrivals {
            self.step(arrival, now);
        }
    }
}
