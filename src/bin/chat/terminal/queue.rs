//! The lines that wait for the screen.

use std::collections::VecDeque;
use std::mem;

use crate::client::Line;

/// So many lines wait at most. Nobody reads more at once, and a terminal that has stopped must not eat all memory.
const LINES_MAX: usize = 10_000;
/// So many bytes wait at most, for the same reason: one line may be long.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// The lines that wait for the screen, and whether the bell is to be rung. What does not fit pushes out the oldest.
#[derive(Debug, Default)]
pub struct Queue {
    lines: VecDeque<Line>,
    bytes: usize,
    lost: usize,
    rings: bool,
}

impl Queue {
    /// Puts a line behind the others.
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

    /// Has the bell rung with the next lines. However often it was asked for, it rings once.
    pub fn ring(&mut self) {
        self.rings = true;
    }

    /// Takes all that waits: the lines, and whether to ring. The first one says how many were pushed out, if any were.
    pub fn take(&mut self) -> (Vec<Line>, bool) {
        // A new one, so that a burst does not hold memory for ever.
        let Self { lines, lost, rings, .. } = mem::take(self);
        let complaint = (lost > 0)
            .then(|| Line::notice(&format!("-- Lines that were not shown: {}", grouped(lost))));
        (complaint.into_iter().chain(lines).collect(), rings)
    }
}

/// The number with a comma before each three digits: `1,234`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
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
        assert_eq!(lines[..2], ["-- Lines that were not shown: 1,234", "1234"]);
        assert_eq!(lines[LINES_MAX], "11233");
        // Told once.
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

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
