//! What several requests make of what was typed: a name with or without its sign, a short text that goes with something.

use std::sync::Arc;

use super::ChatError;
use crate::config::limits::NOTE_BYTES_MAX;

/// The name of a person as it was typed, without the sign of a mention.
pub(super) fn without_at(typed: &str) -> &str {
    let typed = typed.trim();
    typed.strip_prefix('@').unwrap_or(typed)
}

/// A topic, a reason, or why somebody is away; an empty one is none.
pub(super) fn note(typed: Option<String>) -> Result<Option<Arc<str>>, ChatError> {
    match typed.filter(|typed| !typed.is_empty()) {
        Some(typed) if typed.len() > NOTE_BYTES_MAX => Err(ChatError::TextTooLong {
            bytes_max: NOTE_BYTES_MAX,
        }),
        typed => Ok(typed.map(Into::into)),
    }
}
