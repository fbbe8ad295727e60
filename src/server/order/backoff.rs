//! The pauses between tries to reach the store.

use std::sync::Weak;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::{Duration, Instant};

use redis::RedisError;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::config::limits;

/// How long to wait before the next try: from 100 ms to 2 s, and never in step with other nodes.
#[derive(Default)]
pub struct Backoff {
    tries: u32,
}

impl Backoff {
    /// Logs the first failure of a series.
    pub fn warn_once(&self, error: &RedisError) {
        if self.tries == 0 {
            tracing::warn!("the log cannot be reached, trying again: {error}");
        }
    }

    /// Pauses, unless the dispatcher has ended.
    pub fn pause(&mut self, dispatcher: &Weak<AtomicU64>) {
        let end = Instant::now() + self.next();
        while Instant::now() < end && dispatcher.strong_count() > 0 {
            thread::sleep(limits::STORE_BACKOFF_MIN / 2);
        }
    }

    fn next(&mut self) -> Duration {
        let whole = limits::STORE_BACKOFF_MIN * 2_u32.pow(self.tries.min(10));
        self.tries += 1;
        let whole = whole.min(limits::STORE_BACKOFF_MAX);
        let mut byte = [0];
        // Without random bits, the nodes may try at the same moment, which does no harm.
        let _ = getrandom(&mut byte, GetRandomFlags::empty());
        whole / 2 + whole / 2 * u32::from(byte[0]) / 256
    }
}
