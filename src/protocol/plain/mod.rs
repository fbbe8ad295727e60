//! Plain text for people: bytes become lines, messages become sentences.

mod decode;
mod encode;
pub mod layout;
pub(super) mod line;
mod past;
mod restore;
mod sentences;
pub(super) mod stranger;
mod tables;
mod telnet;

pub use decode::PlainDecoder;
pub use encode::encode;
pub(super) use layout::seconds_left;
pub use sentences::error_sentence;
pub(super) use sentences::sentence;
