//! Counts wrong operator passwords by address, so that connecting again does not give attempts without end.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::super::ban::Network;
use super::super::time::Time;
use super::sorted;
use crate::config::limits::{
    OPERATOR_TRIES_ADDRESSES_MAX, OPERATOR_TRIES_PER_ADDRESS_MAX, OPERATOR_TRIES_WINDOW,
};

/// For each network, the time of its first wrong password and how many there were.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PasswordAttempts {
    #[serde(with = "sorted::map")]
    by_network: HashMap<Network, (Time, u32)>,
}

impl PasswordAttempts {
    /// How many more wrong passwords a network may give.
    pub fn left(&mut self, network: Network, now: Time) -> u32 {
        let over = |since: Time| now.saturating_sub(since) >= OPERATOR_TRIES_WINDOW;
        match self.by_network.get(&network) {
            Some(&(since, count)) if !over(since) => {
                OPERATOR_TRIES_PER_ADDRESS_MAX.saturating_sub(count)
            }
            _ if self.by_network.len() < OPERATOR_TRIES_ADDRESSES_MAX => {
                OPERATOR_TRIES_PER_ADDRESS_MAX
            }
            _ => {
                self.by_network.retain(|_, &mut (since, _)| !over(since));
                if self.by_network.len() < OPERATOR_TRIES_ADDRESSES_MAX {
                    OPERATOR_TRIES_PER_ADDRESS_MAX
                } else {
                    0
                }
            }
        }
    }

    /// Counts a wrong password, and returns how many more the network may give.
    pub fn count(&mut self, network: Network, now: Time) -> u32 {
        let entry = self.by_network.entry(network).or_insert((now, 0));
        if now.saturating_sub(entry.0) >= OPERATOR_TRIES_WINDOW {
            *entry = (now, 0);
        }
        entry.1 += 1;
        OPERATOR_TRIES_PER_ADDRESS_MAX.saturating_sub(entry.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u32) -> Network {
        Network::of(core::net::Ipv4Addr::from(number).into())
    }

    #[test]
    fn a_network_has_thirty_attempts_an_hour() {
        let mut attempts = PasswordAttempts::default();
        let start = Time::from_secs(100);
        assert_eq!(attempts.left(network(1), start), 30);
        for left in (0..30).rev().chain([0]) {
            assert_eq!(attempts.count(network(1), start), left);
        }
        assert_eq!(attempts.left(network(1), start), 0);
        assert_eq!(attempts.left(network(2), start), 30);
        assert_eq!(attempts.left(network(1), start + OPERATOR_TRIES_WINDOW), 30);
        assert_eq!(attempts.count(network(1), start + OPERATOR_TRIES_WINDOW), 29);
    }

    #[test]
    fn guesses_from_many_addresses_are_limited_in_memory_and_in_number() {
        let mut attempts = PasswordAttempts::default();
        for number in 0..OPERATOR_TRIES_ADDRESSES_MAX as u32 {
            attempts.count(network(number), Time::ZERO);
        }
        assert_eq!(attempts.left(network(1 << 30), Time::ZERO), 0);
        assert_eq!(attempts.left(network(1 << 30), OPERATOR_TRIES_WINDOW), 30);
        assert!(attempts.by_network.is_empty());
    }
}
