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

/// Where prompt and line stand on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many rows below the cursor the last one is.
    pub below: usize,
    /// How many rows below the first one the last one is.
    pub rows: usize,
}

/// Where prompt and line are by what the line editor believes.
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
    /// Of the screen, in columns, as the line editor believes; 0 before the first painting.
    pub width: usize,
    /// Of the screen, in columns, as it was; 0 where nothing is painted.
    pub screen: usize,
}

impl Painted {
    /// Where it was painted.
    pub fn layout(&self, widths: GraphemeClusterMode) -> Layout {
        self.layout_at(self.width, widths)
    }

    /// Whether it takes one row and no more, both as it was painted and on a screen of this width. So it does before the
    /// first painting. rustyline does not paint it anew when the width changes.
    pub fn is_one_row(&self, width: usize, widths: GraphemeClusterMode) -> bool {
        let end = self.layout(widths).end;
        self.width == 0 || end.row == 0 && end.column < width
    }

    /// Where it stands on a screen that now has this width. None if nobody knows: it was painted for another width than
    /// the screen had, and the screen has changed its width once more.
    pub fn stands(&self, width: usize, widths: GraphemeClusterMode) -> Option<Standing> {
        let now = self.reflowed(width, widths);
        let cursor = if self.screen == self.width {
            now
        } else if self.screen == width {
            // The editor has gone up from the last row, by what it believed.
            self.layout(widths)
        } else {
            return None;
        };
        Some(Standing { below: cursor.end.row - cursor.cursor.row, rows: now.end.row })
    }

    /// Where it stands after the screen has got another width, on a terminal that wraps its rows anew then.
    fn reflowed(&self, width: usize, widths: GraphemeClusterMode) -> Layout {
        let before = self.layout(widths);
        let mut now = self.layout_at(width, widths);
        // Where a row is full to its last column, the line editor has put a line end behind it, to get the cursor onto
        // the next one. No wrapping takes that away, and none adds it: there the cursor stays behind the last column.
        let own_line_end = before.end.column == 0 && before.end.row > 0;
        let full = now.end.column == 0 && now.end.row > 0;
        now.end = match (own_line_end, full) {
            (true, false) => Position { column: 0, row: now.end.row + 1 },
            (false, true) => Position { column: width, row: now.end.row - 1 },
            _ => now.end,
        };
        if self.cursor == self.line.len() {
            now.cursor = now.end;
        }
        now
    }

    fn layout_at(&self, width: usize, widths: GraphemeClusterMode) -> Layout {
        let (before, behind) = self.line.split_at_checked(self.cursor).unwrap_or((&self.line, ""));
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

/// Goes from the cursor's row to the first row and erases from there on. By the last row, since the cursor may stand
/// above the first one.
pub fn erase(standing: &Standing) -> String {
    down(standing.below) + &up(standing.rows) + "\r\u{1b}[J"
}

/// Goes below what an editor has painted that believes in this layout, whatever has become of it. The editor went up to
/// its cursor from the last row.
pub fn begin_below(layout: &Layout) -> String {
    down(layout.end.row - layout.cursor.row) + "\r\n\u{1b}[J"
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
pub fn up(rows: usize) -> String {
    if rows == 0 { String::new() } else { format!("\u{1b}[{rows}A") }
}

/// Goes so many rows down, at most to the last one of the screen. `CUD` (ECMA-48, section 8.3.19) is as `CUU` here.
fn down(rows: usize) -> String {
    if rows == 0 { String::new() } else { format!("\u{1b}[{rows}B") }
}

#[cfg(test)]
mod tests;
