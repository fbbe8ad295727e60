//! Some people talk at the same time, and all the time.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::Names;
use chatserv::load::cost::{Cost, switches};
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::Role;

use crate::serving::Serving;

/// Every line has exactly one of these, and nothing else that a server says has any.
const MARK: u8 = b'#';

/// How long a turn waits at the most.
const TURN: Duration = Duration::from_millis(1);

/// How long the last lines may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who talks, and how much.
#[derive(Debug, Clone, Copy)]
pub struct Talkers {
    /// How many talk.
    pub talkers: usize,
    /// How many more only listen; 1 at the least.
    pub listeners: usize,
    /// How many lines each of the talkers has under way at a time: said, and not heard yet. The next one is said as soon
    /// as one of them is heard.
    pub under_way: usize,
    /// How long a line is, its end not counted.
    pub line_bytes: usize,
    /// How long they talk.
    pub time: Duration,
}

/// What was said, and what it cost the server.
#[derive(Debug, Clone, Copy)]
pub struct Talked {
    /// Lines that were said.
    pub lines: usize,
    /// How often one was heard. Nobody hears their own.
    pub deliveries: usize,
    /// How long it took until everybody had all of it.
    pub took: Duration,
    /// User and system time of the server.
    pub cpu: Duration,
    /// How often a thread of the server went to sleep, to be woken later.
    pub switches: u64,
}

impl Talked {
    /// Lines a second.
    pub fn lines_per_s(self) -> f64 {
        self.lines as f64 / self.took.as_secs_f64()
    }

    /// The server's processor time for one delivery, in microseconds.
    pub fn cpu_us(self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.deliveries as f64
    }

    /// How often a thread of the server was woken, for one line.
    pub fn wakeups(self) -> f64 {
        self.switches as f64 / self.lines as f64
    }
}

impl Talkers {
    /// Brings all of them into the chat of this server and lets them talk.
    ///
    /// # Errors
    /// The server lets somebody go, or loses a line.
    pub fn talk(&self, serving: &Serving) -> io::Result<Talked> {
        let mut crowd = Crowd::new()?;
        let people = self.listeners + self.talkers;
        for (role, count) in [
            (Role::Listener, self.listeners),
            (Role::Speaker, self.talkers),
        ] {
            crowd.bring_in(serving.address(), &Names, role, count, 1)?;
        }
        let cpu_before = serving.cost()?.cpu;
        let switches_before = switches(serving.pid())?;
        let mut talk = Talk {
            line: self.line(),
            lines: 0,
            deliveries: 0,
            heard_by_first: 0,
        };
        let began = Instant::now();
        while began.elapsed() < self.time {
            while talk.lines - talk.heard_by_first < self.talkers * self.under_way {
                crowd.send(self.listeners + talk.lines % self.talkers, &talk.line);
                talk.lines += 1;
            }
            talk.turn(&mut crowd)?;
        }
        while talk.deliveries < talk.lines * (people - 1) {
            if began.elapsed() > self.time + PATIENCE {
                return Err(io::Error::other("the server has lost a line"));
            }
            talk.turn(&mut crowd)?;
        }
        let took = began.elapsed();
        let Cost { cpu, .. } = serving.cost()?;
        Ok(Talked {
            lines: talk.lines,
            deliveries: talk.deliveries,
            took,
            cpu: cpu.saturating_sub(cpu_before),
            switches: switches(serving.pid())?.saturating_sub(switches_before),
        })
    }

    fn line(&self) -> Vec<u8> {
        let mut line = vec![MARK];
        line.resize(self.line_bytes.max(1), b'.');
        line.extend_from_slice(b"\r\n");
        line
    }
}

/// How far they are.
struct Talk {
    line: Vec<u8>,
    lines: usize,
    deliveries: usize,
    /// The first listener stands for all: what they have heard is no longer under way.
    heard_by_first: usize,
}

impl Talk {
    fn turn(&mut self, crowd: &mut Crowd) -> io::Result<()> {
        let mut closed = false;
        crowd.turn(TURN, |member, bytes| {
            closed |= bytes.is_empty();
            let heard = bytes.iter().filter(|&&byte| byte == MARK).count();
            self.deliveries += heard;
            if member == 0 {
                self.heard_by_first += heard;
            }
        })?;
        if closed {
            return Err(io::Error::other("the server has let somebody go"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_length_and_one_mark() {
        let talkers = Talkers {
            talkers: 1,
            listeners: 1,
            under_way: 1,
            line_bytes: 10,
            time: Duration::ZERO,
        };
        assert_eq!(talkers.line(), b"#.........\r\n");
    }

    #[test]
    fn costs_are_those_of_one_line_or_one_delivery() {
        let talked = Talked {
            lines: 100,
            deliveries: 1000,
            took: Duration::from_secs(2),
            cpu: Duration::from_millis(20),
            switches: 250,
        };
        assert_eq!(talked.lines_per_s(), 50.0);
        assert_eq!(talked.cpu_us(), 20.0);
        assert_eq!(talked.wakeups(), 2.5);
    }
}
