//! A server process and the clients that put it under load.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::Names;
use chatserv::load::cost;
use chatserv::load::crowd::{Crowd, closed_message};
use chatserv::load::dialect::Role;
use chatserv::load::latencies::Latencies;

use crate::process::ServerProcess;

/// How many clients connect at the same time, where it does not matter.
const AT_ONCE: usize = 32;

/// After this much silence, the messages about the last arrival are over.
const QUIET: Duration = Duration::from_millis(60);

/// How long a server may send messages about arrivals.
const ARRIVAL_PATIENCE: Duration = Duration::from_secs(20);

/// The text of a whisper. A single byte cannot be split between two reads.
const MARK: u8 = b'#';

/// How long a whisper may take.
const WHISPER_PATIENCE: Duration = Duration::from_secs(5);

/// The longest wait of one look at the sockets.
const TURN: Duration = Duration::from_millis(1);

pub struct Room {
    pub server: ServerProcess,
    pub crowd: Crowd,
}

/// The result of [`Room::whisper`].
pub struct Whispered {
    /// The times from sending to receiving.
    pub latencies: Latencies,
    /// The processor time of the server, for each message.
    pub cpu_each: Duration,
    /// How often a thread of the server went to sleep, for each message.
    pub switches_each: f64,
}

impl Room {
    /// Starts `lab serve` with these arguments, without clients.
    pub fn start(arguments: &[&str]) -> io::Result<Self> {
        Ok(Self { server: ServerProcess::start(arguments)?, crowd: Crowd::new()? })
    }

    /// Adds clients, of which `at_once` connect at the same time.
    pub fn add(&mut self, role: Role, count: usize, at_once: usize) -> io::Result<()> {
        let address = self.server.address();
        self.crowd.log_in_all(address, &Names, role, count, at_once)
    }

    /// Waits for input and passes it on with the number of the client: once for each read, and without bytes at the end
    /// of a connection.
    pub fn turn(&mut self, heard: impl FnMut(usize, &[u8])) -> io::Result<()> {
        self.crowd.turn(TURN, heard)
    }

    /// Adds listeners up to this number, and waits until everybody has been told about them.
    pub fn grow_to(&mut self, count: usize) -> io::Result<()> {
        let more = count.saturating_sub(self.crowd.len());
        self.add(Role::Listener, more, AT_ONCE)?;
        self.crowd.wait_for_quiet(QUIET, ARRIVAL_PATIENCE)
    }

    /// Lets the first listeners whisper in pairs, while the others are idle.
    pub fn whisper(&mut self, pairs: usize, time: Duration) -> io::Result<Whispered> {
        let pid = self.server.pid();
        let (switches, cpu) = (cost::switches(pid)?, cost::exact_cpu(pid)?);
        let (count, latencies) = whisper(&mut self.crowd, pairs, time)?;
        let cpu = cost::exact_cpu(pid)?.saturating_sub(cpu);
        let switches = cost::switches(pid)?.saturating_sub(switches);
        Ok(Whispered {
            latencies,
            cpu_each: cpu.div_f64(count as f64),
            switches_each: switches as f64 / count as f64,
        })
    }
}

/// Lets member 0 whisper with member 1, 2 with 3 and so on. Each answers at once, so each pair has one whisper under
/// way. One person hears a whisper, so its cost does not grow with the number of receivers. Returns the number of
/// whispers.
fn whisper(crowd: &mut Crowd, pairs: usize, time: Duration) -> io::Result<(usize, Latencies)> {
    let began = Instant::now();
    let mut sent = vec![began; 2 * pairs];
    let (mut count, mut latencies) = (0, Latencies::default());
    let mut speakers: Vec<usize> = (0..pairs).map(|pair| 2 * pair).collect();
    let mut under_way = 0;
    loop {
        // Each pair sends at least one whisper.
        let is_over = count > 0 && began.elapsed() >= time;
        for speaker in speakers.drain(..).filter(|_| !is_over) {
            let line = format!("/msg u{:05} {}\r\n", partner(speaker), MARK as char);
            sent[speaker] = Instant::now();
            crowd.send(speaker, line.as_bytes());
            under_way += 1;
        }
        if under_way == 0 {
            return Ok((count, latencies));
        }
        if began.elapsed() > time + WHISPER_PATIENCE {
            return Err(io::Error::other("a whisper has not arrived"));
        }
        let mut closed = None;
        crowd.turn(TURN, |member, bytes| {
            if bytes.is_empty() {
                closed = Some(member);
            }
            if member < sent.len() && bytes.contains(&MARK) {
                latencies.add(sent[partner(member)].elapsed());
                count += 1;
                speakers.push(member);
            }
        })?;
        under_way -= speakers.len();
        if let Some(member) = closed {
            return Err(io::Error::other(closed_message(member)));
        }
    }
}

fn partner(member: usize) -> usize {
    member ^ 1
}

#[cfg(test)]
mod tests {
    use chatserv::config::Config;

    use super::*;
    use crate::process::with_chatserv;

    #[test]
    fn pairs_whisper_in_turn_and_every_whisper_is_counted() {
        let whispered = with_chatserv(Config::default(), |address, _| {
            let mut crowd = Crowd::new()?;
            crowd.log_in_all(address, &Names, Role::Listener, 6, 1)?;
            // Without time, each pair sends one line, and nobody answers.
            let (count, _) = whisper(&mut crowd, 2, Duration::ZERO)?;
            let (more, latencies) = whisper(&mut crowd, 2, Duration::from_millis(20))?;
            Ok((count, more, latencies))
        });
        let (count, more, mut latencies) = whispered.unwrap();
        assert!(count == 2 && more >= 2, "{count}, {more}");
        assert!(latencies.per_mille_ms(500).unwrap() > 0.0);
    }
}
