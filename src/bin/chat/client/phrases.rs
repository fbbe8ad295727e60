//! What has been heard becomes lines for the screen.

use jiff::Zoned;

use super::{Heard, Line};

/// Who reads the lines, and where.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    /// One's own name.
    pub me: &'a str,
    /// The room one speaks in; what is said there needs no room's name before it.
    pub room: Option<&'a str>,
    /// By this machine's clock and zone.
    pub now: &'a Zoned,
    /// How to show times, as `strftime` writes it; an empty one shows none.
    pub time: &'a str,
}

/// The lines that show what has been heard; none where there is nothing to see.
pub fn lines(heard: &Heard, viewer: Viewer) -> Vec<Line> {
    let _ = (heard, viewer);
    Vec::new()
}

/// Whether somebody else speaks to this person: by a mention or in private.
pub fn calls(heard: &Heard, me: &str) -> bool {
    let _ = (heard, me);
    false
}

/// Whether somebody else says something.
pub fn speaks(heard: &Heard, me: &str) -> bool {
    let _ = (heard, me);
    false
}
