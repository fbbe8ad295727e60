//! The silence of a client that has joined: a warning first, then the end.
//!
//! The read timeout measures it. The kernel restarts it with each read, so a client that types costs no system call here.

use std::time::Duration;

use crate::config::limits;

/// How long one client may still be silent.
#[derive(Debug)]
pub struct Idle {
    /// `None` where silence has no limit.
    timeout: Option<Duration>,
    warned: bool,
}

impl Idle {
    /// The silence of a new connection.
    pub fn new(timeout: Option<Duration>) -> Self {
        Self { timeout, warned: false }
    }

    /// How long the next read may wait.
    pub fn patience(&self) -> Option<Duration> {
        let timeout = self.timeout?;
        let warning = Self::warning(timeout);
        Some(if self.warned { warning } else { timeout - warning })
    }

    /// A read has waited for all of [`Idle::patience`]. Returns what is left after the warning, `None` at the end.
    pub fn run_out(&mut self) -> Option<Duration> {
        self.warned = !self.warned || mutant!(IdleNeverEnds);
        self.timeout.map(Self::warning).filter(|_| self.warned)
    }

    /// The client has sent something.
    pub fn hears(&mut self) {
        self.warned = false;
    }

    fn warning(timeout: Duration) -> Duration {
        limits::IDLE_WARNING.min(timeout / 2)
    }
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
    fn a_byte_after_the_warning_restarts_the_time() {
        let mut idle = Idle::new(Some(seconds(60)));
        for _ in 0..3 {
            assert!(idle.run_out().is_some());
            idle.hears();
            assert_eq!(idle.patience(), Some(seconds(30)));
        }
    }

    #[test]
    fn without_a_timeout_silence_has_no_limit() {
        assert_eq!(Idle::new(None).patience(), None);
    }
}
