//! JSON lines: one object on each line (RFC 8259), in both directions.

mod actions;
mod decoder;
mod encode;
mod errors;
mod object;

pub use actions::{Action, actions};
pub(super) use decoder::JsonDecoder;
pub use encode::{ANSWER_BYTES_MAX, encode};
pub use errors::error_codes;
pub use object::{ID_BYTES_MAX, LEVELS_MAX, parse_sent_at};
