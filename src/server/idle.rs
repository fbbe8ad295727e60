//! When somebody who is in the chat has typed nothing for so long that they are probably not there.

use std::time::Duration;

use crate::config::limits;

/// One connection's silence, in two parts: up to a warning, and from there to the end. The reader's read timeout is the
/// clock. The kernel starts it anew with each read that blocks, so neither a look at the time nor a
/// system call is spent on somebody who types.
#[derive(Debug)]
pub struct Idle {
    /// None where people may be silent for ever.
    timeout: Option<Duration>,
    warned: bool,
}

impl Idle {
    /// Nobody has been silent yet.
    pub fn new(timeout: Option<Duration>) -> Self {
        Self {
            timeout,
            warned: false,
        }
    }

    /// How long the next read may wait for a byte.
    pub fn patience(&self) -> Option<Duration> {
        let timeout = self.timeout?;
        let warning = warning(timeout);
        Some(if self.warned {
            warning
        } else {
            timeout - warning
        })
    }

    /// A byte has come, be it half a line or a key of telnet's.
    pub fn heard(&mut self) {
        self.warned = false;
    }

    /// A read has waited for all of [`Self::patience`]. Returns how much time is left, none after the second one.
    pub fn run_out(&mut self) -> Option<Duration> {
        self.warned = !self.warned;
        self.timeout.map(warning).filter(|_| self.warned)
    }
}

/// How long before the end the warning comes.
fn warning(timeout: Duration) -> Duration {
    limits::IDLE_WARNING.min(timeout / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_warning_comes_half_a_minute_before_the_end_or_after_half_the_time() {
        for (timeout, quiet, left) in [(3600, 3570, 30), (61, 31, 30), (60, 30, 30), (4, 2, 2)] {
            let mut idle = Idle::new(Some(seconds(timeout)));
            assert_eq!(idle.patience(), Some(seconds(quiet)));
            assert_eq!(idle.run_out(), Some(seconds(left)));
            assert_eq!(idle.patience(), Some(seconds(left)));
            assert_eq!(idle.run_out(), None);
        }
    }

    #[test]
    fn a_byte_after_the_warning_begins_all_anew() {
        let mut idle = Idle::new(Some(seconds(60)));
        for _ in 0..3 {
            assert!(idle.run_out().is_some());
            idle.heard();
            assert_eq!(idle.patience(), Some(seconds(30)));
        }
    }

    #[test]
    fn off_is_for_ever() {
        assert_eq!(Idle::new(None).patience(), None);
    }
}
