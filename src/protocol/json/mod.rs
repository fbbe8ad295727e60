//! JSON lines: one object on each line (RFC 8259), in both directions.
//!
//! A line passes through four layers on its way in, and messages through one on their way out:
//!
//! ```text
//! bytes ─▶ lines ─▶ object ─▶ fields ─▶ actions ─▶ Request
//! Message ─▶ encode ─▶ bytes
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `decoder` | the decoder of one JSON connection, which ties these together |
//! | `lines` | finds the ends of lines, and keeps to the limits on their length |
//! | `object` | a line becomes the fields of an object, or what is wrong with it |
//! | `fields` | a field becomes a text, a name, a number, or what is wrong with it |
//! | `sent_at` | the date and time of RFC 3339, strictly |
//! | `actions` | all that can be asked, and what each action needs: one table |
//! | `encode` | all that is said, as objects |
//! | `answers` | those of them that answer a question |
//! | `writer` | one object in the making, and lists within their limits |
//! | `errors` | what went wrong: codes for programs, sentences for people |
//!
//! Texts are decoded first and cleaned then: `"\u001b[2J"` is harmless until it is decoded.

mod actions;
mod answers;
mod decoder;
mod encode;
mod errors;
mod fields;
mod lines;
mod object;
mod sent_at;
mod writer;

pub use actions::{Action, actions};
pub(super) use decoder::JsonDecoder;
pub use encode::encode;
pub use errors::error_codes;

/// How many levels of brackets a line may have, the object's own included. Whoever reads a JSON value level by level
/// needs some stack for each: a limit that is checked first keeps that small.
pub const LEVELS_MAX: usize = 16;

/// The longest `id`, in bytes as it is sent back.
pub const ID_BYTES_MAX: usize = 1024;

/// The longest answer, in bytes, its line end included.
pub const ANSWER_BYTES_MAX: usize = 128 * 1024;
