//! A figure as lines of text, about 76 columns by 20 lines.
//!
//! | file | what it draws |
//! |---|---|
//! | `lines` | values over others, a mark for each line |
//! | `bars` | values side by side |
//! | `spans` | what happened when |
//! | `ruler` | the axis below, and the legend |
//!
//! Nothing in it needs colours: a projector, a screen reader's braille line and `lab > file` have none.

mod bars;
mod lines;
mod ruler;
mod spans;

use super::{Drawing, Figure};
use crate::load::plot::{COLUMNS, wrapped};

/// The title, the plot, and what to see in it.
pub fn plot(figure: &Figure) -> String {
    let mut text = wrapped(&figure.title, COLUMNS);
    text.push(String::new());
    text.extend(match &figure.drawing {
        Drawing::Lines { x, y, series } => lines::plot(x, y, series),
        Drawing::Bars { y, bars } => bars::plot(y, bars),
        Drawing::Spans { x, rows } => spans::plot(x, rows),
    });
    text.push(String::new());
    text.extend(wrapped(&figure.see, COLUMNS));
    text.iter()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// So many characters of a name at the most, and what tells that there is more.
fn cut(name: &str, columns: usize) -> String {
    if name.chars().count() <= columns {
        return name.to_owned();
    }
    let kept: String = name.chars().take(columns.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// In which of so many places a share of an axis lies.
fn place(share: f64, places: usize) -> usize {
    (share * places.saturating_sub(1) as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn nothing_is_wider_than_a_terminal() {
        for figure in testing::all() {
            let text = figure.terminal();
            for line in text.lines() {
                let columns = line.chars().count();
                assert!(columns <= COLUMNS, "{}: {columns}: {line}", figure.name);
            }
            let lines = text.lines().count();
            assert!(lines <= 45, "{}: {lines} lines", figure.name);
        }
    }

    #[test]
    fn each_axis_has_its_label_and_its_numbers() {
        for figure in testing::all() {
            let text = figure.terminal();
            let axes = match &figure.drawing {
                Drawing::Lines { x, y, .. } => vec![x, y],
                Drawing::Bars { y: axis, .. } | Drawing::Spans { x: axis, .. } => vec![axis],
            };
            for axis in axes {
                assert!(text.contains(&axis.title()), "{}: {text}", figure.name);
            }
            assert!(text.contains('┬'), "{}: {text}", figure.name);
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(cut("readiness", 9), "readiness");
        assert_eq!(cut("readiness", 5), "read…");
    }
}
