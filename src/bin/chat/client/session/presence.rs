//! Whether the user is at the terminal.

use std::time::Duration;

/// A user who has pressed no key for this long counts as not looking, if the terminal does not report its focus.
const LOOKING_TIME: Duration = Duration::from_secs(10 * 60);
/// A user who has pressed no key for this long counts as gone.
const STAYING_TIME: Duration = Duration::from_secs(8 * 60 * 60);

/// A report of the terminal about the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The user has pressed a key or pasted something.
    Key,
    /// The terminal's window has gained the focus.
    Focus,
    /// The terminal's window has lost the focus.
    NoFocus,
}

/// The user's presence, as far as the client knows it.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// `None` if the terminal does not report its focus.
    has_focus: Option<bool>,
    /// When the user last pressed a key. Starting the client counts as a key.
    last_key: Duration,
    /// Whether the screen shows the mark up to which the user has read.
    is_marked: bool,
}

impl Presence {
    pub(super) fn learn(&mut self, sign: Sign, now: Duration) {
        match sign {
            Sign::Key => {
                self.last_key = now;
                // Keys reach only a window with the focus.
                self.has_focus = self.has_focus.map(|_| true);
            }
            Sign::Focus => self.has_focus = Some(true),
            Sign::NoFocus => self.has_focus = Some(false),
        }
        self.is_marked = false;
    }

    /// Returns whether the client should keep the user from being disconnected as idle.
    pub(super) fn stays(&self, now: Duration) -> bool {
        self.has_focus.unwrap_or(self.has_pressed_a_key_for(STAYING_TIME, now))
    }

    /// Returns whether to show the mark up to which the user has read. The session asks this before each message.
    pub(super) fn marks(&mut self, now: Duration) -> bool {
        let looks = self.has_focus.unwrap_or(self.has_pressed_a_key_for(LOOKING_TIME, now));
        !looks && !std::mem::replace(&mut self.is_marked, true)
    }

    fn has_pressed_a_key_for(&self, time: Duration, now: Duration) -> bool {
        now < self.last_key + time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_window_with_the_focus_has_somebody_before_it() {
        let mut presence = Presence::default();
        presence.learn(Sign::Focus, MINUTE);
        assert!(presence.stays(1_000 * MINUTE) && !presence.marks(1_000 * MINUTE));
        presence.learn(Sign::NoFocus, 2 * MINUTE);
        assert!(!presence.stays(2 * MINUTE));
        assert!(presence.marks(2 * MINUTE), "the first message after it");
        assert!(!presence.marks(2 * MINUTE), "and no other");
        presence.learn(Sign::Focus, 3 * MINUTE);
        assert!(!presence.marks(3 * MINUTE));
    }

    #[test]
    fn a_key_shows_that_the_window_has_the_focus() {
        let mut presence = Presence::default();
        presence.learn(Sign::NoFocus, MINUTE);
        presence.learn(Sign::Key, 2 * MINUTE);
        assert!(presence.stays(1_000 * MINUTE) && !presence.marks(3 * MINUTE));
    }

    #[test]
    fn without_reports_of_the_focus_keys_count() {
        let mut presence = Presence::default();
        assert!(presence.stays(MINUTE), "somebody has started the client");
        assert!(presence.marks(11 * MINUTE));
        presence.learn(Sign::Key, 60 * MINUTE);
        assert!(presence.stays(500 * MINUTE) && !presence.stays(541 * MINUTE));
        assert!(!presence.marks(69 * MINUTE));
        assert!(presence.marks(70 * MINUTE));
        presence.learn(Sign::Key, 71 * MINUTE);
        assert!(presence.marks(90 * MINUTE), "a new absence");
    }
}
