//! The queue of lines that wait to be shown.

use std::collections::VecDeque;
use std::mem;

use crate::client::Line;

/// The maximum number of waiting lines. A stopped terminal must not exhaust the memory, and users do not read more
/// lines at once.
const LINES_MAX: usize = 10_000;
/// The maximum size of the waiting lines, since a single line may be long.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// The lines that wait to be shown, and whether to ring the bell. When the queue is full, the oldest lines are dropped.
#[derive(Debug, Default)]
pub struct Queue {
    lines: VecDeque<Line>,
    bytes: usize,
    lost: usize,
    rings: bool,
}

impl Queue {
    /// Appends a line.
    pub fn push(&mut self, line: Line) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= oldest.len();
            self.lost += 1;
        }
    }

    /// Rings the bell with the next lines. The bell rings once, however many calls there were.
    pub fn ring(&mut self) {
        self.rings = true;
    }

    /// Takes all lines, and whether to ring. If lines were dropped, the first line returned says how many.
    pub fn take(&mut self) -> (Vec<Line>, bool) {
        // A new queue releases the memory that a burst has allocated.
        let Self { lines, lost, rings, .. } = mem::take(self);
        let complaint =
            (lost > 0).then(|| Line::notice(&format!("-- Lines that were not shown: {lost}")));
        (complaint.into_iter().chain(lines).collect(), rings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Role;

    fn line(text: &str) -> Line {
        Line::of(Role::Text, text)
    }

    fn texts(queue: &mut Queue) -> Vec<String> {
        queue.take().0.iter().map(Line::text).collect()
    }

    #[test]
    fn all_lines_come_out_in_order_and_the_bell_rings_once() {
        let mut queue = Queue::default();
        queue.push(line("one"));
        queue.ring();
        queue.push(line("two"));
        queue.ring();
        assert_eq!(queue.take(), (vec![line("one"), line("two")], true));
        assert_eq!(queue.take(), (vec![], false));
    }

    #[test]
    fn too_many_lines_push_out_the_oldest_and_are_counted() {
        let mut queue = Queue::default();
        for number in 0..LINES_MAX + 1_234 {
            queue.push(line(&number.to_string()));
        }
        let lines = texts(&mut queue);
        assert_eq!(lines.len(), LINES_MAX + 1);
        assert_eq!(lines[..2], ["-- Lines that were not shown: 1234", "1234"]);
        assert_eq!(lines[LINES_MAX], "11233");
        // The loss is reported once.
        queue.push(line("next"));
        assert_eq!(texts(&mut queue), ["next"]);
    }

    #[test]
    fn too_many_bytes_push_out_the_oldest_too() {
        let mut queue = Queue::default();
        queue.push(line("old"));
        queue.push(line(&"x".repeat(BYTES_MAX)));
        assert_eq!(texts(&mut queue)[0], "-- Lines that were not shown: 1");
        queue.push(line(&"x".repeat(BYTES_MAX + 1)));
        assert_eq!(texts(&mut queue), ["-- Lines that were not shown: 1"]);
    }
}
