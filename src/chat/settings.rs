//! The settings on which the rules of the chat depend.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::{Glass, Operators};

/// The Hub's part of the server's settings. [`Config`](crate::config::Config) explains each of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the flags")]
pub struct HubSettings {
    pub anonymous: bool,
    pub operators: Operators,
    pub glass: Glass,
    pub announce_up_to: usize,
    pub log_messages: bool,
    pub history_on_join: usize,
    pub motd: Option<Arc<str>>,
    pub operator_password: Option<Secret>,
}

/// A password. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Compares in a time that depends only on the lengths, so that timing reveals nothing of the text.
    pub fn matches(&self, given: &Secret) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), given.0.as_bytes());
        let differences =
            ours.iter().zip(theirs).fold(0, |found, (our, their)| found | (our ^ their));
        ours.len() == theirs.len() && differences == 0
    }
}
