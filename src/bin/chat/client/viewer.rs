//! The user for whom lines are rendered: the same message looks different to each user.

use jiff::Zoned;

/// The user for whom lines are rendered, and their settings.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    /// The user's own name.
    pub me: &'a str,
    /// The current room. Messages in it are shown without the room's name.
    pub room: Option<&'a str>,
    /// The time by this machine's clock and zone.
    pub now: &'a Zoned,
    /// The width of the screen.
    pub columns: usize,
    /// A `strftime` pattern for times. An empty pattern shows no times.
    pub time: &'a str,
}
