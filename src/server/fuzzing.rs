//! Doors for the properties in `tests/fuzz`, which no shipped build has.

pub use super::ops::bans_file::format::{read as read_bans, write as write_bans};
#[cfg(feature = "cluster")]
pub use super::order::{author::Author, entry::Content, store::entry as log_entry};
#[cfg(feature = "web")]
pub use super::web::{
    answer::{Answer, switching},
    frames::Frames,
    head::{Request, parse as parse_head},
};
