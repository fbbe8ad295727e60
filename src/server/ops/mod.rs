//! Operations: what a server needs besides the chat.

pub mod bans_file;
pub mod bind;
pub mod capacity;
pub mod cgroup;
pub mod console;
pub mod glass;
pub mod log;
pub mod memory;
pub mod reload;
pub mod signals;
pub mod threads;
pub mod trace;

use crate::chat::Effect;
use bans_file::BansSlot;

/// Carries out an effect that the classic chat does not have.
pub fn carry_out(effect: &Effect, bans_slot: Option<&BansSlot>) {
    match (effect, bans_slot) {
        (Effect::Log(event), _) => log::event(event),
        (Effect::SaveBans(bans), Some(bans_slot)) => bans_slot.put(bans.clone()),
        (Effect::SaveBans(_), None) => {}
        _ => debug_assert!(false, "the dispatcher itself carries out {effect:?}"),
    }
}
