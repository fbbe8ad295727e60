//! How a chat of the simulation is set up.

use std::sync::{Arc, OnceLock};

use super::dice::Dice;
use crate::chat::Time;
use crate::config::{Config, DeliveryPolicy, RateLimit};

/// Why a client is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// More than `outbox_bytes` wait.
    Bytes,
    /// The oldest byte has waited for longer than `outbox_age`.
    Age,
    /// The socket is full, and the policy is `direct`.
    Direct,
    /// All together wait for more than `outbox_total`.
    Total,
    /// The grace time of a shutdown is over.
    Grace,
}

/// A socket that is rarely full.
const ROOM_AMPLE: usize = 200_000;

/// How the log of several machines behaves.
#[cfg(feature = "cluster")]
#[derive(Debug, Clone)]
pub struct LogPlan {
    /// How long an entry is under way to the store, a reply back, and a request for the next entries, at most.
    pub delay_max: Time,
    /// Another machine takes part now and then.
    pub has_other: bool,
    /// Entries may come twice.
    pub has_copies: bool,
    /// The process may be paused, or cut off, for so long that the other machine gives it up.
    pub is_given_up: bool,
    /// This machine may be too slow for the log, and load a state of another one instead.
    pub loads: bool,
}

/// How one run differs from others.
#[derive(Debug, Clone)]
pub struct Plan {
    pub config: Arc<Config>,
    /// How many connections there are at a time, at most.
    pub clients_max: usize,
    /// The bytes that a socket holds, at most.
    pub room_max: usize,
    /// Once in so many times, no writer can be started.
    pub writer_failure_in: Option<usize>,
    /// There are enough writers, so that no full socket waits for others.
    pub has_writers: bool,
    /// The limits and the sockets are large: a client that always reads whenever it can is never cut.
    pub is_ample: bool,
    /// There are few places, and clients leave without reading what is due to them, come again, and leave again.
    pub is_crowded: bool,
    /// Some sends are shorter than the room in the socket, and some reads are interrupted.
    pub has_short_sends: bool,
    /// The length of the longest texts, in words.
    pub words_max: usize,
    /// Few clients reset their connections or end their input, so that chats grow.
    pub keeps_clients: bool,
    /// Nobody has to catch up before the chat is shut down.
    pub ends_abruptly: bool,
    /// The server may be told to restart.
    pub drains: bool,
    /// After how many steps the chat is shut down.
    pub steps: u64,
    /// The log, if several machines share the chat.
    #[cfg(feature = "cluster")]
    pub log: Option<LogPlan>,
}

#[cfg(feature = "cluster")]
impl LogPlan {
    fn new(dice: &mut Dice) -> Self {
        Self {
            delay_max: Time::from_micros(dice.pick(&[500, 20_000, 300_000])),
            has_other: !dice.once_in(3),
            has_copies: !dice.once_in(3),
            is_given_up: dice.once_in(2),
            loads: dice.once_in(3),
        }
    }
}

impl Plan {
    /// Throws the dice for everything in which one chat differs from another. `steps_max` bounds its length.
    pub fn new(dice: &mut Dice, steps_max: u64) -> Self {
        static DEFAULT: OnceLock<Config> = OnceLock::new();
        let mut config = DEFAULT.get_or_init(Config::default).clone();
        let is_crowded = dice.once_in(8);
        let is_tight = dice.once_in(2) && !is_crowded;
        config.delivery = match dice.below(10) {
            0 => DeliveryPolicy::Writer,
            1 => DeliveryPolicy::Direct,
            _ => DeliveryPolicy::DirectThenWriter,
        };
        config.max_clients = if is_crowded { dice.between(1, 4) } else { 600 };
        (config.connections_per_address, config.connections_per_minute) = (None, None);
        config.max_writers = if dice.once_in(3) { dice.between(1, 3) } else { 600 };
        config.history_on_join = dice.below(4);
        config.announce_up_to = if dice.once_in(4) { 3 } else { 500 };
        config.drain = Time::from_secs(dice.between(1, 10) as u64);
        config.rate_limit = match dice.below(4) {
            0 => RateLimit::Lines { burst: 5, per_second: 5 },
            1 => RateLimit::Lines { burst: 20, per_second: 50 },
            _ => RateLimit::Off,
        };
        config.idle_timeout = dice.once_in(3).then(|| Time::from_secs(dice.pick(&[8, 20, 40])));
        config.login_timeout = Time::from_secs(20);
        config.outbox_age = Time::from_secs(match (is_crowded, is_tight) {
            // Nothing but their number limits those who leave.
            (true, _) => 300,
            (_, true) => 3,
            (_, false) => 30,
        });
        config.outbox_bytes = if is_tight { dice.between(4, 64) << 10 } else { 512 << 10 };
        config.outbox_total =
            if is_tight { config.outbox_bytes * dice.pick(&[1, 1, 2, 4]) } else { 64 << 20 };
        let room_max = match is_crowded {
            true => 64,
            false => dice.pick(&[64, 256, 1_024, 8_192, ROOM_AMPLE]),
        };
        let writer_failure_in = dice.once_in(4).then_some(3);
        let has_writers = config.delivery != DeliveryPolicy::Direct
            && config.max_writers > 100
            && writer_failure_in.is_none();
        let is_ample = !is_tight && has_writers && room_max == ROOM_AMPLE;
        let steps = if dice.once_in(2) && !is_crowded {
            dice.between(500, 3_000)
        } else {
            dice.between(3_000, 20_000)
        } as u64;
        Self {
            config: Arc::new(config),
            // More than there may be connections in a crowded chat.
            clients_max: if is_crowded { 40 } else { dice.between(2, 14) },
            room_max,
            writer_failure_in,
            has_writers,
            is_ample,
            is_crowded,
            has_short_sends: dice.once_in(2),
            words_max: dice.pick(&[6, 40, 300]),
            keeps_clients: dice.once_in(2),
            ends_abruptly: dice.once_in(4),
            drains: dice.once_in(4),
            steps: steps.min(steps_max),
            #[cfg(feature = "cluster")]
            log: dice.once_in(3).then(|| LogPlan::new(dice)),
        }
    }

    /// Whether a client that always reads whenever it can must not be cut for this cause. It has read everything when time
    /// passes, so nothing of it can be old; but a small socket may take less than others say.
    pub fn protects_readers(&self, cause: Cause) -> bool {
        self.is_ample || self.has_writers && cause == Cause::Age
    }
}
