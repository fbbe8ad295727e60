//! Whether the person is at the terminal.

use std::time::Duration;

/// A person who has pressed no key for so long has turned away, if the terminal does not report its focus.
const LOOKING_TIME: Duration = Duration::from_secs(10 * 60);
/// The same person has not gone before so long.
const STAYING_TIME: Duration = Duration::from_secs(60 * 60);

/// What a terminal tells of the person before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A key was pressed, or something was pasted.
    Key,
    /// The terminal's window has got the focus.
    Focus,
    /// It has lost the focus.
    NoFocus,
}

/// What is known of the person.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// `None` if the terminal does not report it.
    has_focus: Option<bool>,
    last_key: Option<Duration>,
    /// The place up to which the person has read is marked on the screen.
    is_marked: bool,
}

impl Presence {
    pub(super) fn learn(&mut self, sign: Sign, now: Duration) {
        match sign {
            Sign::Key => self.last_key = Some(now),
            Sign::Focus => self.has_focus = Some(true),
            Sign::NoFocus => self.has_focus = Some(false),
        }
        self.is_marked = false;
    }

    /// Whether the person would object to being disconnected as idle.
    pub(super) fn stays(&self, now: Duration) -> bool {
        self.has_focus.unwrap_or(self.has_pressed_a_key_for(STAYING_TIME, now))
    }

    /// Whether to mark now the place up to which the person has read. Asked before each message.
    pub(super) fn marks(&mut self, now: Duration) -> bool {
        let looks = self
            .has_focus
            .unwrap_or(self.last_key.is_none() || self.has_pressed_a_key_for(LOOKING_TIME, now));
        !looks && !std::mem::replace(&mut self.is_marked, true)
    }

    fn has_pressed_a_key_for(&self, time: Duration, now: Duration) -> bool {
        self.last_key.is_some_and(|last| now < last + time)
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
    fn without_reports_of_the_focus_keys_count() {
        let mut presence = Presence::default();
        assert!(!presence.stays(MINUTE), "nobody has ever been there");
        assert!(!presence.marks(90 * MINUTE), "nothing has been read");
        presence.learn(Sign::Key, MINUTE);
        assert!(presence.stays(50 * MINUTE) && !presence.stays(61 * MINUTE));
        assert!(!presence.marks(10 * MINUTE));
        assert!(presence.marks(11 * MINUTE));
        presence.learn(Sign::Key, 12 * MINUTE);
        assert!(presence.marks(30 * MINUTE), "a new absence");
    }
}
