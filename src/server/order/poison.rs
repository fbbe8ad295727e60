//! Poison: an event at which the rules of the chat panic. Every node applies the same events, so all of them end.
//!
//! A node notes the event in the store before it ends. A node that starts tries such an event on a copy of the chat, and leaves it
//! out if it panics again. If it does not, something else was wrong, and all nodes apply it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use super::entry::Place;
use super::replica::Replica;
use super::store_address::StoreAddress;
use crate::chat::{Effect, Event, Now};
#[cfg(all(any(test, feature = "simulation"), not(loom)))]
use crate::server::simulation::simulated_time;

/// Notes the event that is being applied if the thread panics.
pub struct PoisonWatch {
    address: StoreAddress,
    applying: Option<Place>,
}

impl PoisonWatch {
    /// A watch that notes events in the store at this address.
    pub fn new(address: StoreAddress) -> Self {
        Self { address, applying: None }
    }

    /// Applies an event.
    pub fn apply(
        &mut self,
        replica: &mut Replica,
        number: usize,
        now: Now,
        event: Event,
        effects: &mut Vec<Effect>,
    ) {
        self.applying = Some((replica.position(), number));
        replica.apply(now, event, effects);
        self.applying = None;
    }
}

impl Drop for PoisonWatch {
    fn drop(&mut self) {
        let Some((position, number)) = self.applying.filter(|_| thread::panicking()) else {
            return;
        };
        #[cfg(all(any(test, feature = "simulation"), not(loom)))]
        if simulated_time().is_some() {
            return;
        }
        match self.address.open().and_then(|mut store| store.note_poison((position, number))) {
            Ok(()) => tracing::error!(
                "entry {position} of the log holds an event at which this server ends. It is noted: the next start leaves it out"
            ),
            Err(error) => tracing::error!(
                "entry {position} of the log holds an event at which this server ends, which cannot be noted: {error}"
            ),
        }
    }
}

/// Applies an event that has made a server end, unless it still does.
pub fn try_poison(replica: &mut Replica, now: Now, event: Event, effects: &mut Vec<Effect>) {
    let before = replica.clone();
    let tried = catch_unwind(AssertUnwindSafe(|| replica.apply(now, event, effects)));
    if tried.is_err() {
        *replica = before;
        effects.clear();
        tracing::error!(
            "left out an event of entry {} of the log, at which every server ends. Report it with that entry",
            replica.position()
        );
    }
}
