//! Which rows of the screen the prompt and the typed line take.
//!
//! The line editor keeps that to itself. So it is computed here once more, in just its way: where the two differ by one
//! column, a row of the conversation is erased.

use rustyline::GraphemeClusterMode;
use unicode_segmentation::UnicodeSegmentation as _;

/// A tab goes on to the next multiple of this.
const TAB_COLUMNS: usize = 8;

/// A place on the screen, counted from where the prompt begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// From 0, at the left.
    pub column: usize,
    /// From 0, at the top.
    pub row: usize,
}

/// Where prompt and line stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// The cursor.
    pub cursor: Position,
    /// What comes after the last letter.
    pub end: Position,
}

/// What the line editor has painted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Painted {
    /// Without escape sequences.
    pub prompt: String,
    /// What has been typed.
    pub line: String,
    /// Where in the line the cursor is, in bytes.
    pub cursor: usize,
    /// Of the screen, in columns. At least one.
    pub width: usize,
}

impl Painted {
    /// Where it was painted.
    pub fn layout(&self, widths: GraphemeClusterMode) -> Layout {
        self.layout_at(self.width, widths)
    }

    /// Where it stands after the screen has got another width, on a terminal that wraps its rows anew then.
    pub fn reflowed(&self, width: usize, widths: GraphemeClusterMode) -> Layout {
        let before = self.layout(widths);
        let mut now = self.layout_at(width, widths);
        // Where a row is full to its last column, the line editor has put a line end behind it, to get the cursor onto
        // the next one. No wrapping takes that away, and none adds it: there the cursor stays behind the last column.
        let own_line_end = before.end.column == 0 && before.end.row > 0;
        let full = now.end.column == 0 && now.end.row > 0;
        now.end = match (own_line_end, full) {
            (true, false) => Position {
                column: 0,
                row: now.end.row + 1,
            },
            (false, true) => Position {
                column: width,
                row: now.end.row - 1,
            },
            _ => now.end,
        };
        if self.cursor == self.line.len() {
            now.cursor = now.end;
        }
        now
    }

    fn layout_at(&self, width: usize, widths: GraphemeClusterMode) -> Layout {
        let (before, behind) = self
            .line
            .split_at_checked(self.cursor)
            .unwrap_or((&self.line, ""));
        let prompt = after(&self.prompt, Position::default(), width, widths);
        let cursor = after(before, prompt, width, widths);
        let end = after(behind, cursor, width, widths);
        Layout { cursor, end }
    }
}

/// Where one is after the text. A grapheme that does not fit into a row begins the next one, and after a row that is
/// full to its last column comes the beginning of the next.
fn after(text: &str, from: Position, width: usize, widths: GraphemeClusterMode) -> Position {
    let mut at = from;
    for grapheme in text.graphemes(true) {
        if grapheme == "\n" {
            at.row += 1;
            at.column = 0;
            continue;
        }
        let columns = if grapheme == "\t" {
            TAB_COLUMNS - at.column % TAB_COLUMNS
        } else {
            usize::from(widths.width(grapheme))
        };
        at.column += columns;
        if at.column > width {
            at.row += 1;
            at.column = columns;
        }
    }
    if at.column == width {
        at.row += 1;
        at.column = 0;
    }
    at
}

/// Goes from the cursor's row to the first row of the layout and erases from there on.
pub fn erase(layout: &Layout) -> String {
    up(layout.cursor.row) + "\r\u{1b}[J"
}

/// Makes room for the layout below the cursor, which is at the beginning of an empty row, and goes to where the layout
/// has its cursor. So a line editor that believes that the layout is there erases nothing else.
pub fn make_room(layout: &Layout) -> String {
    "\n".repeat(layout.end.row) + &up(layout.end.row - layout.cursor.row)
}

/// Goes to the beginning of the row below the layout.
pub fn leave(layout: &Layout) -> String {
    "\n".repeat(layout.end.row - layout.cursor.row) + "\r\n"
}

/// Goes so many rows up. `CUU` (ECMA-48, section 8.3.22) goes up one row where it is told to go up none.
fn up(rows: usize) -> String {
    if rows == 0 {
        String::new()
    } else {
        format!("\u{1b}[{rows}A")
    }
}

#[cfg(test)]
mod tests;
