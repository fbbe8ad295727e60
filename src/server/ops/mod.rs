//! Operations: what a server needs besides the chat.

pub mod bans_file;
pub mod bind;
pub mod capacity;
pub mod cgroup;
pub mod console;
pub mod glass;
pub mod log;
pub mod memory;
pub mod metrics;
pub mod reload;
pub mod signals;
pub mod threads;
pub mod trace;

use super::shared::Shared;
use crate::chat::Effect;

/// Carries out an effect that the classic chat does not have.
pub fn carry_out(effect: &Effect, shared: &Shared<'_>) {
    match effect {
        Effect::Log(event) => {
            shared.counters.count_event(event);
            log::event(event);
        }
        Effect::SaveBans(bans) => {
            if let Some(bans_slot) = &shared.bans_slot {
                bans_slot.put(bans.clone());
            }
        }
        #[cfg(feature = "history")]
        Effect::Keep(_)
        | Effect::KeepTopic { .. }
        | Effect::Fetch(_)
        | Effect::Search(_)
        | Effect::CatchUp(_) => {
            if let Some(history) = &shared.history {
                history.carry_out(effect);
            }
        }
        _ => debug_assert!(false, "nobody carries out {effect:?}"),
    }
}
