//! Operations: what a server needs besides the chat.

pub mod bans_file;
pub mod bind;
pub mod capacity;
pub mod console;
pub mod log;
pub mod reload;
pub mod signals;
pub mod threads;
pub mod trace;
