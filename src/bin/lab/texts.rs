//! Texts for a terminal.
//!
//! | file | what it says |
//! |---|---|
//! | `list` | `lab list`: what there is |
//! | `explain` | `lab explain`: why an experiment comes out as it does, and what to change |
//! | `unknown` | that there is nothing of this name, and what was perhaps meant |

mod explain;
mod list;
mod unknown;

pub use explain::{explained, place};
pub use list::{about, listed};
pub use unknown::unknown;

/// No line of a text is longer: it fits on a projector in large letters.
pub const COLUMNS: usize = 76;

/// The lines of a text, none longer than so many characters: broken between words, and within a word only where it is
/// longer than a line.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let (mut line, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + letters.len() > columns {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for &letter in &letters {
            if length == columns {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.push(letter);
            length += 1;
        }
    }
    if length > 0 {
        lines.push(line);
    }
    lines
}

/// A text whose first line begins with `first`, and whose others are indented as far, each with its end.
pub fn hanging(first: &str, text: &str) -> String {
    let indent = first.chars().count();
    let lines = wrapped(text, COLUMNS.saturating_sub(indent));
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        if at == 0 {
            out.push_str(first);
        } else {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(
            wrapped("one two  three\nfour", 9),
            ["one two", "three", "four"]
        );
        assert_eq!(wrapped("a longest b", 4), ["a", "long", "est", "b"]);
        assert_eq!(wrapped("µ µ µ", 5), ["µ µ µ"]);
        assert!(wrapped(" ", 5).is_empty());
    }

    #[test]
    fn the_lines_behind_the_first_are_indented() {
        let text = hanging("why: ", &"word ".repeat(30));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() > 1 && lines.iter().all(|line| line.chars().count() <= COLUMNS));
        assert!(lines[0].starts_with("why: word") && lines[1].starts_with("     word"));
    }
}
