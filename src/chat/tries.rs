//! Wrong operator words, counted by address: whoever guesses has few tries, however often they connect.

use std::collections::HashMap;

use super::{Network, Time};
use crate::config::limits::{
    OPERATOR_TRIES_ADDRESSES_MAX, OPERATOR_TRIES_MAX, OPERATOR_TRIES_WINDOW,
};

/// Who has given how many wrong words, and since when.
#[derive(Debug, Default)]
pub(super) struct Tries {
    by_network: HashMap<Network, (Time, u32)>,
}

impl Tries {
    /// How many more wrong words an address may give.
    pub(super) fn left(&mut self, network: Network, now: Time) -> u32 {
        let over = |since: Time| now.saturating_sub(since) >= OPERATOR_TRIES_WINDOW;
        match self.by_network.get(&network) {
            Some(&(since, count)) if !over(since) => OPERATOR_TRIES_MAX.saturating_sub(count),
            _ if self.by_network.len() < OPERATOR_TRIES_ADDRESSES_MAX => OPERATOR_TRIES_MAX,
            _ => {
                self.by_network.retain(|_, &mut (since, _)| !over(since));
                if self.by_network.len() < OPERATOR_TRIES_ADDRESSES_MAX {
                    OPERATOR_TRIES_MAX
                } else {
                    0
                }
            }
        }
    }

    /// Counts a wrong word, and says how many more there may be.
    pub(super) fn count(&mut self, network: Network, now: Time) -> u32 {
        let entry = self.by_network.entry(network).or_insert((now, 0));
        if now.saturating_sub(entry.0) >= OPERATOR_TRIES_WINDOW {
            *entry = (now, 0);
        }
        entry.1 += 1;
        OPERATOR_TRIES_MAX.saturating_sub(entry.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u32) -> Network {
        Network::of(core::net::Ipv4Addr::from(number).into())
    }

    #[test]
    fn there_are_three_tries_an_hour() {
        let mut tries = Tries::default();
        let start = Time::from_secs(100);
        assert_eq!(tries.left(network(1), start), 3);
        for left in [2, 1, 0, 0] {
            assert_eq!(tries.count(network(1), start), left);
        }
        assert_eq!(tries.left(network(1), start), 0);
        assert_eq!(tries.left(network(2), start), 3);
        assert_eq!(tries.left(network(1), start + OPERATOR_TRIES_WINDOW), 3);
        assert_eq!(tries.count(network(1), start + OPERATOR_TRIES_WINDOW), 2);
    }

    #[test]
    fn guessing_from_everywhere_does_not_help_and_takes_no_more_memory() {
        let mut tries = Tries::default();
        for number in 0..OPERATOR_TRIES_ADDRESSES_MAX as u32 {
            tries.count(network(number), Time::ZERO);
        }
        assert_eq!(tries.left(network(1 << 30), Time::ZERO), 0);
        assert_eq!(tries.left(network(1 << 30), OPERATOR_TRIES_WINDOW), 3);
        assert!(tries.by_network.is_empty());
    }
}
