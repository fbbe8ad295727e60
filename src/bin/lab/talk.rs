//! Somebody says a line every few milliseconds, and it is noted when each of the others has it.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::crowd::Crowd;

/// What stands before and behind the number of a line.
const MARK: u8 = b'#';

/// How long a turn waits at the most.
const TURN: Duration = Duration::from_millis(1);

/// What is said.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    /// Who says it.
    pub speaker: usize,
    /// Between two lines.
    pub every: Duration,
    /// How long lines are said.
    pub time: Duration,
    /// How long each line is, its end not counted; 8 at the least.
    pub line_bytes: usize,
    /// How long those who are still to hear something are waited for, after the last line.
    pub patience: Duration,
}

/// One line has reached one member.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// Who heard it.
    pub member: usize,
    /// Which one: they are numbered from 0.
    pub line: usize,
    /// When it was said, after the beginning.
    pub said: Duration,
    /// How long it took.
    pub after: Duration,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Lines that were said.
    pub lines: usize,
    /// How often one was heard.
    pub deliveries: usize,
    /// Members whom the server has let go meanwhile.
    pub closed: usize,
}

impl Talk {
    /// Lets the speaker talk, and calls `heard` for each line that somebody hears. It is over when so many `hearers` have
    /// all lines, or the patience.
    ///
    /// # Errors
    /// The load itself fails; what becomes of a connection is counted.
    pub fn run(
        &self,
        crowd: &mut Crowd,
        hearers: usize,
        mut heard: impl FnMut(Heard),
    ) -> io::Result<Told> {
        let began = Instant::now();
        let mut said: Vec<Instant> = Vec::new();
        let mut begun: Vec<Vec<u8>> = vec![Vec::new(); crowd.len()];
        let mut told = Told {
            lines: 0,
            deliveries: 0,
            closed: 0,
        };
        loop {
            let due = self.every * said.len() as u32;
            let is_talking = due < self.time;
            if is_talking && began.elapsed() >= due {
                crowd.send(self.speaker, &self.line(said.len()));
                said.push(Instant::now());
                continue;
            }
            let all = said.len() * hearers;
            let is_late = began.elapsed() > self.time + self.patience;
            if !is_talking && (told.deliveries >= all || is_late) {
                told.lines = said.len();
                return Ok(told);
            }
            let wait = TURN.min(due.saturating_sub(began.elapsed()));
            crowd.turn(if is_talking { wait } else { TURN }, |member, bytes| {
                if bytes.is_empty() {
                    told.closed += 1;
                }
                let now = Instant::now();
                for number in numbers(&mut begun[member], bytes) {
                    if let Some(&at) = said.get(number) {
                        told.deliveries += 1;
                        heard(Heard {
                            member,
                            line: number,
                            said: at - began,
                            after: now - at,
                        });
                    }
                }
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

/// The numbers of the lines that are whole with these bytes; the rest of a line waits in `begun`.
fn numbers(begun: &mut Vec<u8>, bytes: &[u8]) -> Vec<usize> {
    begun.extend_from_slice(bytes);
    let end = begun
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    let numbers = begun[..end].split(|&byte| byte == b'\n').filter_map(number);
    let numbers = numbers.collect();
    begun.drain(..end);
    numbers
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
    fn a_line_is_counted_when_it_is_whole_however_it_comes() {
        let mut begun = Vec::new();
        assert!(numbers(&mut begun, b"s00001 : #0000").is_empty());
        assert_eq!(
            numbers(&mut begun, b"07#...\r\ns00001 : #000008#\r\ns"),
            [7, 8]
        );
        assert!(numbers(&mut begun, b"erver: hello\r\n").is_empty());
        assert!(begun.is_empty());
    }

    #[test]
    fn a_line_has_its_length_and_its_number() {
        let talk = Talk {
            speaker: 0,
            every: Duration::ZERO,
            time: Duration::ZERO,
            line_bytes: 64,
            patience: Duration::ZERO,
        };
        let line = talk.line(12);
        assert_eq!(line.len(), 64 + 2);
        assert_eq!(number(&line), Some(12));
    }
}
