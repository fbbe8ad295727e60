//! Plain text for people: bytes become lines, messages become sentences.

mod clause;
mod decode;
mod encode;
mod help;
pub mod layout;
mod line;
mod listing;
mod refused;
mod said;
mod sentences;
pub mod span;
pub(super) mod stranger;
mod tables;
mod telnet;

pub use decode::PlainDecoder;
pub use encode::encode;
pub use refused::refused;
pub(super) use sentences::sentence;
pub(super) use span::seconds_left;
