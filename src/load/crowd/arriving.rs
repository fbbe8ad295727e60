//! How a crowd comes in: some are on their way at once, and each goes through its server's steps.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::Crowd;
use crate::load::dialect::{Dialect, Role};

/// How long all of them together may take to come in.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long one turn waits.
const WAIT: Duration = Duration::from_millis(100);

/// Somebody on the way in.
pub(super) struct Arriving {
    dialect: &'static dyn Dialect,
    name: String,
    role: Role,
    step: usize,
    /// None before the first step and after the last.
    awaited: Option<&'static [u8]>,
    /// The end of what was heard, in case the awaited words are split.
    heard: Vec<u8>,
}

impl Arriving {
    /// What to send as soon as the connection is there.
    pub(super) fn greeting(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.awaited = self.dialect.log_in(0, &self.name, self.role, &mut out);
        out
    }

    /// Takes what came, and appends what to send. Says whether they are in.
    pub(super) fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        let Some(awaited) = self.awaited else {
            return true;
        };
        self.heard.extend_from_slice(bytes);
        let mut windows = self.heard.windows(awaited.len());
        let Some(at) = windows.position(|window| window == awaited) else {
            let kept = self.heard.len().min(awaited.len() - 1);
            self.heard.drain(..self.heard.len() - kept);
            return false;
        };
        self.heard.drain(..at + awaited.len());
        self.step += 1;
        self.awaited = self.dialect.log_in(self.step, &self.name, self.role, out);
        // The next words may have come already.
        self.hear(&[], out)
    }
}

impl Crowd {
    /// Lets one more set out: they are in when [`Crowd::take_arrived`] says so.
    ///
    /// # Errors
    /// The kernel has no socket left.
    pub fn set_out(
        &mut self,
        address: SocketAddr,
        dialect: &'static dyn Dialect,
        role: Role,
    ) -> io::Result<()> {
        let letter = if role == Role::Speaker { 's' } else { 'u' };
        let arriving = Arriving {
            dialect,
            name: format!("{letter}{:05}", self.len()),
            role,
            step: 0,
            awaited: None,
            heard: Vec::new(),
        };
        self.connect(address, arriving)
    }

    /// Brings so many more in, of whom `at_once` are on their way at the same time, and returns once all are in. What
    /// those hear who were in before is dropped.
    ///
    /// # Errors
    /// The server has closed a connection, or they were not all in within a minute.
    pub fn bring_in(
        &mut self,
        address: SocketAddr,
        dialect: &'static dyn Dialect,
        role: Role,
        count: usize,
        at_once: usize,
    ) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let (mut set_out, mut arrived) = (0, 0);
        while arrived < count {
            while set_out < count && set_out - arrived < at_once {
                self.set_out(address, dialect, role)?;
                set_out += 1;
            }
            self.drop_what_comes(WAIT)?;
            arrived += self.take_arrived().len();
            if Instant::now() > deadline {
                let why = format!("{arrived} of {count} clients are in after {PATIENCE:?}");
                return Err(io::Error::other(why));
            }
        }
        Ok(())
    }
}
