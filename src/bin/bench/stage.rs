//! A server that was just started, with its people: some who listen and some who speak.

use std::io;
use std::time::{Duration, Instant};

use crate::cost::Cost;
use crate::crowd::Crowd;
use crate::dialect::{Dialect, Role};
use crate::payload::{self, Id};
use crate::peers::{Demand, Peer, Running};

/// Nothing comes for so long: all that belongs to the arrivals is over.
const QUIET: Duration = Duration::from_millis(60);
const QUIET_PATIENCE: Duration = Duration::from_secs(10);

/// The server, its people and how one talks to it.
pub struct Stage {
    /// The server's process; it ends with this.
    pub server: Running,
    /// Everybody: those who listen first, then those who speak.
    pub crowd: Crowd,
    dialect: &'static dyn Dialect,
    logins_at_once: usize,
    listeners: usize,
    /// How many of the listeners, from the first, do not read any more.
    stalled: usize,
    /// How much each speaker has said.
    said: Vec<u64>,
    scratch: Vec<u8>,
}

/// What somebody is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Hears all.
    Listener,
    /// Was to hear all, and reads nothing.
    Stalled,
    /// Speaks.
    Speaker {
        /// Which speaker.
        number: usize,
        /// Whether they hear the others.
        hears: bool,
    },
}

impl Stage {
    /// Starts a server, and lets nobody in yet.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start(peer: Peer, demand: Demand) -> io::Result<Self> {
        Ok(Self {
            server: peer.start(demand)?,
            crowd: Crowd::new()?,
            dialect: peer.dialect(),
            logins_at_once: peer.logins_at_once(),
            listeners: 0,
            stalled: 0,
            said: Vec::new(),
            scratch: Vec::new(),
        })
    }

    /// Lets so many in who listen, and then so many who speak. Whoever listens comes before anybody who speaks.
    ///
    /// # Errors
    /// Not all come in.
    pub fn let_in(&mut self, listeners: usize, speakers: usize) -> io::Result<()> {
        let address = self.server.address();
        for (role, count) in [(Role::Listener, listeners), (Role::Speaker, speakers)] {
            self.crowd
                .bring_in(address, self.dialect, role, count, self.logins_at_once)?;
        }
        self.listeners += listeners;
        self.said.resize(self.said.len() + speakers, 0);
        Ok(())
    }

    /// Lets one more set out, besides those who listen and those who speak.
    ///
    /// # Errors
    /// The kernel has no socket left.
    pub fn set_out(&mut self, role: Role) -> io::Result<()> {
        self.crowd
            .set_out(self.server.address(), self.dialect, role)
    }

    /// Drops what comes until nothing comes any more.
    ///
    /// # Errors
    /// It goes on and on.
    pub fn wait_for_quiet(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + QUIET_PATIENCE;
        loop {
            let mut quiet = true;
            self.crowd.turn(QUIET, |_, _| quiet = false)?;
            if quiet {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(io::Error::other("the server never falls silent"));
            }
        }
    }

    /// Drops what comes, for so long.
    ///
    /// # Errors
    /// Polling fails.
    pub fn let_pass(&mut self, time: Duration) -> io::Result<()> {
        let deadline = Instant::now() + time;
        while let left = deadline.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            self.crowd.turn(left, |_, _| {})?;
        }
        Ok(())
    }

    /// Lets a speaker say so many payloads of this length, in one send.
    pub fn say(&mut self, speaker: usize, count: u64, payload_bytes: usize) {
        self.scratch.clear();
        for _ in 0..count {
            let number = self.said[speaker];
            self.write(Id { speaker, number }, payload_bytes);
            self.said[speaker] += 1;
        }
        self.crowd.send(self.listeners + speaker, &self.scratch);
    }

    /// Lets a member who is no speaker say one payload, and nothing more.
    pub fn say_and_finish(&mut self, member: usize, number: u64, payload_bytes: usize) {
        self.scratch.clear();
        self.write(Id { speaker: 0, number }, payload_bytes);
        self.dialect.leave(&mut self.scratch);
        self.crowd.send(member, &self.scratch);
        self.crowd.finish(member);
    }

    fn write(&mut self, id: Id, payload_bytes: usize) {
        let mut payload = Vec::with_capacity(payload_bytes);
        payload::write(id, payload_bytes, &mut payload);
        self.dialect.say(&payload, &mut self.scratch);
    }

    /// How much each speaker has said so far.
    pub fn said(&self) -> &[u64] {
        &self.said
    }

    /// The first of the listeners read nothing from now on.
    pub fn stall(&mut self, count: usize) {
        (0..count).for_each(|member| self.crowd.stop_reading(member));
        self.stalled = count;
    }

    /// What a member is there for.
    pub fn place(&self, member: usize) -> Place {
        match member.checked_sub(self.listeners) {
            None if member < self.stalled => Place::Stalled,
            None => Place::Listener,
            Some(number) => Place::Speaker {
                number,
                hears: self.dialect.speakers_hear(),
            },
        }
    }

    /// How many hear a message.
    pub fn hearers(&self) -> u64 {
        let speakers = if self.dialect.speakers_hear() {
            self.said.len() - 1
        } else {
            0
        };
        (self.listeners - self.stalled + speakers) as u64
    }

    /// What the server has cost so far.
    ///
    /// # Errors
    /// It has ended.
    pub fn cost(&self) -> io::Result<Cost> {
        Cost::of(self.server.pid())
    }
}
