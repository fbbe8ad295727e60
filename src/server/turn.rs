//! A reader's turn: the permission to send one more event.
//!
//! A reader reads on after each event, but sends the next one only when everything that the last one caused has been sent.
//! So each connection has at most one event under way: a flood starves nobody, the inbox cannot outgrow the number of
//! connections, and while a reader waits its socket fills, so the next read holds more lines for the same price. Without a
//! flood, the turn comes long before it is needed, and costs neither a wake-up nor a sleep. (Waiting before the next read
//! would cost a second sleep for each event: with ten people, a delivery would cost a fifth more.)
//!
//! The turn is one atomic word and `park`/`unpark`. A channel for each connection would do the same and cost more.

use std::time::Duration;

use super::clock::Clock;
#[cfg(all(any(test, feature = "simulation"), not(loom)))]
use super::simulation::{park, park_timeout};
use super::sync::OnceLock;
use super::sync::atomic::{AtomicU8, Ordering};
use super::sync::thread::Thread;
#[cfg(any(not(any(test, feature = "simulation")), loom))]
use super::sync::thread::{park, park_timeout};

/// The reader may send one event.
const GO: u8 = 1;
/// The client has joined: the login deadline no longer applies.
const ADMITTED: u8 = 2;
/// The connection is closing: further input is discarded. Stays set, so a reader that is not waiting sees it too.
const CLOSING: u8 = 4;

/// The news that come with a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// The client has joined.
    pub admitted: bool,
    /// Input no longer counts.
    pub closing: bool,
}

impl Permit {
    fn of(word: u8) -> Self {
        Self { admitted: word & ADMITTED != 0, closing: word & CLOSING != 0 }
    }
}

/// The turn of one connection's reader.
#[derive(Debug, Default)]
pub struct Turn {
    word: AtomicU8,
    reader: OnceLock<Thread>,
}

impl Turn {
    /// Sets the thread that waits here. Must be called once, before another thread knows the connection.
    pub fn belongs_to(&self, reader: Thread) {
        self.reader.get_or_init(|| reader);
    }

    /// Waits for the turn and takes it. Contract:
    /// 1. only the connection's reader may call it;
    /// 2. it blocks until [`Turn::give`] or [`Turn::close`], and returns at once if one of them came before;
    /// 3. it never returns for another reason: a token of `unpark` may be left over, hence the loop.
    pub fn wait(&self) -> Permit {
        loop {
            let word = self.word.fetch_and(!GO, Ordering::Acquire);
            if word & (GO | CLOSING) != 0 {
                return Permit::of(word);
            }
            park();
        }
    }

    /// Waits for a time by this clock or until the connection is closing, and returns whether it is. Contract: only the
    /// connection's reader may call it.
    pub fn pause(&self, time: Duration, clock: &Clock) -> bool {
        let end = clock.now() + time;
        loop {
            let left = end.saturating_sub(clock.now());
            let closing = self.look().closing;
            if closing || left.is_zero() {
                return closing;
            }
            park_timeout(left);
        }
    }

    /// Gives the reader its turn; never blocks. Contract: only the dispatcher may call it, once for each event but the last,
    /// after everything the event caused has been flushed. On a connection that is ending, [`Turn::close`] comes instead: one
    /// of the two always comes, so no reader waits for ever.
    pub fn give(&self, admitted: bool) {
        let word = if admitted || mutant!(LoginNeverEnds) { GO | ADMITTED } else { GO };
        self.set(word);
    }

    /// Tells the reader, now and whenever it looks, that input no longer counts. Never blocks.
    pub fn close(&self) {
        self.set(CLOSING);
    }

    /// The current state, for a reader that does not wait.
    pub fn look(&self) -> Permit {
        Permit::of(self.word.load(Ordering::Acquire))
    }

    /// Whether [`Turn::wait`] would return at once.
    #[cfg(all(any(test, feature = "simulation"), not(loom)))]
    pub fn is_set(&self) -> bool {
        self.word.load(Ordering::Acquire) & (GO | CLOSING) != 0
    }

    /// Sets the word first and wakes second: a reader that wakes finds the word, and one that has not gone to sleep yet finds
    /// the token of `unpark`.
    fn set(&self, bits: u8) {
        self.word.fetch_or(bits, Ordering::Release);
        if let Some(reader) = self.reader.get() {
            reader.unpark();
        }
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use std::thread;

    use super::*;

    /// Waits in a thread of its own, as a reader does, and returns its permit.
    fn permit_of_reader(turn: &Turn, tell: impl FnOnce()) -> Permit {
        thread::scope(|scope| {
            let reader = scope.spawn(|| turn.wait());
            turn.belongs_to(reader.thread().clone());
            tell();
            reader.join().unwrap()
        })
    }

    #[test]
    fn a_turn_wakes_its_reader_whether_it_sleeps_or_not() {
        // Neither order is forced; in a thousand rounds, both happen.
        for round in 0..1_000 {
            let turn = Turn::default();
            let admitted = round % 2 == 0;
            let permit = permit_of_reader(&turn, || turn.give(admitted));
            assert_eq!(permit, Permit { admitted, closing: false });
        }
    }

    #[test]
    fn a_turn_before_the_wait_is_not_lost_and_not_taken_twice() {
        let turn = Turn::default();
        turn.give(true);
        assert_eq!(turn.wait(), Permit { admitted: true, closing: false });
        // A wake-up without a turn is no turn.
        let permit = permit_of_reader(&turn, || {
            turn.reader.get().unwrap().unpark();
            turn.give(true);
        });
        assert!(!permit.closing);
    }

    #[test]
    fn closing_holds_for_every_look() {
        let turn = Turn::default();
        assert!(!turn.look().closing);
        assert!(permit_of_reader(&turn, || turn.close()).closing);
        assert!(turn.wait().closing && turn.look().closing);
    }
}
