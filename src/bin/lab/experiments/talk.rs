//! One speaker sends a line every few milliseconds, and the time until each of the others has it is measured.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::crowd::Crowd;

/// The character before and behind the number of a line.
const MARK: u8 = b'#';

/// The longest wait of one look at the sockets.
const TURN: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, Copy)]
pub struct Talk {
    pub speaker: usize,
    /// The time between two lines.
    pub every: Duration,
    pub time: Duration,
    /// The length of a line without its end, 8 at least.
    pub line_bytes: usize,
    /// How long to wait for missing deliveries after the last line.
    pub patience: Duration,
}

/// One delivery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    pub member: usize,
    /// The number of the line, from 0.
    pub line: usize,
    /// When it was sent, since the beginning of the talk.
    pub sent: Duration,
    pub latency: Duration,
}

/// The lines that were sent, and how often one was delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub lines: usize,
    pub deliveries: usize,
}

impl Talk {
    /// Runs the talk and calls `heard` for each delivery. It ends when this many hearers have all lines, or when its
    /// patience is over.
    pub fn run(
        &self,
        crowd: &mut Crowd,
        hearers: usize,
        mut heard: impl FnMut(Heard),
    ) -> io::Result<Totals> {
        let began = Instant::now();
        let mut sent: Vec<Instant> = Vec::new();
        let mut begun: Vec<Vec<u8>> = vec![Vec::new(); crowd.len()];
        let mut deliveries = 0;
        loop {
            let due = self.every * sent.len() as u32;
            let is_talking = due < self.time;
            if is_talking && began.elapsed() >= due {
                crowd.send(self.speaker, &self.line(sent.len()));
                sent.push(Instant::now());
                continue;
            }
            let lines = sent.len();
            let is_late = began.elapsed() > self.time + self.patience;
            if !is_talking && (deliveries >= lines * hearers || is_late) {
                return Ok(Totals { lines, deliveries });
            }
            let wait = TURN.min(due.saturating_sub(began.elapsed()));
            crowd.turn(if is_talking { wait } else { TURN }, |member, bytes| {
                let now = Instant::now();
                take_lines(&mut begun[member], bytes, |line| {
                    let line = number(line).filter(|&line| line < sent.len());
                    let Some(line) = line else { return };
                    deliveries += 1;
                    heard(Heard {
                        member,
                        line,
                        sent: sent[line] - began,
                        latency: now - sent[line],
                    });
                });
            })?;
        }
    }

    fn line(&self, number: usize) -> Vec<u8> {
        let mut line = format!("#{number:06}#").into_bytes();
        line.resize(self.line_bytes.max(line.len()), b'.');
        line.extend_from_slice(b"\r\n");
        line
    }
}

/// Takes the bytes of a read, and calls `take` for each complete line. An incomplete line stays in `begun`.
pub fn take_lines(begun: &mut Vec<u8>, bytes: &[u8], take: impl FnMut(&[u8])) {
    begun.extend_from_slice(bytes);
    let end = begun.iter().rposition(|&byte| byte == b'\n');
    let end = end.map_or(0, |at| at + 1);
    let lines = begun[..end].split_inclusive(|&byte| byte == b'\n');
    lines.for_each(take);
    begun.drain(..end);
}

/// The number in `NAME : #000123#...`.
fn number(line: &[u8]) -> Option<usize> {
    let mut parts = line.split(|&byte| byte == MARK).skip(1);
    std::str::from_utf8(parts.next()?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_when_it_is_complete() {
        let (mut begun, mut numbers) = (Vec::new(), Vec::new());
        for (bytes, count) in [
            (&b"s00001 : #0000"[..], 0),
            (b"07#...\r\ns00001 : #000008#\r\ns", 2),
            (b"erver: hello\r\n", 2),
        ] {
            take_lines(&mut begun, bytes, |line| numbers.extend(number(line)));
            assert_eq!(numbers.len(), count);
        }
        assert_eq!(numbers, [7, 8]);
        assert!(begun.is_empty());
    }

    #[test]
    fn a_line_has_its_length_and_its_number() {
        let [every, time, patience] = [Duration::ZERO; 3];
        let talk = Talk { speaker: 0, every, time, line_bytes: 64, patience };
        let line = talk.line(12);
        assert_eq!(line.len(), 64 + 2);
        assert_eq!(number(&line), Some(12));
    }
}
