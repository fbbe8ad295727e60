//! Operations: what a server needs besides the chat.

pub mod activity;
pub mod bans_file;
pub mod bans_toml;
pub mod bind;
pub mod capacity;
pub mod console;
pub mod log;
pub mod reload;
pub mod signals;
pub mod threads;
pub mod trace;

pub use reload::apply_reload;

use super::dispatcher::Dispatcher;
use crate::chat::Effect;

/// Carries out an effect that the classic chat does not know.
pub fn carry_out(dispatcher: &mut Dispatcher, effect: &Effect) {
    match effect {
        Effect::Log(event) => log::event(event),
        Effect::SaveBans(bans) => {
            if let Some(keeper) = &dispatcher.shared().keeper {
                keeper.keep(bans.clone());
            }
        }
        Effect::AnswerThreads { client, tag } => {
            dispatcher.count_queues();
            let message = dispatcher.shared().threads.message();
            dispatcher.send(&[*client], tag.as_ref(), [&message]);
        }
        _ => debug_assert!(false, "the dispatcher itself carries out {effect:?}"),
    }
}
