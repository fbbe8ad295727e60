//! The two ways of readers, under the same load.

use std::io;
use std::time::Duration;

use super::super::talkers::{Talked, Talkers};
use crate::serving::Serving;

/// What a reader does when it has read something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It waits until what it sent last has been written to everybody.
    Wait,
    /// It sends it at once.
    PushOn,
}

/// What came of so many talkers.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// How many talked at once.
    pub talkers: usize,
    /// How many lines the dispatcher took together, on average.
    pub batch_lines: f64,
    /// What was said, and what it cost.
    pub talked: Talked,
}

impl Mode {
    /// Lets so many talk as fast as they are heard, for so long.
    ///
    /// # Errors
    /// The server does not start, lets somebody go, or says nothing of its batches.
    pub fn measure(self, talkers: usize, time: Duration) -> io::Result<Point> {
        let load = Talkers {
            talkers,
            listeners: 20,
            under_way: 32,
            line_bytes: 64,
            time,
        };
        let serving = Serving::start(match self {
            Self::Wait => &["turns"],
            Self::PushOn => &["turns", "--push-on"],
        })?;
        let talked = load.talk(&serving)?;
        Ok(Point {
            talkers,
            batch_lines: batch_lines(&serving.finish()?)?,
            talked,
        })
    }
}

/// The average of what the server counted: it says `batches: 1234 with 56789 lines` at its end. The few batches in which
/// people came in count too.
fn batch_lines(said: &str) -> io::Result<f64> {
    let numbers: Vec<f64> = said
        .lines()
        .filter_map(|line| line.strip_prefix("batches: "))
        .flat_map(|line| line.split(' '))
        .filter_map(|word| word.parse().ok())
        .collect();
    let &[batches, lines] = &numbers[..] else {
        let error = format!("a server that says nothing of its batches: {said:?}");
        return Err(io::Error::other(error));
    };
    Ok(lines / batches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_is_read_from_the_line_about_the_batches() {
        let said = "something\nbatches: 400 with 1000 lines\n";
        assert_eq!(batch_lines(said).unwrap(), 2.5);
        assert!(batch_lines("").is_err());
        assert!(batch_lines("batches: some with 10 lines\n").is_err());
    }
}
