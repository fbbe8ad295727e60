//! The lines that wait for the screen.

use std::collections::VecDeque;

/// So many lines wait at most. Nobody reads more at once, and a terminal that has stopped must not eat all memory.
const LINES_MAX: usize = 10_000;
/// So many bytes wait at most, for the same reason: one line may be long.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// The lines that wait for the screen, and whether the bell is to be rung. What does not fit pushes out the oldest.
#[derive(Debug, Default)]
pub struct Queue {
    lines: VecDeque<String>,
    bytes: usize,
    lost: usize,
    ring: bool,
}

impl Queue {
    /// Puts a line, given without its end, behind the others.
    pub fn push(&mut self, line: String) {
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
        self.ring = true;
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.lost == 0 && !self.ring
    }

    /// Takes all that waits: one text, with a line end behind each line. `notice` gives the look of a notice to the
    /// sentence that says how many lines were pushed out.
    pub fn take(&mut self, notice: impl Fn(&str) -> String) -> String {
        let mut text = String::with_capacity(self.bytes + self.lines.len() + 80);
        if self.lost > 0 {
            let sentence = format!("-- {} lines were not shown", grouped(self.lost));
            text += &notice(&sentence);
            text.push('\n');
        }
        for line in &self.lines {
            text += line;
            text.push('\n');
        }
        if self.ring {
            text.push('\u{7}');
        }
        // A new one, so that a burst does not hold memory for ever.
        *self = Self::default();
        text
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

    #[test]
    fn all_lines_come_out_in_order_and_the_bell_rings_once() {
        let mut queue = Queue::default();
        assert!(queue.is_empty());
        queue.push("one".into());
        queue.ring();
        queue.push("two".into());
        queue.ring();
        assert!(!queue.is_empty());
        assert_eq!(queue.take(str::to_owned), "one\ntwo\n\u{7}");
        assert!(queue.is_empty());
        assert_eq!(queue.take(str::to_owned), "");
    }

    #[test]
    fn too_many_lines_push_out_the_oldest_and_are_counted() {
        let mut queue = Queue::default();
        for number in 0..LINES_MAX + 1_234 {
            queue.push(number.to_string());
        }
        let text = queue.take(|sentence| format!("[{sentence}]"));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), LINES_MAX + 1);
        assert_eq!(lines[..2], ["[-- 1,234 lines were not shown]", "1234"]);
        assert_eq!(lines[LINES_MAX], "11233");
        // Told once.
        queue.push("next".into());
        assert_eq!(queue.take(str::to_owned), "next\n");
    }

    #[test]
    fn too_many_bytes_push_out_the_oldest_too() {
        let mut queue = Queue::default();
        queue.push("old".into());
        queue.push("x".repeat(BYTES_MAX));
        assert!(queue.take(str::to_owned).starts_with("-- 1 lines"));
        queue.push("x".repeat(BYTES_MAX + 1));
        assert!(!queue.is_empty(), "that it was lost is to be told");
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
