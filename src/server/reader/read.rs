//! One blocking read, in all the ways in which it can end.

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

use super::Reader;
use crate::config::limits;
use crate::server::activity::Activity;
use crate::server::inbox::InputEnd;

/// How one read went.
pub(super) enum Outcome {
    /// So many bytes; none where the decoder owes an answer.
    Bytes(usize),
    EndOfInput,
    /// None, for as long as they may take: the login deadline, or `--idle-timeout`.
    OutOfTime,
    Failed,
}

impl Reader<'_, '_> {
    /// One blocking read, for as long as this client may take. Before the name is given it ends with the login deadline,
    /// which is absolute: a byte every few seconds does not put it off. Afterwards it ends when nothing has come for the
    /// idle time, which each read begins anew: what is spent elsewhere, held back or waiting for a turn, does not count.
    pub(super) fn read(&mut self, admitted: bool) -> Outcome {
        let mut socket = self.connection.socket();
        self.connection.row.doing(Activity::Reading);
        let patience = self.time_left(admitted).or(self.idle.patience());
        let began = Instant::now();
        let mut waited = Duration::ZERO;
        loop {
            let left = patience.map(|patience| patience.saturating_sub(waited));
            let answer = self
                .decoder
                .answer_due()
                .map(|due| due.saturating_sub(self.clock.now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Outcome::OutOfTime;
            }
            if answer.is_some_and(|left| left.is_zero()) {
                return Outcome::Bytes(0);
            }
            if self
                .set_timeout(left.into_iter().chain(answer).min())
                .is_err()
            {
                return Outcome::Failed;
            }
            match socket.read(&mut self.buffer) {
                Ok(0) => return Outcome::EndOfInput,
                Ok(count) => {
                    self.idle.heard();
                    self.connection.row.count_in(count);
                    return Outcome::Bytes(count);
                }
                // A timeout: the loop looks at the clock again.
                Err(error) if is_timeout(&error) => {}
                // A signal interrupts a read that has a timeout. It is no error: go on with the time that is left.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Outcome::Failed,
            }
            waited = began.elapsed();
        }
    }

    fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if self.timeout != Some(timeout) {
            self.connection.socket().set_read_timeout(timeout)?;
            self.timeout = Some(timeout);
        }
        Ok(())
    }

    /// How much of the login deadline is left; none for whoever is in the chat.
    pub(super) fn time_left(&self, admitted: bool) -> Option<Duration> {
        (!admitted).then(|| {
            self.login_deadline
                .saturating_duration_since(Instant::now())
        })
    }

    /// Reads on for a while and throws it away. Closing a socket with unread
    /// input sends a reset, and a reset can destroy the last line on its way to the client. The dispatcher ends this
    /// after [`limits::LINGER_TIME`] by shutting the socket down.
    pub(super) fn throw_away(&mut self) -> InputEnd {
        let mut socket = self.connection.socket();
        self.connection.row.doing(Activity::ThrowingAway);
        let _ = socket.set_read_timeout(None);
        let mut left = limits::LINGER_BYTES_MAX;
        while left > 0 {
            match socket.read(&mut self.buffer) {
                Ok(0) => return InputEnd::Closed,
                Ok(count) => left = left.saturating_sub(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return InputEnd::Failed,
            }
        }
        InputEnd::LeftUnread
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
