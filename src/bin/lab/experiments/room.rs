//! A server of the lab and the people in it, for the experiments that look at what a server costs.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::Names;
use chatserv::load::cost;
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::Role;

use super::whispers::{self, Whispers};
use crate::serving::Serving;

/// So many are on their way in at once.
const AT_ONCE: usize = 32;

/// Nothing has come for so long: whatever the last arrival caused is over.
const QUIET: Duration = Duration::from_millis(60);

/// How long a server may go on about arrivals.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server and its people.
pub struct Room {
    /// The process.
    pub serving: Serving,
    /// The people.
    pub crowd: Crowd,
}

/// What was whispered in a room, and what it has cost the server.
pub struct Whispered {
    /// What the people say.
    pub whispers: Whispers,
    /// Processor time of the server's threads, for each message.
    pub cpu_each: Duration,
    /// How often one of the server's threads had nothing to do and left its core, for each message.
    pub switches_each: f64,
}

impl Room {
    /// Starts `lab serve` with these arguments, and lets nobody in yet.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start(arguments: &[&str]) -> io::Result<Self> {
        Ok(Self {
            serving: Serving::start(arguments)?,
            crowd: Crowd::new()?,
        })
    }

    /// Lets people in until there are so many, and waits until those who were there have been told of all of them.
    ///
    /// # Errors
    /// Not all come in, or the server does not fall silent.
    pub fn grow_to(&mut self, count: usize) -> io::Result<()> {
        let more = count.saturating_sub(self.crowd.len());
        let address = self.serving.address();
        self.crowd
            .bring_in(address, &Names, Role::Listener, more, AT_ONCE)?;
        let deadline = Instant::now() + PATIENCE;
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

    /// Lets the first people whisper, two and two, for so long, while all others are idle.
    ///
    /// # Errors
    /// As [`whispers::whisper`]; the server has ended.
    pub fn whisper(&mut self, pairs: usize, time: Duration) -> io::Result<Whispered> {
        let pid = self.serving.pid();
        let (switches, cpu) = (cost::switches(pid)?, cost::exact_cpu(pid)?);
        let whispers = whispers::whisper(&mut self.crowd, pairs, time)?;
        let cpu = cost::exact_cpu(pid)?.saturating_sub(cpu);
        let switches = cost::switches(pid)?.saturating_sub(switches);
        Ok(Whispered {
            cpu_each: cpu.div_f64(whispers.count as f64),
            switches_each: switches as f64 / whispers.count as f64,
            whispers,
        })
    }
}
