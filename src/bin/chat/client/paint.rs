//! A line for the screen becomes characters, with colours or without.

use super::Line;

/// The characters that show the line.
pub fn paint(line: &Line, colours: bool) -> String {
    let _ = colours;
    line.text()
}
