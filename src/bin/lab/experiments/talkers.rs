//! Several people talk at the same time, without a pause.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::cost::switches;
use chatserv::load::dialect::Role;

use super::room::Room;

/// Every line has exactly one of these, and the server's own lines have none.
const MARK: u8 = b'#';

/// The length of a line without its end.
const LINE_BYTES: usize = 64;

/// How long the last lines may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy)]
pub struct Talkers {
    pub talkers: usize,
    /// People who only listen, 1 at least.
    pub listeners: usize,
    /// How many lines each talker has under way, which means sent but not delivered. The next is sent as soon as one of
    /// them is delivered.
    pub under_way: usize,
    pub time: Duration,
}

/// The lines that were sent, and their cost for the server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Talked {
    pub lines: usize,
    pub deliveries: usize,
    /// The time until everybody had all lines.
    pub took: Duration,
    pub cpu: Duration,
    /// How often a thread of the server went to sleep.
    pub switches: u64,
}

impl Talked {
    pub fn lines_per_s(self) -> f64 {
        self.lines as f64 / self.took.as_secs_f64()
    }

    /// Processor time of one delivery, in microseconds.
    pub fn cpu_us(self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.deliveries as f64
    }

    /// Wake-ups of the server's threads for one line.
    pub fn wakeups(self) -> f64 {
        self.switches as f64 / self.lines as f64
    }
}

impl Talkers {
    /// Adds everybody to an empty room, one after the other, and lets them talk.
    pub fn talk(&self, room: &mut Room) -> io::Result<Talked> {
        room.add(Role::Listener, self.listeners, 1)?;
        room.add(Role::Speaker, self.talkers, 1)?;
        let pid = room.server.pid();
        let (cpu, sleeps) = (room.server.cost()?.cpu, switches(pid)?);
        let line = line();
        let (mut lines, mut deliveries) = (0, 0);
        // The first listener stands for all: a line that it has heard is no longer under way.
        let mut heard_by_first = 0;
        let began = Instant::now();
        loop {
            let is_talking = began.elapsed() < self.time;
            while is_talking && lines - heard_by_first < self.talkers * self.under_way {
                room.crowd.send(self.listeners + lines % self.talkers, &line);
                lines += 1;
            }
            if !is_talking && deliveries >= lines * (self.listeners + self.talkers - 1) {
                break;
            }
            if began.elapsed() > self.time + PATIENCE {
                return Err(io::Error::other("the server has lost a line"));
            }
            let mut is_closed = false;
            room.turn(|member, bytes| {
                is_closed |= bytes.is_empty();
                let heard = bytes.iter().filter(|&&byte| byte == MARK).count();
                deliveries += heard;
                heard_by_first += if member == 0 { heard } else { 0 };
            })?;
            if is_closed {
                return Err(io::Error::other("the server has closed a connection"));
            }
        }
        Ok(Talked {
            lines,
            deliveries,
            took: began.elapsed(),
            cpu: room.server.cost()?.cpu.saturating_sub(cpu),
            switches: switches(pid)?.saturating_sub(sleeps),
        })
    }
}

fn line() -> Vec<u8> {
    let mut line = vec![MARK];
    line.resize(LINE_BYTES, b'.');
    line.extend_from_slice(b"\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(line().iter().filter(|&&byte| byte == MARK).count(), 1);
    }
}
