//! A server that was just started, with its people: some who listen and some who speak.

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::process;
use std::time::{Duration, Instant};

use crate::payload::{self, Id};
use crate::peers::{Demand, Peer, Running};
use chatserv::load::cost::Cost;
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::{Dialect, Role};

/// Nothing comes for so long: all that belongs to the arrivals is over.
const QUIET: Duration = Duration::from_millis(60);

/// When nothing happens for so long although something is under way, it is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// The server, its people and how one talks to it.
pub struct Stage {
    /// The server's process, which ends with this; none where a thread of this process serves.
    server: Option<Running>,
    /// Everybody: those who listen first, then those who speak.
    pub crowd: Crowd,
    /// When nothing happens for so long although something is under way, it is lost.
    pub patience: Duration,
    address: SocketAddr,
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
        let server = peer.start(demand)?;
        let mut stage = Self::over(server.address(), peer.dialect())?;
        stage.logins_at_once = peer.logins_at_once();
        stage.server = Some(server);
        Ok(stage)
    }

    /// The same over a server that is a thread of this process.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn over(address: SocketAddr, dialect: &'static dyn Dialect) -> io::Result<Self> {
        Ok(Self {
            server: None,
            crowd: Crowd::new()?,
            patience: PATIENCE,
            address,
            dialect,
            logins_at_once: 1,
            listeners: 0,
            stalled: 0,
            said: Vec::new(),
            scratch: Vec::new(),
        })
    }

    /// Lets so many in who speak, and before them as many who listen as it takes for each message to have so many
    /// receivers: fewer where the speakers hear each other, so that all servers have as much to deliver.
    ///
    /// # Errors
    /// Not all come in.
    pub fn fill(&mut self, receivers: usize, speakers: usize) -> io::Result<()> {
        let others = if self.dialect.speakers_hear() {
            speakers.saturating_sub(1)
        } else {
            0
        };
        self.let_in(receivers.saturating_sub(others), speakers)
    }

    /// Lets so many in who listen, and then so many who speak. Whoever listens comes before anybody who speaks.
    ///
    /// # Errors
    /// Not all come in.
    pub fn let_in(&mut self, listeners: usize, speakers: usize) -> io::Result<()> {
        for (role, count) in [(Role::Listener, listeners), (Role::Speaker, speakers)] {
            self.crowd
                .bring_in(self.address, self.dialect, role, count, self.logins_at_once)?;
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
        self.crowd.set_out(self.address, self.dialect, role)
    }

    /// Drops what comes until nothing comes any more.
    ///
    /// # Errors
    /// It goes on and on, or the server has closed a connection.
    pub fn wait_for_quiet(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + self.patience;
        let mut quiet_since = Instant::now();
        // A turn may end before its time with nothing heard.
        while quiet_since.elapsed() < QUIET {
            if self.crowd.drop_what_comes(QUIET)? {
                quiet_since = Instant::now();
            }
            if Instant::now() > deadline {
                return Err(io::Error::other("the server never falls silent"));
            }
        }
        Ok(())
    }

    /// Drops what comes, for so long.
    ///
    /// # Errors
    /// The server has closed a connection.
    pub fn let_pass(&mut self, time: Duration) -> io::Result<()> {
        let deadline = Instant::now() + time;
        while let left = deadline.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            self.crowd.drop_what_comes(left)?;
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

    /// All who speak.
    pub fn speakers(&self) -> Range<usize> {
        0..self.said.len()
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

    /// Whether a member hears what this speaker says.
    pub fn hears(&self, member: usize, speaker: usize) -> bool {
        match self.place(member) {
            Place::Listener => true,
            Place::Stalled => false,
            Place::Speaker { number, hears } => hears && number != speaker,
        }
    }

    /// How many hear a message.
    pub fn hearers(&self) -> u64 {
        let speakers = if self.dialect.speakers_hear() {
            self.said.len().saturating_sub(1)
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
        Cost::of(self.pid())
    }

    /// The process that serves.
    pub fn pid(&self) -> u32 {
        self.server.as_ref().map_or_else(process::id, Running::pid)
    }
}
