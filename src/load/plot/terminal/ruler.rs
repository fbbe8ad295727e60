//! The axis below a plot, and the legend above it.

use super::super::scale::Scale;
use super::place;
use crate::load::plot::COLUMNS;

/// Columns to the right of a plot, for the half of the last number that stands out.
pub const RIGHT: usize = 4;

/// A line with its ticks, their numbers, and what is measured: below a plot that begins at this column and is so wide.
pub fn ruler(scale: &Scale, indent: usize, width: usize, title: &str) -> Vec<String> {
    let mut line = vec!['─'; width];
    let mut numbers = vec![' '; indent + width + RIGHT];
    let column = 1.0 / width.saturating_sub(1).max(1) as f64;
    for tick in scale.apart(|label| (label.chars().count() + 1) as f64 * column) {
        let at = place(tick.share, width);
        line[at] = '┬';
        let length = tick.label.chars().count();
        let begins = (indent + at).saturating_sub(length / 2);
        let begins = begins.min(numbers.len().saturating_sub(length));
        for (cell, letter) in numbers[begins..].iter_mut().zip(tick.label.chars()) {
            *cell = letter;
        }
    }
    let corner = format!("{}└", " ".repeat(indent - 1));
    let ends = indent + width;
    vec![
        corner + &line.into_iter().collect::<String>(),
        numbers.into_iter().collect(),
        format!("{title:>ends$}"),
    ]
}

/// What each mark is, in as few lines as they fit into.
pub fn legend<'a>(entries: impl IntoIterator<Item = (char, &'a str)>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (mark, name) in entries {
        let entry = super::cut(&format!("  {mark} {name}"), COLUMNS);
        match lines.last_mut() {
            Some(line) if line.chars().count() + entry.chars().count() <= COLUMNS => {
                line.push_str(&entry);
            }
            _ => lines.push(entry),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::super::Axis;
    use super::*;

    #[test]
    fn each_number_stands_below_its_tick() {
        let scale = Scale::of(&Axis::linear(""), [4.0], 4);
        let lines = ruler(&scale, 3, 41, "time (s)");
        assert_eq!(lines[0].chars().nth(2), Some('└'));
        for (number, at) in [("0", 3), ("1", 13), ("2", 23), ("3", 33), ("4", 43)] {
            assert_eq!(lines[0].chars().nth(at), Some('┬'));
            assert_eq!(&lines[1][at..=at], number);
        }
        assert!(lines[2].ends_with("time (s)"));
        assert_eq!(lines[2].len(), 44);
    }

    #[test]
    fn a_legend_takes_as_many_lines_as_it_needs() {
        let name = "n".repeat(30);
        let lines = legend([('o', name.as_str()), ('x', &name), ('+', &name)]);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains("o n") && lines[0].contains("x n"));
    }
}
