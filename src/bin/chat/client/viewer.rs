//! Who reads what is shown: the same message is shown to each of them in another way.

use jiff::Zoned;

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
