//! How much may wait to be sent, and how long.

use crate::chat::Time;
use crate::config::Config;

/// What may wait to be sent.
#[derive(Debug)]
pub struct OutboxLimits {
    /// For one client.
    pub bytes_max: u64,
    /// How long the oldest byte may wait for one client.
    pub age_max: Time,
    /// For all together.
    pub total_bytes_max: u64,
}

impl OutboxLimits {
    /// As the settings say.
    pub fn of(config: &Config) -> Self {
        Self {
            bytes_max: config.outbox_bytes as u64,
            age_max: config.outbox_age,
            total_bytes_max: config.outbox_total as u64,
        }
    }
}
