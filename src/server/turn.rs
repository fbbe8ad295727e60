//! A reader's turn: permission to send one more event.
//!
//! A reader reads on after each event, but sends the next one only when what the last one caused has been sent. So every
//! connection has one event under way at the most: a flood starves nobody, the inbox cannot grow beyond the number of
//! connections, and while a reader waits, its socket gathers, so that the next read holds more lines for the same price.
//! Where nobody floods, the turn has come long before it is needed, and costs neither a wake-up nor a sleep. (A reader
//! that waits before it reads on sleeps twice for each event: with ten people a delivery costs a fifth more.)
//!
//! The turn is one atomic word and `park`/`unpark`. A channel for each connection would do the same and cost more.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The reader may send one event.
const GO: u8 = 1;
/// The client has a name: the login deadline no longer holds.
const ADMITTED: u8 = 2;
/// The connection is closing: read only to throw away. Stays set, so a reader that is not waiting sees it too.
const CLOSING: u8 = 4;

/// What a turn tells the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// The client is in the chat.
    pub admitted: bool,
    /// No more input counts.
    pub closing: bool,
}

impl Permit {
    fn of(word: u8) -> Self {
        Self {
            admitted: word & ADMITTED != 0,
            closing: word & CLOSING != 0,
        }
    }
}

/// The turn of one connection's reader.
#[derive(Debug, Default)]
pub struct Turn {
    word: AtomicU8,
    reader: OnceLock<Thread>,
}

impl Turn {
    /// Says which thread waits here. Once, before anybody else knows of the connection.
    pub fn belongs_to(&self, reader: Thread) {
        self.reader.get_or_init(|| reader);
    }

    /// Waits for the turn and takes it. Contract:
    /// 1. only the connection's own reader may call it;
    /// 2. it blocks until [`Turn::give`] or [`Turn::close`], also if one of them came before the call;
    /// 3. it never returns without reason: `unpark` may be left over from elsewhere, hence the loop.
    pub fn wait(&self) -> Permit {
        loop {
            let word = self.word.fetch_and(!GO, Ordering::Acquire);
            if word & (GO | CLOSING) != 0 {
                return Permit::of(word);
            }
            thread::park();
        }
    }

    /// Waits for a time, or until the connection is closing, and says whether it is. Contract: only the connection's own
    /// reader.
    pub fn pause(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let closing = self.look().closing;
            if closing || left.is_zero() {
                return closing;
            }
            thread::park_timeout(left);
        }
    }

    /// Gives the reader its turn. Contract: only the dispatcher, once for each event but the last, after what the event
    /// caused has been flushed; never blocks. Where the connection is ending, [`Turn::close`] comes instead: one of the
    /// two always comes, so no reader waits for ever.
    pub fn give(&self, admitted: bool) {
        let word = if admitted { GO | ADMITTED } else { GO };
        self.set(word);
    }

    /// Tells the reader that no more input counts, now and whenever it looks. Never blocks.
    pub fn close(&self) {
        self.set(CLOSING);
    }

    /// How it is now, for a reader that does not wait.
    pub fn look(&self) -> Permit {
        Permit::of(self.word.load(Ordering::Acquire))
    }

    /// The word first, then the wake-up: a reader that wakes finds the word; one that has not yet gone to sleep finds
    /// the token that `unpark` leaves.
    fn set(&self, bits: u8) {
        self.word.fetch_or(bits, Ordering::Release);
        if let Some(reader) = self.reader.get() {
            reader.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits in a thread of its own, as a reader does, and returns what it was told.
    fn told(turn: &Turn, tell: impl FnOnce()) -> Permit {
        thread::scope(|scope| {
            let reader = scope.spawn(|| turn.wait());
            turn.belongs_to(reader.thread().clone());
            tell();
            reader.join().unwrap()
        })
    }

    #[test]
    fn a_turn_wakes_its_reader_whether_it_sleeps_already_or_not() {
        // Neither order is forced: over a thousand rounds, both happen.
        for round in 0..1_000 {
            let turn = Turn::default();
            let admitted = round % 2 == 0;
            let permit = told(&turn, || turn.give(admitted));
            assert_eq!(
                permit,
                Permit {
                    admitted,
                    closing: false
                }
            );
        }
    }

    #[test]
    fn a_turn_that_came_before_the_wait_is_not_lost_and_not_taken_twice() {
        let turn = Turn::default();
        turn.give(true);
        assert_eq!(
            turn.wait(),
            Permit {
                admitted: true,
                closing: false
            }
        );
        // The next one has to come first. A wake-up without a turn is none.
        let permit = told(&turn, || {
            turn.reader.get().unwrap().unpark();
            turn.give(true);
        });
        assert!(!permit.closing);
    }

    #[test]
    fn closing_holds_for_every_look() {
        let turn = Turn::default();
        assert!(!turn.look().closing);
        assert!(told(&turn, || turn.close()).closing);
        assert!(turn.wait().closing && turn.look().closing);
    }
}
