//! Operations: what a server needs besides the chat.

pub mod activity;
pub mod bans_file;
pub mod bans_toml;
pub mod bind;
pub mod capacity;
pub mod console;
pub mod loaded;
pub mod log;
pub mod signals;
pub mod threads;
pub mod trace;
